"""Gradient checking with central differences: write the four functions."""

from collections.abc import Callable

import numpy as np

Params = dict[str, np.ndarray]


def numerical_grad(f: Callable[[np.ndarray], float], x: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """Gradient of f at x by central differences, (f(x + h e_i) - f(x - h e_i)) / (2 h).

    Args:
        f: Array to float; called exactly twice for each entry of x.
        x: Any shape and layout, float64, float32 or float16; not changed.
        h: The step.

    Returns:
        The shape of x, float64.

    Raises:
        TypeError: If x holds integers, bools or complex numbers.
    """
    raise NotImplementedError


def relative_error(a: np.ndarray | float, b: np.ndarray | float) -> float:
    """The largest |a_i - b_i| / (|a_i| + |b_i|), in float64.

    Returns:
        0 for an entry that is 0 on both sides, inf for one that is not finite; 0.0 without entries.

    Raises:
        ValueError: If the shapes differ.
    """
    raise NotImplementedError


def check_gradients(f: Callable[[Params], float], params: Params, grads: Params, tol: float = 1e-6) -> dict[str, dict]:
    """Compare the gradient of each parameter with central differences of f, h = 1e-5.

    Args:
        f: Dict of arrays to float; called exactly twice for each entry of each parameter.
        params: Where; not changed.
        grads: What is to be checked, under the same names.
        tol: Largest relative error that is ok.

    Returns:
        For each name in params {"ok": bool, "max_rel_error": float, "worst_index": tuple of ints}.

    Raises:
        ValueError: If a gradient is missing or has another shape than its parameter, before f is called.
    """
    raise NotImplementedError


def first_wrong(f: Callable[[Params], float], params: Params, grads: Params, tol: float = 1e-6) -> str | None:
    """The wrong gradient that backpropagation computed first: looks from the last parameter to the first.

    Returns:
        Its name; None if all are within tol.
    """
    raise NotImplementedError
