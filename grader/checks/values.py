"""Checks of values: type, then shape, then dtype, then NaN, then the numbers; the first difference ends the test."""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from grader.checks import patterns, show
from grader.checks.calls import last_arguments
from grader.checks.differences import dtype_group, first_difference
from grader.checks.types import Array, as_float, dtype_fits, dtype_words, number, wrong_type
from grader.failure import Failed, Failure
from grader.words import Outcome

Mistakes = Sequence[tuple[Any | Callable[[], Any], str]]
Rows = Sequence[tuple[str, str, str]]
Facts = Sequence[tuple[str, str]]

# (relative, absolute as a share of the largest expected value), by the item size of a real number in the dtype.
# float64 leaves 1e7 rounding errors of room, for sums of some thousands of terms in any order; float32 and float16
# leave about 1e3 and 10.
TOLERANCES = {8: (1e-7, 1e-9), 4: (1e-4, 1e-5), 2: (1e-2, 2e-3)}


def close(
    got: Any,
    expected: Any,
    *,
    name: str,
    rtol: float | None = None,
    atol: float | None = None,
    dtype: Any = "float",
    mistakes: Mistakes = (),
    note: str = "",
) -> Any:
    """Check that numbers agree within the tolerance of their dtype.

        |got - expected| <= rtol |expected| + atol

    Args:
        got: What came back: an array, or a number where `expected` is one.
        expected: Array or number of any real or complex dtype; NaN and infinities must stand at the same places.
        name: The learner's own word for `got`.
        rtol: Relative tolerance; default from the coarser dtype of the two sides.
        atol: Absolute tolerance; default a share of the largest finite `expected`.
        dtype: "float" (float32 or float64; for one number any real dtype but float16; complex64 or complex128 where
            `expected` is complex), an exact dtype, or None for any numeric one
            (complex only where `expected` is).
        mistakes: (value, sentence): what a common mistake gives, and its name. A value may be a function.
        note: Shown when the check fails and no mistake is recognised, before a pattern if there is one.

    Returns:
        `got`.

    Raises:
        Failed: `bad return type`, or `wrong answer` with rows, facts and a note.
    """
    wanted = np.asarray(expected)
    actual = _as_array(got, wanted, name, note)
    rows = [("shape", show.shape_text(wanted.shape), show.shape_text(actual.shape))]
    if actual.shape != wanted.shape:
        _differ(f"`{name}` has the wrong shape", rows, (), actual, wanted, mistakes, note)
    is_python = not isinstance(got, np.ndarray | np.generic)
    kinds = "iuf" if dtype is not None else "biuf"
    if is_python and actual.dtype.kind not in kinds and wanted.dtype.kind in "iuf":
        wrong_type(name, "one real number", got, note)
    if not is_python:
        words = _dtype_words_unless_right(actual, wanted, dtype)
        rows.append(("dtype", words or str(actual.dtype), str(actual.dtype)))
        if words:
            _differ(f"`{name}` has the wrong dtype", rows, (), actual, wanted, mistakes, note)
    _no_stray_nan(actual, wanted, name, rows, mistakes, note)
    relative, absolute = _tolerance(actual, wanted, rtol, atol)
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(actual.astype(_wide(actual)) - wanted.astype(_wide(wanted)))
        error = np.where(actual == wanted, 0.0, error)  # equal infinities
        near = (error <= relative * np.abs(wanted) + absolute) & np.isfinite(wanted)
        bad = ~(near | (actual == wanted) | (np.isnan(actual) & np.isnan(wanted)))
    if bad.any():
        facts = _where(actual, wanted, bad, name, error, f"{relative:.1g} × |expected| + {absolute:.1g}")
        if 0 < wanted.size <= show.MOST_ITEMS and wanted.ndim:
            rows.append(("values", show.array_text(wanted), show.array_text(actual)))
        _differ(f"`{name}` has wrong values", rows, facts, actual, wanted, mistakes, note)
    return got


