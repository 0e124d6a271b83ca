"""Gradients against central differences."""

from collections.abc import Callable
from typing import Any

import numpy as np

from grader.checks.types import array
from grader.checks.values import Mistakes, close

STEP = 1e-5


def gradient(
    f: Callable[[np.ndarray[Any, Any]], Any],
    x: np.ndarray[Any, Any],
    grad: Any,
    *,
    name: str,
    step: float = STEP,
    rtol: float = 1e-5,
    mistakes: Mistakes = (),
    note: str = "",
) -> Any:
    """Check a gradient against central differences in float64.

        df/dx_i ≈ (f(x + h e_i) - f(x - h e_i)) / 2h

    The error of the difference is O(h²) from the curvature and O(eps |f| / h) from rounding, about 1e-10 and 1e-11 for
    h = 1e-5 and values near 1; the tolerance leaves room for values up to some hundreds. Keep `x` ten steps away from
    every kink.

    Args:
        f: Scalar function of an array; called twice for each entry of `x`. Give it an independent forward pass, so that
            a mistake in the submission's own forward pass does not hide here.
        x: Where; any shape, float64.
        grad: What came back.
        name: The learner's own word for it.
        step: h.
        rtol: Tolerance relative to the largest entry of the gradient.
        mistakes: As in `close`.
        note: As in `close`.

    Returns:
        `grad`.

    Raises:
        Failed: As `close`.

    Source:
        Press et al., Numerical Recipes, 3rd ed., section 5.7.
    """
    array(grad, name=name, note=note)
    point = np.array(x, dtype=np.float64)
    expected = np.empty_like(point)
    for index in np.ndindex(point.shape):
        kept = point[index]
        point[index] = kept + step
        above = float(f(point))
        point[index] = kept - step
        below = float(f(point))
        point[index] = kept
        expected[index] = (above - below) / (2 * step)
    scale = float(np.max(np.abs(expected), initial=0.0)) or 1.0
    return close(grad, expected, name=name, rtol=rtol, atol=rtol * scale, mistakes=mistakes, note=note)
