"""`not_slower` with a clock of our own, and the interval of a median."""

import contextlib
import math
import random

import numpy as np
import pytest

from grader.checks import not_slower, timing
from grader.checks.differences import rough_difference
from grader.checks.timing import LOOKS, median_interval
from grader.words import Outcome


class Clock:
    """Time passes only while a function is called."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        return self.now

    def taking(self, seconds):
        """A function that takes so long; `seconds` is called for each call."""

        def function(*args):
            function.calls.append(args)
            self.now += seconds()

        function.calls = []
        return function


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(timing, "time", made)
    return made


def test_as_fast_passes_at_the_first_look(clock):
    function, baseline = clock.taking(lambda: 1.0), clock.taking(lambda: 1.0)
    assert not_slower(function, baseline, lambda: (1, 2), 1.5) == 1.0
    assert len(function.calls) == len(baseline.calls) == LOOKS[0] + timing.WARM_UP_CALLS


def test_at_the_limit_passes(clock):
    assert not_slower(clock.taking(lambda: 3.0), clock.taking(lambda: 1.0), tuple, 3.0) == 3.0


def test_both_get_the_same_fresh_arguments(clock):
    made = []

    def make_args():
        made.append(object())
        return (made[-1],)

    function, baseline = clock.taking(lambda: 1.0), clock.taking(lambda: 1.0)
    not_slower(function, baseline, make_args, 2.0)
    assert function.calls == baseline.calls == [(item,) for item in made]


def test_order_is_random(clock):
    order = []

    def named(name):
        def function():
            order.append(name)
            clock.now += 1.0

        return function

    not_slower(named("function"), named("baseline"), tuple, 2.0)
    firsts = order[2 * timing.WARM_UP_CALLS :: 2]
    assert {"function", "baseline"} == set(firsts)


def test_slow_warm_up_does_not_count(clock):
    times = iter([1000.0] * timing.WARM_UP_CALLS + [1.0] * LOOKS[0])
    assert not_slower(clock.taking(lambda: next(times)), clock.taking(lambda: 1.0), tuple, 1.5) == 1.0


def test_twice_the_limit_is_too_slow(clock, failing):
    function = clock.taking(lambda: 6.0)
    failed = failing(not_slower, function, clock.taking(lambda: 1.0), tuple, 3.0, name="forward", note="a loop?")
    assert failed.outcome is Outcome.TOO_SLOW
    assert failed.failure.message == "`forward` is too slow"
    assert failed.failure.rows == (("time", "at most 3 × the reference", "6 ×"),)
    assert failed.failure.facts == (("ratio", "6 to 6 × over 11 pairs of calls"),)
    assert failed.failure.note == "a loop?"
    assert len(function.calls) == LOOKS[0] + timing.WARM_UP_CALLS


def test_hopeless_ends_after_three_pairs(clock, failing):
    function = clock.taking(lambda: 16.0)
    failed = failing(not_slower, function, clock.taking(lambda: 1.0), tuple, 3.0)
    assert failed.outcome is Outcome.TOO_SLOW
    assert failed.failure.message == "`the function` is too slow"
    assert len(function.calls) == timing.HOPELESS_PAIRS + timing.WARM_UP_CALLS


def test_three_slow_pairs_of_one_hiccup_are_not_hopeless(clock):
    times = iter([1.0] * timing.WARM_UP_CALLS + [16.0, 14.0, 16.0] + [1.0] * 100)
    assert not_slower(clock.taking(lambda: next(times)), clock.taking(lambda: 1.0), tuple, 3.0) == 1.0


def test_few_outliers_do_not_decide(clock):
    dice = random.Random(1)
    noisy = clock.taking(lambda: 50.0 if dice.random() < 0.1 else 1.0)
    assert not_slower(noisy, clock.taking(lambda: 1.0), tuple, 2.0) == 1.0


def test_noise_around_the_limit_is_inconclusive(clock, failing):
    sides = iter([1.0, 9.0] * 100)
    function = clock.taking(lambda: next(sides))
    failed = failing(not_slower, function, clock.taking(lambda: 1.0), tuple, 3.0)
    assert failed.outcome is Outcome.INCONCLUSIVE
    assert failed.outcome.keeps_points
    assert failed.failure.message == "this machine is too busy to measure the time"
    assert failed.failure.facts == (("ratio", "1 to 9 × over 61 pairs of calls; the limit is 3 ×"),)
    assert len(function.calls) == LOOKS[-1] + timing.WARM_UP_CALLS


def test_slow_drift_of_the_machine_hits_both(clock):
    state = {"factor": 1.0}

    def drifting(base):
        def seconds():
            state["factor"] *= 1.02
            return base * state["factor"]

        return seconds

    ratio = not_slower(clock.taking(drifting(1.5)), clock.taking(drifting(1.0)), tuple, 2.0)
    assert ratio == pytest.approx(1.5, rel=0.03)


@pytest.mark.parametrize("n", [1, 5, 9])
def test_too_few_values_say_nothing(n):
    assert median_interval(range(n)) == (-math.inf, math.inf)


@pytest.mark.parametrize(
    ("n", "alpha", "rank"),
    # largest r with 2 P(Binomial(n, 1/2) < r) <= alpha; the ranks for 0.05 stand in tables of the sign test
    [(6, 0.05, 1), (10, 0.05, 2), (15, 0.05, 4), (20, 0.05, 6), (25, 0.05, 8), (50, 0.05, 18), (11, 0.002, 1),
     (21, 0.002, 4), (31, 0.002, 7), (41, 0.002, 11), (61, 0.002, 19)],
)  # fmt: skip
def test_order_statistics(n, alpha, rank):
    values = random.Random(0).sample(range(1, n + 1), n)
    assert median_interval(values, alpha) == (rank, n + 1 - rank)


def test_interval_holds_the_median():
    dice = random.Random(2)
    missed = 0
    for _ in range(2000):
        low, high = median_interval([dice.expovariate(1.0) for _ in range(21)], 0.05)
        missed += not low <= math.log(2) <= high
    assert 0.01 < missed / 2000 < 0.05  # exactly 2 P(Binomial(21, 1/2) < 6) = 0.0266


class Held:
    """A function that knows how often it was held while another was timed."""

    def __init__(self, clock, result):
        self.clock, self.result, self.holds, self.is_held = clock, result, 0, False

    def __call__(self, *args):
        assert not self.is_held
        self.clock.now += 1.0
        return self.result

    @contextlib.contextmanager
    def held(self):
        self.holds, self.is_held = self.holds + 1, True
        yield
        self.is_held = False


def test_who_is_not_timed_is_held(clock):
    function, baseline = Held(clock, 1.0), Held(clock, 1.0)
    not_slower(function, baseline, tuple, 2.0)
    assert function.holds == baseline.holds == LOOKS[0]


def giving(clock, *results):
    """A function that gives these results in turn, and then the last for ever."""
    left = list(results)

    def function(*args):
        clock.now += 1.0
        return left.pop(0) if len(left) > 1 else left[0]

    return function


@pytest.mark.parametrize("calls_before", [0, 1, timing.WARM_UP_CALLS, LOOKS[0] + 1])
def test_a_quick_answer_must_be_right(clock, failing, calls_before):
    right = {"loss": 2.0, "grads": [np.ones(3), (4, "text", None)]}
    wrong = {"loss": 2.0, "grads": [np.zeros(3), (4, "text", None)]}
    function = giving(clock, *[right] * calls_before, wrong)
    failed = failing(not_slower, function, giving(clock, right), tuple, 2.0, name="backward")
    assert failed.outcome is Outcome.WRONG_ANSWER
    assert failed.failure.message == (
        "`backward` gives a wrong answer where its time is measured: `result['grads'][0]`"
    )
    assert failed.failure.note == "A quick answer counts only if it is right."


def test_only_the_answer_is_compared(clock, failing):
    function, baseline = giving(clock, (1.0, "my cache")), giving(clock, (1.0, {"its": "cache"}))
    failing(not_slower, function, baseline, tuple, 2.0)
    assert not_slower(function, baseline, tuple, 2.0, answer=lambda result: result[0]) == 1.0
    assert not_slower(giving(clock, "a"), giving(clock, "b"), tuple, 2.0, answer=None) == 1.0


class Thing:
    """Neither plain nor equal to anything."""


@pytest.mark.parametrize(
    ("expected", "got", "place"),
    [
        (1.0, 1.009, ""),
        (1.0, 1.02, "r"),
        (1.0, np.float32(1.0), ""),
        (2, 2.0, ""),
        (1.0, float("nan"), "r"),
        (float("nan"), float("nan"), ""),
        (float("inf"), float("inf"), ""),
        (float("inf"), 1e300, "r"),
        (1.0, "1.0", "r"),
        (1.0, None, "r"),
        (None, None, ""),
        (None, 0, "r"),
        ("a", "a", ""),
        ("a", "b", "r"),
        (np.array([0.0, 100.0]), np.array([0.9, 100.0]), ""),
        (np.array([0.0, 100.0]), np.array([2.1, 100.0]), "r"),
        (np.zeros((2, 3)), np.zeros((3, 2)), "r"),
        (np.zeros(0), np.zeros(0), ""),
        (np.zeros(0), np.zeros((0, 1)), "r"),
        (np.ones(2), np.ones(2, np.float32), ""),
        (np.ones(2), [1.0, 1.0], "r"),
        ([1, 2], (1, 2), ""),
        ([1, 2], [1, 2, 3], "r"),
        ([1, [2, 3]], [1, [2, 4]], "r[1][1]"),
        ({"a": 1}, {"a": 1, "b": 2}, ""),
        ({"a": 1}, {"b": 1}, "r"),
        ({"a": [1, 2]}, {"a": [1, 3]}, "r['a'][1]"),
        ({"a": 1}, [1], "r"),
        (Thing(), Thing(), ""),
        (Thing(), 1.0, "r"),
        (Thing(), None, "r"),
        (1.0, Thing(), "r"),
        ([1.0], Thing(), "r"),
    ],
)
def test_rough_difference(expected, got, place):
    assert rough_difference(expected, got, "r") == place
