"""Checks of what came back, before any value is looked at."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import numpy as np

from grader.checks import show
from grader.failure import Failed, Failure
from grader.words import Outcome

Array = np.ndarray[Any, Any]


def wrong_type(name: str, wanted: str, got: Any, note: str = "") -> NoReturn:
    """End the test: `got` is not the kind of value that was asked for.

    Raises:
        Failed: Always, as `bad return type`.
    """
    if not note and got is None:
        note = "The function returned nothing: is a `return` missing?"
    rows = (("type", wanted, show.kind_text(got)),)
    raise Failed(Outcome.BAD_RETURN_TYPE, Failure(f"`{name}` has the wrong type", rows, note=note))


def handle(got: Any, *, name: str, note: str = "") -> Any:
    """Check that a value is an object that stays in the worker, so that its methods can be called.

    Args:
        got: What came back.
        name: The learner's own word for it.
        note: Shown when the check fails.

    Returns:
        The handle.

    Raises:
        Failed: `bad return type` if it is a plain value: None, a number, a text, a container, an array.
    """
    if not hasattr(got, "type_name"):
        wrong_type(name, "an object with methods", got, note)
    return got


def array(
    got: Any, *, name: str, shape: Sequence[int | None] | None = None, dtype: Any = None, note: str = ""
) -> Array:
    """Check that a value is a numeric array.

    Args:
        got: What came back.
        name: The learner's own word for it.
        shape: Wanted shape; None for an axis of any length.
        dtype: Wanted dtype, or "float" for float32 or float64.
        note: Shown when the check fails.

    Returns:
        The array.

    Raises:
        Failed: `bad return type` if it is no array, `wrong answer` for its shape or dtype.
    """
    if not isinstance(got, np.ndarray):
        wrong_type(name, "array", got, note)
    if shape is not None and not (
        len(shape) == got.ndim and all(n is None or n == m for n, m in zip(shape, got.shape, strict=True))
    ):
        wanted = f"({', '.join('any' if n is None else str(n) for n in shape)}{',' * (len(shape) == 1)})"
        rows = (("shape", wanted, show.shape_text(got.shape)),)
        raise Failed(Outcome.WRONG_ANSWER, Failure(f"`{name}` has the wrong shape", rows, note=note))
    if dtype is not None and not dtype_fits(got.dtype, dtype):
        same_shape = ("shape", show.shape_text(got.shape), show.shape_text(got.shape))
        both = (same_shape, ("dtype", dtype_words(dtype), str(got.dtype)))
        raise Failed(Outcome.WRONG_ANSWER, Failure(f"`{name}` has the wrong dtype", both, note=note))
    return got


def number(got: Any, *, name: str, note: str = "") -> float:
    """Check that a value is one real number, of Python or of NumPy.

    Returns:
        It as a float (NaN and infinities included).

    Raises:
        Failed: `bad return type` if it is anything else.
    """
    if isinstance(got, np.ndarray) and got.ndim:
        rows = (("shape", "()", show.shape_text(got.shape)),)
        raise Failed(Outcome.BAD_RETURN_TYPE, Failure(f"`{name}` is an array, not one number", rows, note=note))
    real = isinstance(got, int | float | np.integer | np.floating) or (
        isinstance(got, np.ndarray) and got.dtype.kind in "iuf"
    )
    if not real or isinstance(got, bool):
        wrong_type(name, "one real number", got, note)
    return as_float(got)


def unpack(got: Any, *names: str) -> tuple[Any, ...]:
    """Check that a value is a tuple or list with one item for each name.

    Returns:
        The items.

    Raises:
        Failed: `bad return type` if it is anything else.
    """
    wanted = f"tuple of {len(names)}: {', '.join(names)}"
    if not isinstance(got, tuple | list):
        wrong_type("return value", wanted, got)
    if len(got) != len(names):
        rows = (("items", wanted, f"{type(got).__name__} of {len(got)}"),)
        message = f"{len(got)} values came back, not {len(names)}"
        raise Failed(Outcome.BAD_RETURN_TYPE, Failure(message, rows))
    return tuple(got)


def mapping(got: Any, keys: Iterable[str], *, name: str, note: str = "") -> dict[Any, Any]:
    """Check that a value is a dict with at least these keys.

    Returns:
        The dict.

    Raises:
        Failed: `bad return type` if it is no dict or lacks a key.
    """
    wanted = list(keys)
    if not isinstance(got, dict):
        wrong_type(name, f"dict with {', '.join(wanted)}", got, note)
    missing = [key for key in wanted if key not in got]
    if missing:
        rows = (("keys", ", ".join(wanted), show.keys_text(got) or "(none)"),)
        message = f"`{name}` lacks the key `{missing[0]}`"
        raise Failed(Outcome.BAD_RETURN_TYPE, Failure(message, rows, note=note))
    return got


def as_float(value: Any) -> float:
    """A real number as a float; infinite where it is an integer too large for one."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def dtype_fits(got: Any, wanted: Any) -> bool:
    """Whether a dtype is the wanted one; "float" stands for float32 or float64."""
    if isinstance(wanted, str) and wanted == "float":
        return got in (np.dtype(np.float32), np.dtype(np.float64))
    return bool(got == np.dtype(wanted))


def dtype_words(wanted: Any) -> str:
    """The wanted dtype as the report names it."""
    return "float64 or float32" if isinstance(wanted, str) and wanted == "float" else str(np.dtype(wanted))
