"""`not_slower` with a clock of our own, and what two answers to one question may differ in."""

import contextlib
import random

import numpy as np
import pytest

from grader.checks import not_slower, rounds, timing
from grader.checks.differences import rough_difference
from grader.checks.sequential import LOOKS
from grader.metering import Usage
from grader.words import Outcome

LONG = 1e9


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
    monkeypatch.setattr(rounds, "time", made)
    monkeypatch.setattr(rounds, "waited_seconds", lambda process: 0.0)
    return made


def test_as_fast_passes_at_the_first_look(clock):
    function, baseline = clock.taking(lambda: 1.0), clock.taking(lambda: 1.0)
    assert not_slower(function, baseline, lambda: (1, 2), 1.5) == 1.0
    assert len(function.calls) == len(baseline.calls) == LOOKS[0] + timing.WARM_UP_PAIRS


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
    firsts = order[2 * timing.WARM_UP_PAIRS :: 2]
    assert {"function", "baseline"} == set(firsts)


def test_slow_warm_up_does_not_count(clock):
    times = iter([1000.0] * timing.WARM_UP_PAIRS + [1.0] * LOOKS[0])
    assert not_slower(clock.taking(lambda: next(times)), clock.taking(lambda: 1.0), tuple, 1.5) == 1.0


def test_twice_the_limit_is_too_slow(clock, failing):
    function = clock.taking(lambda: 6.0)
    failed = failing(not_slower, function, clock.taking(lambda: 1.0), tuple, 3.0, name="forward", note="a loop?")
    assert failed.outcome is Outcome.TOO_SLOW
    assert failed.failure.message == "`forward` is too slow"
    assert failed.failure.rows == (("time", "at most 3 × the reference", "6 ×"),)
    assert failed.failure.facts == (("ratio", "6 to 6 × over 13 pairs of calls"),)
    assert failed.failure.note == "a loop?"
    assert len(function.calls) == LOOKS[0] + timing.WARM_UP_PAIRS


def test_hopeless_ends_after_three_pairs(clock, failing):
    function = clock.taking(lambda: 16.0)
    failed = failing(not_slower, function, clock.taking(lambda: 1.0), tuple, 3.0)
    assert failed.outcome is Outcome.TOO_SLOW
    assert failed.failure.message == "`the function` is too slow"
    assert len(function.calls) == timing.HOPELESS_PAIRS + timing.WARM_UP_PAIRS


def test_three_slow_pairs_of_one_hiccup_are_not_hopeless(clock):
    times = iter([1.0] * timing.WARM_UP_PAIRS + [16.0, 14.0, 16.0] + [1.0] * 100)
    hiccup, baseline = clock.taking(lambda: next(times)), clock.taking(lambda: 1.0)
    assert not_slower(hiccup, baseline, tuple, 3.0, budget_seconds=LONG) == 1.0


def test_few_outliers_do_not_decide(clock):
    dice = random.Random(1)
    noisy = clock.taking(lambda: 50.0 if dice.random() < 0.1 else 1.0)
    assert not_slower(noisy, clock.taking(lambda: 1.0), tuple, 2.0, budget_seconds=LONG) == 1.0


def test_noise_around_the_limit_is_inconclusive(clock, failing):
    sides = iter([1.0, 9.0] * 100)
    function = clock.taking(lambda: next(sides))
    failed = failing(not_slower, function, clock.taking(lambda: 1.0), tuple, 3.0, budget_seconds=LONG)
    assert failed.outcome is Outcome.INCONCLUSIVE
    assert failed.outcome.keeps_points
    assert failed.failure.message == "the time lies too close to the limit to tell them apart here"
    assert failed.failure.facts == (("ratio", "1 to 9 × over 61 pairs of calls; the limit is 3 ×"),)
    assert len(function.calls) == LOOKS[-1] + timing.WARM_UP_PAIRS


def test_slow_drift_of_the_machine_hits_both(clock):
    state = {"factor": 1.0}

    def drifting(base):
        def seconds():
            state["factor"] *= 1.02
            return base * state["factor"]

        return seconds

    ratio = not_slower(clock.taking(drifting(1.5)), clock.taking(drifting(1.0)), tuple, 2.0)
    assert ratio == pytest.approx(1.5, rel=0.03)


class Worker:
    """A function in a worker of which we decide what it uses: `moves` seconds of CPU outside of each call."""

    def __init__(self, clock, *, moves=0.0, wall=lambda: 1.0, cpu=1.0, waits=lambda wall: 0.0):
        self.clock, self.others, self.moves, self.wall, self.cpu, self.waits = clock, [], moves, wall, cpu, waits
        self.used, self.waited, self.is_held, self.holds, self.prepared = 0.0, 0.0, False, 0, []

    def prepare(self, *args):
        assert not self.is_held
        self.clock.now += 1000.0  # no clock of the engine's may see it
        self.used += 0.5 + self.moves
        self.prepared.append(args)

        def call():
            assert not self.is_held
            assert all(other.is_held for other in self.others)
            wall = self.wall()
            self.clock.now += wall
            self.used += self.cpu
            self.waited += self.waits(wall)
            return 1.0

        return call

    def usage(self):
        return Usage(self.used, self.waited)

    @contextlib.contextmanager
    def held(self):
        self.holds, self.is_held = self.holds + 1, True
        yield
        self.is_held = False


