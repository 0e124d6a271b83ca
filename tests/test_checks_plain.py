"""The checks of plain values and forms: what passes, and what is said of what does not."""

import math

import numpy as np
import pytest

from grader import checks
from grader.failure import Failure
from grader.words import Outcome


class Stranger:
    """Stands for a handle: no plain value, with a type name of its own."""

    type_name = "keras.Sequential"


class TestEqual:
    @pytest.mark.parametrize(
        ("got", "expected"),
        [
            (3, 3),
            (np.int64(3), 3),
            (np.array(3), 3),
            (3, np.int64(3)),
            (True, True),
            (np.bool_(True), True),
            ("a", "a"),
            (b"a", b"a"),
            (None, None),
            (1.5, 1.5),
            (np.array([1, 2], np.int8), np.array([1, 2])),
            (np.array([1, 2], np.uint64), np.array([1, 2])),
            (np.array([1.5], np.float32), np.array([1.5])),
            (np.array([True, False]), np.array([True, False])),
            (np.zeros((0, 2)), np.zeros((0, 2))),
            ([1, (2, "a")], [1, (2, "a")]),
            ([np.int64(1), np.float32(2)], [1, 2.0]),
            ({"a": [np.array([1, 2])], 3: None}, {"a": [np.array([1, 2])], 3: None}),
            ([math.nan], [math.nan]),
            ([], []),
        ],
        ids=repr,
    )
    def test_passes(self, got, expected):
        assert checks.equal(got, expected, name="labels") is got

    @pytest.mark.parametrize(
        ("got", "expected", "wanted", "kind"),
        [
            (None, 3, "int", "None"),
            (3.0, 3, "int", "float"),
            (True, 1, "int", "bool"),
            (1, True, "bool", "int"),
            ([1, 2], (1, 2), "tuple", "list"),
            (np.array([1, 2]), [1, 2], "list", "array"),
            ([1, 2], np.array([1, 2]), "array", "list"),
            (Stranger(), {}, "dict", "keras.Sequential"),
            ("3", np.int64(3), "one number", "str"),
        ],
        ids=repr,
    )
    def test_another_kind(self, failing, got, expected, wanted, kind):
        failed = failing(checks.equal, got, expected, name="labels", note="" if got is not None else "n")
        assert failed.outcome is Outcome.BAD_RETURN_TYPE
        assert failed.failure.message == "`labels` has the wrong type"
        assert failed.failure.rows == (("type", wanted, kind),)

    def test_number(self, failing):
        failed = failing(checks.equal, 4, 3, name="epochs", note="one too many")
        assert failed.outcome is Outcome.WRONG_ANSWER
        assert failed.failure == Failure("`epochs` is wrong", (("value", "3", "4"),), (), "one too many")

    def test_array(self, failing):
        failure = failing(checks.equal, np.array([[1, 2, 3], [1, 9, 3]]), np.array([[1, 2, 3]] * 2), name="y").failure
        assert failure.message == "`y` has wrong values"
        assert failure.rows == (("shape", "(2, 3)", "(2, 3)"),)
        assert failure.facts == (("differ", "1 of 6 values"), ("first", "y[1, 1] = 9, expected 2"))

    def test_array_of_another_shape_or_dtype(self, failing):
        labels = np.array([0, 1])
        assert failing(checks.equal, np.zeros(3, int), labels, name="y").failure.message == "`y` has the wrong shape"
        for wrong in (labels.astype(float), labels.astype(bool)):
            failure = failing(checks.equal, wrong, labels, name="y").failure
            assert failure.rows[-1] == ("dtype", "int64", str(wrong.dtype))

    @pytest.mark.parametrize(
        ("got", "expected", "first"),
        [
            ([1, 2, 5], [1, 2, 3], "y[2] = 5, expected 3"),
            ([1, True], [1, 1], "y[1] = True, expected 1"),
            ([np.array([1, 2]), 2], [1, 2], "y[0] = int64 (2,) [1, 2], expected 1"),
            ([1, 2], [np.array([1, 2]), 2], "y[0] = 1, expected int64 (2,) [1, 2]"),
            ([Stranger()], [1], None),
            ({"a": (0.5,)}, {"a": (1,)}, "y['a'][0] = 0.5, expected 1"),
            ({"a": np.arange(20)}, {"a": np.arange(20)[::-1]}, "y['a'][0] = 0, expected 19"),
            ({"a": np.zeros(2)}, {"a": np.zeros(2, int)}, "y['a'] = float64 (2,) [0, 0], expected int64 (2,) [0, 0]"),
            ([["a"]], [[None]], "y[0][0] = 'a', expected None"),
            ([1.0000001], [1.0], "y[0] = 1.0000001, expected 1"),
        ],
        ids=repr,
    )
    def test_first_difference_inside(self, failing, got, expected, first):
        failed = failing(checks.equal, got, expected, name="y")
        assert failed.outcome is Outcome.WRONG_ANSWER
        if first is not None:
            assert failed.failure.facts == (("first", first),)

    @pytest.mark.parametrize(("got", "expected"), [([1], [1, 2]), ({"a": 1}, {"b": 1}), ([1], [(1,)])])
    def test_another_form(self, failing, got, expected):
        assert failing(checks.equal, got, expected, name="y").failure.message == "`y` is wrong"

    def test_names_the_mistake(self, failing):
        mistakes = [(np.array([9]), "an array"), (lambda: [2, 1], "reversed")]
        assert failing(checks.equal, [2, 1], [1, 2], name="y", mistakes=mistakes).failure.note == "reversed"

    def test_huge_integer_is_shown_short(self, failing):
        rows = failing(checks.equal, 10**1000, 3, name="n").failure.rows
        assert len(rows[0][2]) < 50


