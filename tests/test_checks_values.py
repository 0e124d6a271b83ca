"""`close`: type, shape, dtype, NaN, values, in this order; tolerances by dtype; words of each failure."""

import numpy as np
import pytest

from grader.checks import close
from grader.failure import Failure
from grader.words import Outcome

X = np.array([1.0, -2.0, 4.0])


class TestPasses:
    @pytest.mark.parametrize(
        ("got", "expected"),
        [
            (X, X),
            (X.astype(np.float32), X),
            (X, X.astype(np.float32)),
            (X * (1 + 0.9e-7), X),
            ((X * (1 + 0.9e-4)).astype(np.float32), X),
            (np.zeros((0, 3)), np.zeros((0, 3))),
            (np.array([np.nan, np.inf, -np.inf, 1.0]), np.array([np.nan, np.inf, -np.inf, 1.0])),
            (np.array([1 + 2j]), np.array([1 + 2j])),
            (np.array([1 + 2j], dtype=np.complex64), np.array([1 + 2j])),
            (np.array([1, 2]), np.array([1, 2])),
            (np.array([1.0, 2.0]), np.array([1, 2])),
            (1.5, 1.5),
            (2, 2.0),
            (np.float64(1.5), 1.5),
            (np.float32(1.5), 1.5),
            (np.longdouble(1.5), 1.5),
            (np.int64(2), 2.0),
            (np.array(1.5), 1.5),
            (np.nan, np.nan),
            (np.inf, np.inf),
            (1 + 2j, 1 + 2j),
            (2.0, 2.0 + 0j),
        ],
        ids=repr,
    )
    def test_right_answers(self, got, expected):
        assert close(got, expected, name="out") is got

    def test_exact_dtypes(self):
        close(X.astype(np.float32), X, name="out", dtype=np.float32)
        close(X.astype(np.float16), X, name="out", dtype="float16")
        close(np.array([1, 2]), np.array([1, 2]), name="out", dtype=np.int64)
        close(np.array([1 + 2j]), np.array([1 + 2j]), name="out", dtype=np.complex128)

    def test_any_dtype(self):
        close(X.astype(np.float16), X, name="out", dtype=None)
        close(X.astype(np.int8), X, name="out", dtype=None)

    def test_any_real_dtype_where_the_expected_values_are_real(self, failing):
        got = failing(close, X.astype(complex), X, name="out", dtype=None)
        assert got.failure.message == "`out` has the wrong dtype"
        assert ("dtype", "a real dtype", "complex128") in got.failure.rows
        assert failing(close, 1 + 0j, 1.0, name="out", dtype=None).outcome is Outcome.BAD_RETURN_TYPE
        close(True, 1.0, name="out", dtype=None)
        close(X.astype(complex), X.astype(complex), name="out", dtype=None)

    def test_own_tolerances(self):
        close(X + 0.5, X, name="out", rtol=0, atol=0.5)
        close(X * 1.1, X, name="out", rtol=0.11, atol=0)

    def test_absolute_tolerance_is_a_share_of_the_largest_value(self, failing):
        expected = np.array([0.0, 1000.0])
        close(np.array([0.9e-6, 1000.0]), expected, name="out")
        failing(close, np.array([1.1e-6, 1000.0]), expected, name="out")


class TestType:
    @pytest.mark.parametrize(
        ("got", "kind"),
        [(None, "None"), ([1.0, -2.0, 4.0], "list"), ((1.0,), "tuple"), ({}, "dict"), ("abc", "str"), (1.0, "float")],
    )
    def test_no_array(self, failing, got, kind):
        failed = failing(close, got, X, name="out", note="a note")
        assert failed.outcome is Outcome.BAD_RETURN_TYPE
        assert failed.failure == Failure("`out` has the wrong type", (("type", "array", kind),), (), "a note")

    def test_nothing_returned_is_named(self, failing):
        assert (
            failing(close, None, X, name="out").failure.note == "The function returned nothing: is a `return` missing?"
        )

    @pytest.mark.parametrize(
        ("got", "wanted", "kind"),
        [
            (True, "one real number", "bool"),
            (1j, "one real number", "complex"),
            ([1.5], "one number", "list"),
            ("1.5", "one number", "str"),
        ],
    )
    def test_no_number(self, failing, got, wanted, kind):
        failed = failing(close, got, 1.5, name="loss")
        assert failed.outcome is Outcome.BAD_RETURN_TYPE
        assert failed.failure.rows == (("type", wanted, kind),)

    def test_integer_too_large_for_a_float(self, failing):
        failure = failing(close, 10**400, 1.5, name="loss").failure
        assert failure.message == "`loss` contains infinite values"


