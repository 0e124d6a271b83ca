"""`not_slower` with a clock of our own, and the interval of a median."""

import math
import random

import pytest

from grader.checks import not_slower, timing
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
