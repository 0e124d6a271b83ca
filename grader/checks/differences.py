"""Where two plain values differ: one look through lists, dicts and arrays, for `equal` and `unchanged`."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.checks import show

ROUGH = 1e-3
PLAIN = (bool, int, float, complex, str, bytes, type(None))


@dataclass(frozen=True)
class Difference:
    """The first place where two values differ.

    Attributes:
        path: The array or plain value that holds it, e.g. `params['W1']`.
        place: The place itself, e.g. `params['W1'][0, 2]`.
        expected: What was expected there.
        got: What is there.
    """

    path: str
    place: str
    expected: str
    got: str


def first_difference(expected: Any, got: Any, name: str) -> Difference | None:
    """Find it.

    Integers of any width are the same kind, and so are floats; a bool is no integer, a list no tuple and no array. NaN
    equals NaN. What is no plain value, e.g. a handle, is not compared.

    Args:
        expected: A plain value.
        got: What it is compared with.
        name: What to call the whole.
    """
    if isinstance(expected, np.generic):
        expected = expected.item()
    if isinstance(got, np.generic):
        got = got.item()
    if isinstance(expected, np.ndarray):
        return _of_arrays(expected, got, name)
    if isinstance(expected, dict | list | tuple) and type(got) is not type(expected):
        return Difference(name, name, show.brief(expected), show.brief(got))
    if isinstance(expected, dict):
        return _of_dicts(expected, got, name)
    if isinstance(expected, list | tuple):
        return _of_sequences(expected, got, name)
    if not isinstance(expected, PLAIN):
        return None
    same_kind = isinstance(got, PLAIN) and isinstance(expected, bool) == isinstance(got, bool)
    if same_kind and (expected == got or (expected != expected and got != got)):
        return None
    texts = show.brief(expected), show.brief(got)
    if same_kind and isinstance(expected, int | float) and isinstance(got, int | float):
        texts = show.unequal_texts(expected, got)
    return Difference(name, name, *texts)


def rough_difference(expected: Any, got: Any, name: str) -> str:
    """Where two answers to one question do not even resemble each other.

    For answers that have been checked elsewhere: numbers may differ by a thousandth of the largest of their array,
    lists may be tuples, dicts may have more keys, and what is no plain value is not compared with its like.

    Args:
        expected: The right answer.
        got: What it is compared with.
        name: What to call the whole.

    Returns:
        The place, e.g. `grads['W1']`, or "" if there is none.
    """
    if isinstance(expected, dict):
        if not isinstance(got, dict) or not expected.keys() <= got.keys():
            return name
        places = (rough_difference(value, got[key], f"{name}[{key!r}]") for key, value in expected.items())
        return next((place for place in places if place), "")
    if isinstance(expected, list | tuple):
        if not isinstance(got, list | tuple) or len(got) != len(expected):
            return name
        places = (rough_difference(a, b, f"{name}[{i}]") for i, (a, b) in enumerate(zip(expected, got, strict=True)))
        return next((place for place in places if place), "")
    numbers = (bool, int, float, complex, np.ndarray, np.generic)
    if isinstance(expected, numbers):
        return "" if isinstance(got, numbers) and _resemble(np.asarray(expected), np.asarray(got)) else name
    if isinstance(expected, PLAIN):
        return "" if type(got) is type(expected) and got == expected else name
    return name if isinstance(got, (*PLAIN, *numbers, dict, list, tuple)) else ""


def dtype_group(dtype: Any) -> str:
    """The kind of numbers, whatever their width."""
    return "integer" if dtype.kind in "iu" else str(dtype.kind)


def _resemble(expected: np.ndarray[Any, Any], got: np.ndarray[Any, Any]) -> bool:
    if expected.shape != got.shape or got.dtype.kind not in "biufc":
        return False
    if expected.size == 0:
        return True
    finite = np.abs(np.where(np.isfinite(expected), expected, 0))
    with np.errstate(all="ignore"):
        return bool(np.allclose(got, expected, rtol=ROUGH, atol=ROUGH * float(finite.max()), equal_nan=True))


def _of_arrays(expected: np.ndarray[Any, Any], got: Any, name: str) -> Difference | None:
    alike = (
        isinstance(got, np.ndarray)
        and got.shape == expected.shape
        and dtype_group(got.dtype) == dtype_group(expected.dtype)
    )
    if not alike:
        return Difference(name, name, show.brief(expected), show.brief(got))
    bad = (got != expected) & ~((got != got) & (expected != expected))
    if not bad.any():
        return None
    if expected.size <= show.MOST_ITEMS:
        return Difference(name, name, show.brief(expected), show.brief(got))
    index = tuple(np.argwhere(bad)[0])
    return Difference(name, show.index_text(name, index), *show.unequal_texts(expected[index], got[index]))


def _of_dicts(expected: dict[Any, Any], got: dict[Any, Any], name: str) -> Difference | None:
    if got.keys() != expected.keys():
        return Difference(name, name, show.brief(expected), show.brief(got))
    found = (first_difference(value, got[key], f"{name}[{key!r}]") for key, value in expected.items())
    return next((item for item in found if item is not None), None)


def _of_sequences(expected: Any, got: Any, name: str) -> Difference | None:
    if len(got) != len(expected):
        return Difference(name, name, show.brief(expected), show.brief(got))
    pairs = enumerate(zip(expected, got, strict=True))
    found = (first_difference(a, b, f"{name}[{i}]") for i, (a, b) in pairs)
    return next((item for item in found if item is not None), None)