class TestShape:
    def test_comes_before_dtype_and_values(self, failing):
        failure = failing(close, np.full((2, 3), np.nan, dtype=np.float16), X, name="out").failure
        assert failure == Failure("`out` has the wrong shape", (("shape", "(3,)", "(2, 3)"),))

    def test_array_for_a_number(self, failing):
        failed = failing(close, np.array([1.5]), 1.5, name="loss")
        assert failed.outcome is Outcome.WRONG_ANSWER
        assert failed.failure.rows == (("shape", "()", "(1,)"),)
        assert failed.failure.note == "The values are right, the shape is not."

    def test_number_for_an_array(self, failing):
        assert failing(close, np.float64(1.0), X, name="out").failure.rows == (("shape", "(3,)", "()"),)


class TestDtype:
    @pytest.mark.parametrize("dtype", [np.float16, np.longdouble, np.int64, np.bool_, np.complex128])
    def test_arrays_of_another_kind(self, failing, dtype):
        failure = failing(close, np.ones(3, dtype=dtype), np.ones(3), name="out").failure
        assert failure.message == "`out` has the wrong dtype"
        assert failure.rows == (
            ("shape", "(3,)", "(3,)"),
            ("dtype", "float64 or float32", str(np.dtype(dtype))),
        )

    @pytest.mark.parametrize("dtype", [np.float16, np.bool_, np.complex128])
    def test_numpy_scalars_of_another_kind(self, failing, dtype):
        failure = failing(close, dtype(1), 1.0, name="loss").failure
        assert failure.rows[-1] == ("dtype", "float64 or float32", str(np.dtype(dtype)))

    @pytest.mark.parametrize("dtype", [np.bool_, np.complex128])
    def test_where_integers_are_expected(self, failing, dtype):
        failure = failing(close, np.ones(3, dtype=dtype), np.ones(3, dtype=int), name="out").failure
        assert failure.message == "`out` has the wrong dtype"

    def test_where_complex_is_expected(self, failing):
        failure = failing(close, np.ones(2), np.ones(2, dtype=complex), name="out").failure
        assert failure.rows[-1] == ("dtype", "complex128 or complex64", "float64")

    @pytest.mark.parametrize(
        ("got", "dtype"), [(X, np.float32), (X.astype(int), np.float64), (np.ones(3, bool), int), (X + 0j, "float64")]
    )
    @pytest.mark.parametrize("kind", [float, int, complex])
    def test_exact(self, failing, got, dtype, kind):
        failure = failing(close, got, np.ones(3, kind), name="out", dtype=dtype).failure
        assert failure.rows[-1] == ("dtype", str(np.dtype(dtype)), str(got.dtype))

    def test_comes_before_values(self, failing):
        failure = failing(close, np.full(3, np.nan, dtype=np.float16), X, name="out").failure
        assert failure.message == "`out` has the wrong dtype"


class TestNaN:
    def test_counts_and_first_index(self, failing):
        got = np.array([[1.0, np.nan, 9.0], [np.inf, np.nan, 6.0]])
        failure = failing(close, got, np.arange(1.0, 7.0).reshape(2, 3), name="grad").failure
        assert failure.message == "`grad` contains NaN"
        assert failure.rows == (("shape", "(2, 3)", "(2, 3)"), ("dtype", "float64", "float64"))
        assert failure.facts == (("count", "2 NaN and 1 infinite of 6 values"), ("first", "grad[0, 1] = nan"))

    def test_only_infinite(self, failing):
        failure = failing(close, np.array([1.0, -np.inf, 4.0]), X, name="grad").failure
        assert failure.message == "`grad` contains infinite values"
        assert failure.facts[0] == ("count", "1 infinite of 3 values")

    def test_number(self, failing):
        failure = failing(close, float("nan"), 1.5, name="loss").failure
        assert (failure.message, failure.facts[1]) == ("`loss` contains NaN", ("first", "loss = nan"))

    @pytest.mark.parametrize("got", [5.0, 0.0, -np.inf, np.nan])
    def test_infinity_is_expected(self, failing, got):
        failed = failing(close, np.array([1.0, got]), np.array([1.0, np.inf]), name="out")
        assert failed.outcome is Outcome.WRONG_ANSWER
        assert ("differ", "1 of 2 values") in failed.failure.facts

    def test_nan_is_expected(self, failing):
        failure = failing(close, np.array([1.0, 0.0]), np.array([1.0, np.nan]), name="out").failure
        assert failure.facts == (("differ", "1 of 2 values"), ("first", "out[1] = 0, expected nan"))

    @pytest.mark.parametrize("got", [7.0, -np.inf])
    def test_number_where_infinity_is_expected(self, failing, got):
        assert failing(close, got, np.inf, name="loss").failure.facts[0][0] == "value"


