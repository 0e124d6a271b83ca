"""`unchanged`, `raises`, `gradient`, and how a call and a value are shown."""

import copy

import numpy as np
import pytest

from grader import checks, wire
from grader.checks import show
from grader.checks.calls import LAST_CALL, LastCall
from grader.failure import Failed, Failure, RemoteError
from grader.words import Outcome


class Remote:
    """A function of the submission without its worker: arguments are copied on the way there and back."""

    def __init__(self, function, name="double"):
        self.function = function
        self.name = name

    def __call__(self, *args, **kwargs):
        return self.echo(*args, **kwargs)[0]

    def echo(self, *args, **kwargs):
        args, kwargs = copy.deepcopy((list(args), kwargs))
        result = self.function(*args, **kwargs)
        return result, args, kwargs


def set_first(container, key, value):
    container[key] = value


X = np.array([[1.0, np.nan, 3.0]])


class TestUnchanged:
    def test_gives_the_result(self):
        args = (X, [1, {"a": X}], (2.5, "a", None), checks.generator(3), 1 + 2j)
        assert checks.unchanged(Remote(lambda *args, **kwargs: 7), *args, key=np.float32(1)) == 7

    def test_big_endian_arrays_come_back_native(self):
        remote = Remote(lambda x: x)
        remote.echo = lambda *args: (None, [X.astype(X.dtype.newbyteorder("="))], {})
        checks.unchanged(remote, X.astype(">f8"))

    @pytest.mark.parametrize(
        ("function", "args", "place", "before", "after"),
        [
            (lambda x: set_first(x, 0, 9), ([1, 2],), "argument 1[0]", "1", "9"),
            (lambda x: x.append(3), ([1, 2],), "argument 1", "list [1, 2]", "list [1, 2, 3]"),
            (lambda x: x.__imul__(2), (np.ones(2),), "argument 1", "float64 (2,) [1, 1]", "float64 (2,) [2, 2]"),
            (lambda x: set_first(x, 7, 5.0), (np.ones(9),), "argument 1[7]", "1", "5"),
            (
                lambda p: p["W"].fill(0),
                ({"W": np.ones(2)},),
                "argument 1['W']",
                "float64 (2,) [1, 1]",
                "float64 (2,) [0, 0]",
            ),
            (lambda p: p.pop("W"), ({"W": 1},), "argument 1", "dict with W", "empty dict"),
            (lambda p: set_first(p, "a", None), ({"a": 1j},), "argument 1['a']", "1j", "None"),
            (lambda p: set_first(p, 0, 5), ([None],), "argument 1[0]", "None", "5"),
            (lambda p: set_first(p, 0, []), ([{}],), "argument 1[0]", "empty dict", "list []"),
            (lambda p: set_first(p, 0, np.nan), ([np.float64(1)],), "argument 1[0]", "1", "nan"),
            (lambda a, b: b.fill(1), (0, np.zeros(1)), "argument 2", "float64 (1,) [0]", "float64 (1,) [1]"),
        ],
    )
    def test_names_the_argument(self, failing, function, args, place, before, after):
        failed = failing(checks.unchanged, Remote(function), *args)
        assert failed.outcome is Outcome.WRONG_ANSWER
        path = place.partition("[7]")[0]
        assert failed.failure == Failure(
            f"`double` changed its argument `{path}`",
            ((place, before, after),),
            (),
            "Work on a copy: the caller still needs its input.",
        )

    def test_uses_the_names_of_the_stub(self, failing, called_with):
        called_with(x=X, bias=[1])
        failure = failing(checks.unchanged, Remote(lambda x, bias: bias.clear()), X, bias=[1]).failure
        assert failure.message == "`double` changed its argument `bias`"


def raising(error):
    def function(*args, **kwargs):
        raise error

    function.name = "step"
    return function


def remote_error(name="ValueError", *bases, stage="call", message="no rows"):
    failure = Failure(f"{name}: {message}")
    return Failed(Outcome.RUNTIME_ERROR, failure, RemoteError(name, message, bases, stage=stage))


class TestRaises:
    def test_gives_the_message(self):
        assert checks.raises(raising(remote_error()), 1, key=2) == "no rows"

    def test_subclass(self):
        error = remote_error("AxisError", "ValueError", "IndexError", "Exception")
        checks.raises(raising(error))
        checks.raises(raising(error), error="IndexError")

    def test_another_exception(self, failing):
        failed = failing(checks.raises, raising(remote_error("TypeError", "Exception")), note="a note")
        assert failed.outcome is Outcome.WRONG_ANSWER
        assert failed.failure == Failure(
            "`step` does not raise `ValueError`",
            (("outcome", "raises ValueError", "TypeError: no rows"),),
            (),
            "a note",
        )

    def test_returns(self, failing):
        failure = failing(checks.raises, Remote(lambda x: x + 1), 1, error="KeyError").failure
        assert failure.message == "`double` does not raise `KeyError`"
        assert failure.rows == (("outcome", "raises KeyError", "returned 2"),)

    def test_crash_is_no_exception(self, failing):
        crash = Failed(Outcome.CRASH, Failure("it ended"))
        assert failing(checks.raises, raising(crash)) is crash

    def test_result_that_cannot_travel_is_no_exception(self, failing):
        unreadable = remote_error(stage="return")
        assert failing(checks.raises, raising(unreadable)) is unreadable