def equal(got: Any, expected: Any, *, name: str, mistakes: Mistakes = (), note: str = "") -> Any:
    """Check that a value is exactly the expected one: labels, counts, texts, flags, None.

    An integer array fits whatever its width; a bool is not an integer, and a list is not an array.

    Returns:
        `got`.

    Raises:
        Failed: `bad return type` for another kind of value, `wrong answer` otherwise.
    """
    if isinstance(expected, np.ndarray | np.generic):
        wanted = np.asarray(expected)
        actual = _as_array(got, wanted, name, note)
        rows = [("shape", show.shape_text(wanted.shape), show.shape_text(actual.shape))]
        if actual.shape != wanted.shape:
            _differ(f"`{name}` has the wrong shape", rows, (), actual, wanted, mistakes, note)
        if dtype_group(actual.dtype) != dtype_group(wanted.dtype):
            rows.append(("dtype", str(wanted.dtype), str(actual.dtype)))
            _differ(f"`{name}` has the wrong dtype", rows, (), actual, wanted, mistakes, note)
        bad = actual != wanted
        if bad.any():
            facts = _where(actual, wanted, bad, name)
            _differ(f"`{name}` has wrong values", rows, facts, actual, wanted, mistakes, note)
        return got
    plain = np.asarray(got).item() if isinstance(got, np.generic | np.ndarray) and np.ndim(got) == 0 else got
    if type(plain) is not type(expected):
        wrong_type(name, show.kind_text(expected), got, note)
    difference = first_difference(expected, plain, name)
    if difference is not None:
        rows = [("value", show.brief(expected), show.brief(plain))]
        facts = [("first", f"{difference.place} = {difference.got}, expected {difference.expected}")]
        named = _named(plain, mistakes, lambda value: first_difference(value, plain, name) is None)
        shown = tuple(facts) if difference.place != name else ()
        raise Failed(Outcome.WRONG_ANSWER, Failure(f"`{name}` is wrong", tuple(rows), shown, named or note))
    return got


def finite(got: Any, *, name: str, note: str = "") -> Any:
    """Check that an array or number holds no NaN and no infinity.

    Returns:
        `got`.

    Raises:
        Failed: `wrong answer` with the count and the first index.
    """
    actual = _as_array(got, np.asarray(got if isinstance(got, np.ndarray) else 0.0), name, note)
    _no_stray_nan(actual, np.zeros(actual.shape), name, [], (), note)
    return got


def between(got: Any, low: float, high: float, *, name: str, note: str = "") -> float:
    """Check that a number lies in a band, ends included.

    Returns:
        It as a float.

    Raises:
        Failed: `bad return type` if it is no number, `wrong answer` outside the band or for NaN.
    """
    value = number(got, name=name, note=note)
    if not low <= value <= high:
        band = (
            f"at least {show.number_text(low)}"
            if high == np.inf
            else f"at most {show.number_text(high)}"
            if low == -np.inf
            else f"{show.number_text(low)} to {show.number_text(high)}"
        )
        rows = ((name, band, show.number_text(value)),)
        raise Failed(Outcome.WRONG_ANSWER, Failure(f"`{name}` is outside its band", rows, note=note))
    return value


def that(condition: Any, message: str, *, rows: Rows = (), facts: Facts = (), note: str = "") -> None:
    """Check a condition that no other check expresses.

    Args:
        condition: Must be true.
        message: What differs, shown when it is not.
        rows: (label, expected, got).
        facts: (label, text).
        note: Names the mistake.

    Raises:
        Failed: `wrong answer`.
    """
    if not condition:
        fail(message, rows=rows, facts=facts, note=note)


def fail(message: str, *, rows: Rows = (), facts: Facts = (), note: str = "") -> NoReturn:
    """End the test as `wrong answer`.

    Raises:
        Failed: Always.
    """
    raise Failed(Outcome.WRONG_ANSWER, Failure(message, tuple(rows), tuple(facts), note))


def _as_array(got: Any, wanted: Array, name: str, note: str) -> Array:
    """The value as an array, if it is of the kind that is wanted."""
    if isinstance(got, np.ndarray | np.generic):
        return np.asarray(got)
    if not isinstance(got, bool | int | float | complex) or wanted.ndim:
        wrong_type(name, "array" if wanted.ndim else "one number", got, note)
    too_large = isinstance(got, int) and got.bit_length() > 63
    return np.asarray(as_float(got) if too_large else got)


def _no_stray_nan(actual: Array, wanted: Array, name: str, rows: list[Any], mistakes: Mistakes, note: str) -> None:
    if actual.dtype.kind not in "fc" or actual.shape != wanted.shape:
        return
    finite_wanted = np.isfinite(wanted)
    bad = ~np.isfinite(actual) & finite_wanted
    if bad.any():
        nans = int(np.isnan(actual[bad]).sum())
        index = tuple(np.argwhere(bad)[0])
        counts = [f"{nans} NaN"] * bool(nans) + [f"{int(bad.sum()) - nans} infinite"] * (int(bad.sum()) > nans)
        first = f"{show.index_text(name, index)} = {show.number_text(actual[index])}"
        facts = (("count", f"{' and '.join(counts)} of {actual.size} values"), ("first", first))
        word = "NaN" if nans else "infinite values"
        _differ(f"`{name}` contains {word}", rows, facts, actual, wanted, mistakes, note)