def test_arguments_are_there_before_the_clock_starts_and_the_other_is_held(clock):
    function, baseline = Worker(clock), Worker(clock)
    function.others, baseline.others = [baseline], [function]
    made = iter(range(1000))
    assert not_slower(function, baseline, lambda: (next(made),), 2.0, budget_seconds=LONG) == 1.0
    pairs = LOOKS[0] + timing.WARM_UP_PAIRS
    assert function.prepared == baseline.prepared == [(number,) for number in range(pairs)]
    assert function.holds == baseline.holds == pairs


def test_work_outside_of_the_calls_counts(clock, failing):
    assert not_slower(Worker(clock, moves=0.5), Worker(clock), tuple, 2.0) == 1.5
    failed = failing(not_slower, Worker(clock, moves=4.0), Worker(clock), tuple, 2.0)
    assert failed.outcome is Outcome.TOO_SLOW
    assert failed.failure.rows[0][2] == "5 ×"
    assert ("outside", "80% of the time was spent before a call began or after its result had come") in (
        failed.failure.facts
    )


def test_work_that_the_baseline_does_outside_too_is_free(clock):
    assert not_slower(Worker(clock, moves=4.0), Worker(clock, moves=4.0), tuple, 2.0) == 1.0


def test_waiting_for_a_processor_is_no_time_of_a_call(clock):
    dice = random.Random(3)

    def late():
        return Worker(clock, wall=lambda: 1.0 + dice.choice([0.0, 0.0, 20.0]), waits=lambda wall: wall - 1.0)

    assert not_slower(late(), late(), tuple, 1.1, budget_seconds=LONG) == 1.0


def test_waiting_for_ones_own_threads_is(clock, failing):
    """Threads that compute while the one that answers waits for their processor."""
    sly = Worker(clock, wall=lambda: 6.0, cpu=6.0, waits=lambda wall: wall)
    assert failing(not_slower, sly, Worker(clock), tuple, 2.0).outcome is Outcome.TOO_SLOW


def test_two_processors_at_once_are_no_slower_than_one(clock):
    assert not_slower(Worker(clock, cpu=2.0), Worker(clock), tuple, 1.1) == 1.0


def test_a_busy_machine_is_named(clock, failing):
    sides = iter([1.0, 9.0] * 100)
    function = Worker(clock, wall=lambda: next(sides))
    baseline = Worker(clock, wall=lambda: 4.0, waits=lambda wall: 3.0)
    failed = failing(not_slower, function, baseline, tuple, 3.0, budget_seconds=LONG)
    assert failed.outcome is Outcome.INCONCLUSIVE
    expected = ("processor", "the reference waited for one for 75% of its time, which is taken out")
    assert expected in failed.failure.facts


def test_the_budget_ends_what_is_undecided(clock, failing):
    sides = iter([1.0, 9.0] * 100)
    function = clock.taking(lambda: next(sides))
    failed = failing(not_slower, function, clock.taking(lambda: 1.0), tuple, 3.0, budget_seconds=6.0 * 15)
    assert failed.outcome is Outcome.INCONCLUSIVE
    assert len(function.calls) == 16 + timing.WARM_UP_PAIRS


def test_slowness_does_not_spend_the_budget(clock, failing):
    """The first look is always taken: who is slow has not gained the benefit of the doubt."""
    function = clock.taking(lambda: 6.0)
    failed = failing(not_slower, function, clock.taking(lambda: 1.0), tuple, 3.0, budget_seconds=0.0)
    assert failed.outcome is Outcome.TOO_SLOW


def giving(clock, *results):
    """A function that gives these results in turn, and then the last for ever."""
    left = list(results)

    def function(*args):
        clock.now += 1.0
        return left.pop(0) if len(left) > 1 else left[0]

    return function


@pytest.mark.parametrize("calls_before", [0, 1, timing.WARM_UP_PAIRS, LOOKS[0] + 1])
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
        (1.0, 1.0009, ""),
        (1.0, 1.002, "r"),
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
        (np.array([0.0, 100.0]), np.array([0.09, 100.0]), ""),
        (np.array([0.0, 100.0]), np.array([0.21, 100.0]), "r"),
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


def test_more_waiting_than_there_was_time():
    """The system counts waits a little later than the clock: a call never took no time at all."""
    assert rounds.Sample(1e-4, 0.0, 8e-4, 0.0, None).seconds == 1e-4
    assert rounds.Sample(1e-4, 3e-5, 8e-4, 0.0, None).seconds == 3e-5