class TestGradient:
    def f(self, x):
        return float(np.sum(np.sin(x) * np.arange(1, 4)))

    def exact(self, x):
        return np.cos(x) * np.arange(1, 4)

    @pytest.mark.parametrize("dtype", [np.float64, np.float32])
    def test_passes(self, dtype):
        x = np.linspace(-1.0, 1.0, 6).reshape(2, 3)
        kept = x.copy()
        grad = self.exact(x).astype(dtype)
        assert checks.gradient(self.f, x, grad, name="grad_x") is grad
        np.testing.assert_array_equal(x, kept)

    def test_zero_gradient(self):
        checks.gradient(lambda x: 3.0, np.ones((2, 2)), np.zeros((2, 2)), name="grad_x")

    def test_scalar_and_empty(self):
        checks.gradient(lambda x: float(x**2), np.array(3.0), np.array(6.0), name="grad_x")
        checks.gradient(lambda x: 0.0, np.zeros((0, 2)), np.zeros((0, 2)), name="grad_x")

    def test_wrong(self, failing):
        x = np.linspace(-1.0, 1.0, 6).reshape(2, 3)
        failure = failing(checks.gradient, self.f, x, 2 * self.exact(x), name="grad_x", note="n").failure
        assert failure.message == "`grad_x` has wrong values"
        assert failure.note.startswith("n. Every value is 2 × the expected one")

    def test_small_error_in_one_entry(self, failing):
        x = np.linspace(-1.0, 1.0, 6).reshape(2, 3)
        grad = self.exact(x)
        grad[1, 2] *= 1 + 1e-4
        assert ("differ", "1 of 6 values") in failing(checks.gradient, self.f, x, grad, name="grad_x").failure.facts

    def test_mistake_and_type(self, failing):
        x = np.ones((2, 3))
        mistakes = [(lambda: self.exact(x).sum(axis=0), "summed over the rows")]
        got = self.exact(x).sum(axis=0)
        assert (
            failing(checks.gradient, self.f, x, got, name="g", mistakes=mistakes).failure.note == "summed over the rows"
        )
        assert failing(checks.gradient, self.f, x, None, name="g").outcome is Outcome.BAD_RETURN_TYPE


class TestShow:
    def test_last_call(self):
        call = LastCall("forward", {"x": np.zeros((20, 3)), "n": 3, "rng": checks.generator(7)})
        assert str(call) == "forward(x: float64 (20, 3), n: 3, rng: Generator(seed=7))"
        assert len(str(LastCall("f", dict.fromkeys(map(str, range(999)), "x")))) <= 303
        assert LAST_CALL.get() is None

    def test_generator(self):
        assert checks.generator(np.int64(3)) == wire.Generator(3)

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (np.array([1.0, 2.5]), "float64 (2,) [1, 2.5]"),
            (np.zeros((3, 4), np.float32), "float32 (3, 4)"),
            (np.array(2), "int64 () 2"),
            ({"a": 1, 2: 3}, "dict with a, 2"),
            ({}, "empty dict"),
            ([1, "a"], "list [1, 'a']"),
            ((1,), "tuple (1,)"),
            (list(range(9)), "list of 9"),
            ([np.zeros(2)], "list of 1"),
            (np.float32(0.5), "float32 0.5"),
            (0.1 + 0.2, "0.3"),
            (True, "True"),
            (12345678, "12345678"),
            ("a\x1b[2J", "'a\\x1b[2J'"),
            (None, "None"),
            (1 + 2j, "(1+2j)"),
        ],
    )
    def test_brief(self, value, text):
        assert show.brief(value) == text

    def test_brief_is_brief(self):
        for value in ("a" * 10**6, 10**1000, {"a" * 10**6: 1}, ["a" * 10**6], np.zeros(10**6)):
            assert len(show.brief(value)) <= show.MOST_CHARACTERS

    def test_printable(self):
        assert show.printable("é ✓\na\tb\x1b[2J\u202e\x00\r") == "é ✓\na\\tb\\x1b[2J\\u202e\\x00\\r"
