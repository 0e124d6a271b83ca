"""Whole-answer patterns: recognise in what simple way an array of answers is off."""

from typing import Any

import numpy as np

from grader.checks import show

Array = np.ndarray[Any, Any]
FEW = 2
CLOSE = 1e-5
NEAR_ONE = 1e-3
GUESS = ": a sum for a mean, or a constant factor?"


def recognise(got: Array, expected: Array, arguments: dict[str, Any], *, guess: bool = True) -> str:
    """Name the way in which a wrong answer is wrong as a whole.

    Args:
        got: Finite array that differs from `expected`.
        expected: The right answer.
        arguments: What the function was called with, to recognise an input that comes back.
        guess: Whether to say what a constant factor may come from, which nothing else tells.

    Returns:
        One sentence, or "" if no pattern fits.
    """
    for name, value in arguments.items():
        if isinstance(value, np.ndarray) and value.size > FEW and same(got, value) and not same(expected, value):
            return f"It is the argument `{name}`, unchanged."
    if got.shape != expected.shape:
        return _of_shapes(got, expected)
    if got.size == 0 or "b" in (got.dtype.kind, expected.dtype.kind) or not np.isfinite(expected).all():
        return ""
    if same(got, expected):
        return ""  # a loss of precision, no pattern
    with np.errstate(all="ignore"):
        return _of_values(_signed(got), _signed(expected), guess)


def _signed(array: Array) -> Array:
    return array.astype(np.float64) if array.dtype.kind == "u" else array


def _of_values(got: Array, expected: Array, guess: bool) -> str:
    if not got.any():
        return "Every value is zero."
    if same(got, -expected):
        return "Every value has the opposite sign."
    if got.size <= FEW:
        return ""
    return _of_scale(got, expected, guess) or _of_order(got, expected)


def same(a: Array, b: Any) -> bool:
    """Whether two arrays agree well enough to speak of the same values."""
    b = np.asarray(b)
    if a.shape != b.shape or b.dtype.kind not in "biufc":
        return False
    if a.size == 0:
        return True
    scale = float(np.max(np.abs(np.where(np.isfinite(b), b, 0)))) or 1.0
    near = max([CLOSE, *(2 * float(np.finfo(side.dtype).eps) for side in (a, b) if side.dtype.kind in "fc")])
    with np.errstate(all="ignore"):
        return bool(np.allclose(a, b, rtol=near, atol=near * scale, equal_nan=True))


def _of_shapes(got: Array, expected: Array) -> str:
    if got.ndim >= FEW and same(np.swapaxes(got, -1, -2), expected):
        return "It is the transpose of the expected array."
    if got.size == expected.size and same(got.ravel(), expected.ravel()):
        return "The values are right, the shape is not."
    if got.ndim == expected.ndim + 1 and got.shape[1:] == expected.shape and same(got.sum(axis=0), expected):
        return "A sum over the first axis is missing."
    return ""


def _of_scale(got: Array, expected: Array, guess: bool) -> str:
    nonzero = expected != 0
    if not nonzero.any():
        return ""
    factor = float(np.real(np.median(got[nonzero] / expected[nonzero])))
    if abs(factor) > CLOSE and abs(factor - 1) > NEAR_ONE and same(got, factor * expected):
        text = show.number_text(factor)
        whole = round(factor) if abs(factor) >= 1 else round(1 / factor)
        is_round = abs(whole) > 1 and np.isclose(factor, whole if abs(factor) >= 1 else 1 / whole, rtol=1e-4)
        if is_round:
            text = f"{whole}" if abs(factor) >= 1 else f"1/{whole}"
        return f"Every value is {text} × the expected one{GUESS if guess else '.'}"
    offset = float(np.real(np.median(got - expected)))
    if abs(offset) > CLOSE and same(got, expected + offset):
        return f"Every value is off by the same {show.number_text(offset)}."
    return ""


def _of_order(got: Array, expected: Array) -> str:
    if got.ndim >= FEW and got.shape[-1] == got.shape[-2] and same(np.swapaxes(got, -1, -2), expected):
        return "It is the transpose of the expected array."
    for axis in range(got.ndim):
        if got.shape[axis] > 1 and same(np.flip(got, axis), expected):
            return f"It is reversed along axis {axis}."
    if (
        got.dtype.kind != "c"
        and len(np.unique(expected)) > FEW
        and same(np.sort(got.ravel()), np.sort(expected.ravel()))
    ):
        return "The values are right but stand in another order."
    return ""