def _differ(
    message: str, rows: Rows, facts: Facts, actual: Array, wanted: Array, mistakes: Mistakes, note: str
) -> NoReturn:
    """End the test, with the name of the mistake where it is recognised."""
    named = _named(
        actual,
        mistakes,
        lambda value: patterns.same(actual, value) and not patterns.same(wanted, value),
    )
    pattern = ""
    if not named and actual.dtype.kind in "biuf" and np.isfinite(actual).all() and "dtype" not in message:
        pattern = patterns.recognise(actual, wanted, last_arguments(), guess=not note)
    full_note = named or _sentences(note, pattern)
    raise Failed(Outcome.WRONG_ANSWER, Failure(message, tuple(rows), tuple(facts), full_note))


def _sentences(note: str, pattern: str) -> str:
    """Both, as sentences of their own."""
    stop = "." if note and pattern and note[-1] not in ".!?" else ""
    return " ".join(part for part in (note + stop, pattern) if part)


def _named(actual: Any, mistakes: Mistakes, fits: Callable[[Any], bool]) -> str:
    for value, sentence in mistakes:
        if fits(value() if callable(value) else value):
            return sentence
    return ""


def _tolerance(actual: Array, wanted: Array, rtol: float | None, atol: float | None) -> tuple[float, float]:
    sizes = [_precision(side) for side in (actual, wanted) if side.dtype.kind in "fc"]
    relative, share = TOLERANCES[min(sizes, default=8)]
    finite_part = np.abs(wanted[np.isfinite(wanted)].astype(_wide(wanted)))
    scale = float(finite_part.max()) if finite_part.size else 0.0
    return relative if rtol is None else rtol, (scale or 1.0) * share if atol is None else atol


def _precision(side: Array) -> int:
    size = int(side.dtype.itemsize) // (2 if side.dtype.kind == "c" else 1)
    return min(8, size)


def _wide(side: Array) -> Any:
    return np.complex128 if side.dtype.kind == "c" else np.float64


def _dtype_words_unless_right(actual: Array, wanted: Array, dtype: Any) -> str:
    """What the dtype of an array or NumPy scalar should be, or "" if it is right."""
    if dtype is None:
        return "a real dtype" if actual.dtype.kind == "c" != wanted.dtype.kind else ""
    if not (isinstance(dtype, str) and dtype == "float"):
        return "" if dtype_fits(actual.dtype, dtype) else dtype_words(dtype)
    if wanted.dtype.kind == "c":
        return "" if actual.dtype in (np.dtype(np.complex64), np.dtype(np.complex128)) else "complex128 or complex64"
    if wanted.dtype.kind not in "iuf":
        return ""
    kinds = "iuf" if wanted.ndim == 0 or wanted.dtype.kind != "f" else "f"
    wide_enough = actual.dtype != np.float16 or wanted.dtype == np.float16
    usual = wanted.ndim == 0 or actual.dtype.kind != "f" or dtype_fits(actual.dtype, dtype)
    return "" if actual.dtype.kind in kinds and wide_enough and usual else dtype_words(dtype)


def _where(
    actual: Array, wanted: Array, bad: Array, name: str, error: Array | None = None, allowed: str = ""
) -> list[tuple[str, str]]:
    """Which values differ: how many, the first, and by how much the worst."""
    index = tuple(np.argwhere(bad)[0])
    got_text, expected_text = show.unequal_texts(actual[index], wanted[index])
    first = f"{show.index_text(name, index)} = {got_text}, expected {expected_text}"
    facts = [("differ", f"{int(bad.sum())} of {bad.size} values"), ("first", first)] if bad.ndim else [("value", first)]
    if error is not None and np.isfinite(error[bad]).any():
        worst = np.unravel_index(int(np.argmax(np.where(bad & np.isfinite(error), error, -1))), bad.shape)
        size = float(np.abs(wanted[worst]))
        relative = f", relative {show.number_text(float(error[worst]) / size)}" if size else ""
        facts.append(("largest error", f"{show.number_text(error[worst])}{relative}; allowed {allowed}"))
    return facts