class TestFinite:
    @pytest.mark.parametrize("got", [np.ones((2, 3)), np.zeros(0), np.array([1, 2]), 1.5, 2, np.float32(1), 1j])
    def test_passes(self, got):
        assert checks.finite(got, name="loss") is got

    def test_says_where(self, failing):
        failure = failing(checks.finite, np.array([0.0, np.inf, np.nan]), name="loss", note="exp overflows").failure
        assert failure.message == "`loss` contains NaN"
        assert failure.facts == (("count", "1 NaN and 1 infinite of 3 values"), ("first", "loss[1] = inf"))
        assert failure.note == "exp overflows"

    @pytest.mark.parametrize("got", [math.nan, -math.inf, np.float16(np.inf)])
    def test_number(self, failing, got):
        assert failing(checks.finite, got, name="loss").outcome is Outcome.WRONG_ANSWER

    @pytest.mark.parametrize("got", [None, [1.0], Stranger()])
    def test_no_number(self, failing, got):
        assert failing(checks.finite, got, name="loss").outcome is Outcome.BAD_RETURN_TYPE


class TestBetween:
    @pytest.mark.parametrize("got", [0.5, 1.0, 0, np.float32(0.25), np.array(1)])
    def test_passes_with_its_ends(self, got):
        assert checks.between(got, 0, 1, name="accuracy") == float(got)

    @pytest.mark.parametrize(
        ("low", "high", "band"), [(0, 1, "0 to 1"), (3, math.inf, "at least 3"), (-math.inf, 1, "at most 1")]
    )
    def test_outside(self, failing, low, high, band):
        failure = failing(checks.between, 1.5, low, high, name="accuracy", note="n").failure
        assert failure == Failure("`accuracy` is outside its band", (("accuracy", band, "1.5"),), (), "n")

    @pytest.mark.parametrize("got", [math.nan, 10**400, -(10**400)])
    def test_no_finite_number(self, failing, got):
        assert failing(checks.between, got, 0, 1, name="loss").outcome is Outcome.WRONG_ANSWER


class TestThat:
    def test_passes(self):
        checks.that(np.bool_(True), "never")

    def test_fails(self, failing):
        rows, facts = [("a", "1", "2")], [("first", "x")]
        expected = Failure("it differs", (("a", "1", "2"),), (("first", "x"),), "n")
        assert failing(checks.that, False, "it differs", rows=rows, facts=facts, note="n").failure == expected
        assert failing(checks.fail, "it differs", rows=rows, facts=facts, note="n").failure == expected


