"""Values in words: short, in one line, with shape and dtype where they matter."""

import itertools
import unicodedata
from collections.abc import Iterable
from typing import Any

import numpy as np

MOST_ITEMS = 8
MOST_CHARACTERS = 120
MOST_DIGITS = 40


def number_text(value: Any) -> str:
    """A number with six significant digits, the way a person would write it."""
    if isinstance(value, complex | np.complexfloating):
        return f"{complex(value):.6g}"
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | np.integer):
        return cut(str(int(value)), MOST_DIGITS)
    return f"{float(value):.6g}"


def unequal_texts(got: Any, expected: Any) -> tuple[str, str]:
    """Two numbers that differ, with as many digits as it takes to see it."""
    texts = number_text(got), number_text(expected)
    for digits in (9, 12, 17):
        if texts[0] != texts[1] or any(isinstance(x, int | complex | np.complexfloating) for x in (got, expected)):
            break
        texts = f"{float(got):.{digits}g}", f"{float(expected):.{digits}g}"
    return texts


def array_text(array: np.ndarray[Any, Any]) -> str:
    """The values of an array, cut after `MOST_ITEMS`."""
    if array.ndim == 0:
        return number_text(array[()])
    if array.size > MOST_ITEMS:
        flat = ", ".join(number_text(value) for value in array.ravel()[:4])
        return f"[{flat}, … {array.size - 4} more]"
    return _nested(array)


def brief(value: Any) -> str:
    """What a value is, for "called with" and for the two sides of a row."""
    if isinstance(value, np.ndarray):
        text = f"{value.dtype} {shape_text(value.shape)}"
        return f"{text} {array_text(value)}" if value.size <= MOST_ITEMS else text
    if isinstance(value, dict):
        return cut(f"dict with {keys_text(value)}" if value else "empty dict")
    if isinstance(value, list | tuple):
        name = type(value).__name__
        if len(value) > MOST_ITEMS or any(isinstance(item, np.ndarray | list | tuple | dict) for item in value):
            return f"{name} of {len(value)}"
        return cut(f"{name} {value!r}")
    if isinstance(value, np.generic):
        return f"{value.dtype} {number_text(value)}"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return number_text(value)
    return cut(repr(value))


def keys_text(keys: Iterable[Any]) -> str:
    """The first keys of a dict."""
    return ", ".join(cut(printable(str(key)), MOST_DIGITS) for key in itertools.islice(keys, MOST_ITEMS))


def kind_text(value: Any) -> str:
    """The type of a value in the learner's words."""
    if isinstance(value, np.ndarray):
        return "array" if value.ndim else "0-d array"
    if value is None:
        return "None"
    return str(getattr(value, "type_name", "")) or type(value).__name__


def shape_text(shape: tuple[int, ...]) -> str:
    """A shape as Python prints it."""
    return str(tuple(int(n) for n in shape))


def index_text(name: str, index: tuple[int, ...]) -> str:
    """`grad_x[0, 4]`, or `grad_x` for a scalar."""
    return f"{name}[{', '.join(str(int(i)) for i in index)}]" if index else name


def cut(text: str, most: int = MOST_CHARACTERS) -> str:
    """The beginning of a text, marked where it was cut."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def printable(text: str) -> str:
    """A text in which whatever could write on a terminal is escaped; it may have several lines."""
    return "".join(
        c if c == "\n" or not _is_wild(unicodedata.category(c)) else c.encode("unicode_escape").decode() for c in text
    )


def _is_wild(category: str) -> bool:
    """Whether a character of this category writes elsewhere on a screen, or breaks a line where none is seen."""
    return category[0] == "C" or category in ("Zl", "Zp")


def _nested(array: np.ndarray[Any, Any]) -> str:
    if array.ndim == 0:
        return number_text(array[()])
    return f"[{', '.join(_nested(row) for row in array)}]"
