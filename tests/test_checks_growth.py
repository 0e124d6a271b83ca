"""`not_steeper` with a clock of our own, and `not_larger` with workers whose memory we decide."""

import random

import numpy as np
import pytest

from grader.checks import growth, not_larger, not_steeper, rounds
from grader.checks.growth import slope
from grader.checks.sequential import LOOKS
from grader.metering import Memory
from grader.words import Outcome

SIZES = (100, 200, 400, 800)
LONG = 1e9
MIB = 1 << 20


class Clock:
    """Time passes only while a function is called: `seconds` gives how much for a size."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        return self.now

    def taking(self, seconds, result=0.0):
        def function(size):
            function.sizes.append(size)
            self.now += seconds(size)
            return result

        function.sizes = []
        return function


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    for module in (growth, rounds):
        monkeypatch.setattr(module, "time", made)
    monkeypatch.setattr(rounds, "waited_seconds", lambda process: 0.0)
    return made


def args(size):
    return (size,)


@pytest.mark.parametrize("power", [0.5, 1.0, 1.4])
def test_exponent_is_that_of_the_time(clock, power):
    function = clock.taking(lambda n: 1e-6 * n**power)
    assert not_steeper(function, args, SIZES, 1.5) == pytest.approx(power)
    assert sorted(function.sizes) == sorted(SIZES * (LOOKS[0] + 1))


def test_quadratic_where_linear_is_asked(clock, failing):
    function = clock.taking(lambda n: 1e-6 * n**2)
    failed = failing(not_steeper, function, args, SIZES, 1.5, name="attend", note="all pairs?")
    assert failed.outcome is Outcome.TOO_SLOW
    assert failed.failure.message == "the time of `attend` grows too steeply with the size"
    assert failed.failure.rows == (("growth of time", "at most size^1.5", "size^2.00"),)
    assert failed.failure.facts == (
        ("exponent", "2.00 to 2.00 over 5 rounds"),
        ("time", "10, 40, 160, 640 ms at size 100, 200, 400, 800"),
    )
    assert failed.failure.note == "all pairs?"


def test_a_little_above_the_limit_fails_at_the_first_look(clock, failing):
    failed = failing(not_steeper, clock.taking(lambda n: n**1.6), args, SIZES, 1.5, budget_seconds=LONG)
    assert failed.outcome is Outcome.TOO_SLOW
    assert failed.failure.facts[0] == ("exponent", f"1.60 to 1.60 over {LOOKS[0]} rounds")


def test_noise_around_the_limit_is_inconclusive(clock, failing):
    state = {"calls": 0}

    def seconds(n):
        state["calls"] += 1
        return n ** (1.0 if (state["calls"] - 1) // len(SIZES) % 2 else 2.0)

    failed = failing(not_steeper, clock.taking(seconds), args, SIZES, 1.5, budget_seconds=LONG)
    assert failed.outcome is Outcome.INCONCLUSIVE
    assert failed.failure.facts[0] == ("exponent", "1.00 to 2.00 over 61 rounds; the limit is 1.5")
    failed = failing(not_steeper, clock.taking(seconds), args, SIZES, 1.5, budget_seconds=0.0)
    assert failed.failure.facts[0] == ("exponent", "1.00 to 2.00 over 13 rounds; the limit is 1.5")


def test_hiccups_do_not_decide(clock):
    dice = random.Random(4)
    function = clock.taking(lambda n: n * (30.0 if dice.random() < 0.05 else 1.0))
    assert not_steeper(function, args, SIZES, 1.5, budget_seconds=LONG) == pytest.approx(1.0)


def test_the_answers_must_be_right_at_every_size(clock, failing):
    def lazy(size):
        clock.now += 1.0
        return 0.0 if size > 500 else 1.0

    failed = failing(not_steeper, lazy, args, SIZES, 1.5, baseline=clock.taking(lambda n: n, 1.0))
    assert failed.outcome is Outcome.WRONG_ANSWER


def test_the_exponent_of_the_reference_is_shown(clock, failing):
    baseline = clock.taking(lambda n: 1e-6 * n)
    failed = failing(not_steeper, clock.taking(lambda n: n**2), args, SIZES, 1.5, baseline=baseline)
    assert failed.failure.facts[-1] == ("reference", "its time grows as size^1.00")


def test_two_sizes_are_no_slope(clock):
    with pytest.raises(ValueError, match="3 different sizes"):
        not_steeper(clock.taking(lambda n: n), args, (1, 2, 2), 1.5)


def test_slope_is_that_of_least_squares():
    dice = np.random.default_rng(0)
    x, y = dice.normal(size=9), dice.normal(size=9)
    assert slope(x.tolist(), y.tolist()) == pytest.approx(np.polyfit(x, y, 1)[0])


class Worker:
    """A function whose worker holds `base` MiB before a call and `peaks` MiB at most during each."""

    def __init__(self, base, *peaks, result=1.0, can_forget=True):
        self.base, self.peaks, self.result, self.can_forget = base, list(peaks), result, can_forget
        self.peak = 10_000.0

    def prepare(self, *args, tidy):
        assert tidy

        def call():
            self.peak = max(self.peak, self.peaks.pop(0) if len(self.peaks) > 1 else self.peaks[0])
            return self.result

        return call

    def memory(self):
        return Memory(self.base * MIB, int(self.peak * MIB))

    def forget_peak(self):
        if self.can_forget:
            self.peak = self.base
        return self.can_forget


def test_the_ratio_is_of_peaks_above_what_was_held_before():
    assert not_larger(Worker(10, 50), Worker(10, 30), tuple, 3.0) == 2.0


def test_the_first_call_warms_up_and_the_median_counts():
    assert not_larger(Worker(10, 500, 30, 90, 50), Worker(10, 30), tuple, 3.0) == 2.0


def test_memory_that_was_kept_ready_counts():
    """Above what the reference holds before its call, not above what the submission holds."""
    assert not_larger(Worker(50, 50), Worker(10, 30), tuple, 3.0) == 2.0


def test_too_much_memory(failing):
    failed = failing(not_larger, Worker(0, 80), Worker(0, 20), tuple, 3.0, name="attend", note="all pairs?")
    assert failed.outcome is Outcome.MEMORY_LIMIT
    assert failed.failure.message == "`attend` takes too much memory"
    assert failed.failure.rows == (("peak of memory", "at most 3 × the reference", "4 ×"),)
    assert failed.failure.facts == (("memory", "80.0 MiB; the reference takes 20.0 MiB"),)
    assert failed.failure.note == "all pairs?"


def test_next_to_nothing_is_no_yardstick():
    assert not_larger(Worker(0, 0.5), Worker(0, 0.001), tuple, 3.0) == 0.5


def test_a_frugal_answer_must_be_right(failing):
    failed = failing(not_larger, Worker(0, 1, result=0.0), Worker(0, 20), tuple, 3.0)
    assert failed.outcome is Outcome.WRONG_ANSWER


def test_a_system_that_does_not_tell_costs_nothing(failing):
    failed = failing(not_larger, Worker(0, 80, can_forget=False), Worker(0, 20), tuple, 3.0)
    assert failed.outcome is Outcome.INCONCLUSIVE