class TestValues:
    def test_small_array(self, failing):
        failure = failing(close, np.array([1.0, -2.0, 5.0]), X, name="out", note="the note").failure
        assert failure == Failure(
            "`out` has wrong values",
            (("shape", "(3,)", "(3,)"), ("dtype", "float64", "float64"), ("values", "[1, -2, 4]", "[1, -2, 5]")),
            (
                ("differ", "1 of 3 values"),
                ("first", "out[2] = 5, expected 4"),
                ("largest error", "1, relative 0.25; allowed 1e-07 × |expected| + 4e-09"),
            ),
            "the note",
        )

    def test_large_array_shows_no_values(self, failing):
        expected = np.arange(1.0, 21.0).reshape(4, 5)
        got = expected.copy()
        got[1, 2] += 0.5
        got[3, 4] -= 2.0
        failure = failing(close, got, expected, name="out").failure
        assert [label for label, _, _ in failure.rows] == ["shape", "dtype"]
        assert failure.facts[:2] == (("differ", "2 of 20 values"), ("first", "out[1, 2] = 8.5, expected 8"))
        assert failure.facts[2][1].startswith("2, relative 0.1;")

    def test_number(self, failing):
        failure = failing(close, 1.25, 1.5, name="loss").failure
        assert failure.rows == (("shape", "()", "()"),)
        assert failure.facts[0] == ("value", "loss = 1.25, expected 1.5")

    def test_enough_digits_to_see_it(self, failing):
        failure = failing(close, np.array([1.0000004]), np.array([1.0]), name="out").failure
        assert failure.facts[1] == ("first", "out[0] = 1.0000004, expected 1")

    def test_expected_zero_has_no_relative_error(self, failing):
        failure = failing(close, np.array([0.5, 1.0, 2.0]), np.array([0.0, 1.0, 2.0]), name="out").failure
        assert failure.facts[2][1].startswith("0.5; allowed")

    def test_complex(self, failing):
        failure = failing(close, np.array([1 + 2j, 1j, 3]), np.array([1 - 2j, 1j, 3]), name="roots").failure
        assert failure.facts[1] == ("first", "roots[0] = 1+2j, expected 1-2j")

    @pytest.mark.parametrize(("dtype", "passes", "fails"), [(np.float64, 0.9e-7, 1.2e-7), (np.float32, 0.9e-4, 1.2e-4)])
    def test_tolerance_of_the_coarser_side(self, failing, dtype, passes, fails):
        expected = np.full(3, 3.0)
        for got_dtype, wanted_dtype in ((dtype, np.float64), (np.float64, dtype)):
            wanted = expected.astype(wanted_dtype)
            close((expected * (1 + passes)).astype(got_dtype), wanted, name="out", atol=0)
            failing(close, (expected * (1 + fails)).astype(got_dtype), wanted, name="out", atol=0)

    def test_float16(self, failing):
        close(np.full(3, 1.0, np.float16), np.full(3, 1.008), name="out", dtype=np.float16)
        failing(close, np.full(3, 1.0, np.float16), np.full(3, 1.02), name="out", dtype=np.float16)

    def test_wide_integers_do_not_wrap(self, failing):
        got, expected = np.array([0, 2, 3], np.uint8), np.array([255, 2, 3], np.uint8)
        assert failing(close, got, expected, name="out", dtype=None).failure.facts[2][1].startswith("255,")


class TestMistakes:
    def test_are_named(self, failing):
        mistakes = [(X + 7, "another mistake"), (lambda: X + 1, "one was added"), (X + 1, "not reached")]
        assert failing(close, X + 1, X, name="out", mistakes=mistakes, note="a note").failure.note == "one was added"

    def test_in_float32(self, failing):
        got = (X / 3).astype(np.float32)
        assert failing(close, got, X, name="out", mistakes=[(X / 3, "a third")]).failure.note == "a third"

    def test_of_another_shape(self, failing):
        failure = failing(close, np.ones((2, 2)), np.ones(2), name="out", mistakes=[(np.ones((2, 2)), "not summed")])
        assert failure.failure.note == "not summed"

    def test_that_gives_the_right_answer_is_no_mistake(self, failing):
        assert failing(close, X + 1, X, name="out", mistakes=[(X, "never")]).failure.note != "never"

    def test_is_not_called_when_the_check_passes(self):
        close(X, X, name="out", mistakes=[(lambda: pytest.fail("called"), "")])

    def test_with_nan(self, failing):
        got = np.array([1.0, np.nan, 4.0])
        assert failing(close, got, X, name="out", mistakes=[(got, "0 / 0")]).failure.note == "0 / 0"

    def test_of_a_number(self, failing):
        assert failing(close, 3.0, 1.5, name="loss", mistakes=[(3.0, "summed")]).failure.note == "summed"