class TestArray:
    def test_passes(self):
        x = np.zeros((2, 3), np.float32)
        for shape in (None, (2, 3), (None, 3), [2, None]):
            for dtype in (None, "float", np.float32):
                assert checks.array(x, name="x", shape=shape, dtype=dtype) is x
        checks.array(np.zeros(()), name="x", shape=())

    @pytest.mark.parametrize(
        ("got", "kind"),
        [(None, "None"), ([1], "list"), (1.5, "float"), (np.float64(1), "float64"), (Stranger(), "keras.Sequential")],
    )
    def test_no_array(self, failing, got, kind):
        failed = failing(checks.array, got, name="x")
        assert (failed.outcome, failed.failure.rows) == (Outcome.BAD_RETURN_TYPE, (("type", "array", kind),))

    @pytest.mark.parametrize(
        ("shape", "words"), [((3, 2), "(3, 2)"), ((2,), "(2,)"), ((None, 2, 3), "(any, 2, 3)"), ((), "()")]
    )
    def test_shape(self, failing, shape, words):
        failed = failing(checks.array, np.zeros((2, 3)), name="x", shape=shape, dtype=int)
        assert failed.outcome is Outcome.WRONG_ANSWER
        assert failed.failure == Failure("`x` has the wrong shape", (("shape", words, "(2, 3)"),))

    def test_dtype(self, failing):
        failure = failing(checks.array, np.zeros(2, np.float16), name="x", dtype="float").failure
        assert failure.message == "`x` has the wrong dtype"
        assert failure.rows == (("shape", "(2,)", "(2,)"), ("dtype", "float64 or float32", "float16"))


class TestNumber:
    @pytest.mark.parametrize("got", [3, 1.5, np.int8(3), np.float16(1.5), np.array(2.5), math.inf])
    def test_passes(self, got):
        assert checks.number(got, name="loss") == float(got)

    def test_integer_too_large_for_a_float(self):
        assert checks.number(-(10**400), name="loss") == -math.inf

    @pytest.mark.parametrize(
        ("got", "kind"),
        [(True, "bool"), (np.bool_(True), "bool"), (1j, "complex"), ("1", "str"), (None, "None"), ([1.0], "list")],
    )
    def test_no_number(self, failing, got, kind):
        failed = failing(checks.number, got, name="loss")
        assert (failed.outcome, failed.failure.rows) == (
            Outcome.BAD_RETURN_TYPE, (("type", "one real number", kind),),
        )  # fmt: skip

    def test_array(self, failing):
        failed = failing(checks.number, np.array([1.5]), name="loss")
        assert failed.outcome is Outcome.BAD_RETURN_TYPE
        assert failed.failure == Failure("`loss` is an array, not one number", (("shape", "()", "(1,)"),))


class TestUnpack:
    def test_passes(self):
        assert checks.unpack((1, 2), "a", "b") == (1, 2)
        assert checks.unpack([1, 2], "a", "b") == (1, 2)
        assert checks.unpack((1,), "a") == (1,)

    @pytest.mark.parametrize(
        ("got", "kind"), [(None, "None"), (np.zeros(2), "array"), ({1: 1, 2: 2}, "dict"), ("ab", "str")]
    )
    def test_no_tuple(self, failing, got, kind):
        failed = failing(checks.unpack, got, "a", "b")
        assert failed.outcome is Outcome.BAD_RETURN_TYPE
        assert failed.failure.rows == (("type", "tuple of 2: a, b", kind),)

    def test_another_length(self, failing):
        failure = failing(checks.unpack, (1, 2, 3), "a", "b").failure
        assert failure == Failure("3 values came back, not 2", (("items", "tuple of 2: a, b", "tuple of 3"),))


class TestMapping:
    def test_passes_with_more_keys(self):
        got = {"W1": 1, "b1": 2, "more": 3}
        assert checks.mapping(got, ("W1", "b1"), name="params") is got

    def test_no_dict(self, failing):
        failed = failing(checks.mapping, [1], ("W1", "b1"), name="params")
        assert (failed.outcome, failed.failure.rows) == (
            Outcome.BAD_RETURN_TYPE, (("type", "dict with W1, b1", "list"),),
        )  # fmt: skip

    def test_lacks_a_key(self, failing):
        failure = failing(checks.mapping, {"W1": 1, 2: 1}, ("W1", "b1"), name="params", note="n").failure
        assert failure == Failure("`params` lacks the key `b1`", (("keys", "W1, b1", "W1, 2"),), (), "n")

    def test_empty(self, failing):
        assert failing(checks.mapping, {}, ("W1",), name="params").failure.rows == (("keys", "W1", "(none)"),)

    def test_keys_are_shown_short_and_without_escape_codes(self, failing):
        got = {"\x1b[2J" + "a" * 1000: 1, **dict.fromkeys(range(100))}
        text = failing(checks.mapping, got, ("W1",), name="params").failure.rows[0][2]
        assert "\x1b" not in text
        assert len(text) < 200
