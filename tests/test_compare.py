"""Calls that are kept and made again, figures over seeds, and how both are told."""

import contextlib
import warnings

import numpy as np
import pytest
from scipy.stats import ttest_rel

from grader.bench import Listener
from grader.checks import generator, rounds
from grader.compare import FigureComparison, compare
from grader.failure import Failed, Failure
from grader.recorded_calls import MOST_CALLS, RecordedCall, Recorder
from grader.replay import FEWEST_ROUNDS, ROUNDS, TimeRatio, replay
from grader.words import Outcome


class TestRecorder:
    def test_the_slowest_calls_of_each_function_are_kept(self):
        recorder = Recorder()
        for seconds in (3.0, 1.0, 5.0, 2.0, 4.0):
            recorder.add("f", [seconds], {}, seconds)
        recorder.add("g", [], {"a": 1}, 0.1)
        assert [call.arguments() for call in recorder.calls["f"]] == [([5.0], {}), ([4.0], {}), ([3.0], {})]
        assert len(recorder.calls["f"]) == MOST_CALLS
        assert recorder.calls["g"][0].arguments() == ([], {"a": 1})

    def test_arguments_are_those_of_the_call_whatever_becomes_of_them(self):
        recorder, x = Recorder(), np.arange(3.0)
        recorder.add("f", [x, generator(7)], {}, 1.0)
        x[:] = 0.0
        args, _ = recorder.calls["f"][0].arguments()
        np.testing.assert_array_equal(args[0], [0.0, 1.0, 2.0])
        assert args[1] == generator(7)

    def test_what_belongs_to_one_worker_is_left_out(self):
        recorder = Recorder()
        recorder.add("f", [object()], {}, 1.0)
        assert recorder.calls["f"] == []


class Side:
    """A solution in a worker, of which we decide what its calls take."""

    def __init__(self, clock, **seconds):
        self.clock, self.seconds, self.opened, self.called = clock, seconds, 0, []

    @contextlib.contextmanager
    def open(self):
        self.opened += 1
        yield self

    def __getattr__(self, name):
        def function(x, **_kwargs):
            self.called.append((self.opened, name, x))
            seconds = self.seconds[name]
            if seconds is None:
                raise Failed(Outcome.RUNTIME_ERROR, Failure("it fails"))
            self.clock.now += seconds

        return function


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 0.0

        def perf_counter(self):
            return self.now

    made = Clock()
    monkeypatch.setattr(rounds, "time", made)
    monkeypatch.setattr(rounds, "waited_seconds", lambda process: 0.0)
    return made


def recorded(*calls):
    recorder = Recorder()
    for function, x, seconds in calls:
        recorder.add(function, [x], {}, seconds)
    return [call for calls in recorder.calls.values() for call in calls]


class TestReplay:
    def test_ratios_by_function_and_of_all(self, clock):
        mine, base = Side(clock, f=2.0, g=6.0), Side(clock, f=1.0, g=2.0)
        times = replay(mine.open, base.open, recorded(("f", 1, 0.01), ("g", 2, 0.02)))
        assert {name: (time.median, time.calls) for name, time in times.items()} == {
            "": (8.0 / 3.0, 2), "f": (2.0, 1), "g": (3.0, 1)
        }  # fmt: skip
        assert len(times[""].ratios) == ROUNDS == mine.opened == base.opened

    def test_each_round_warms_up_once_for_each_function(self, clock):
        mine, base = Side(clock, f=1.0), Side(clock, f=1.0)
        replay(mine.open, base.open, recorded(("f", 1, 0.01), ("f", 2, 0.02)))
        assert [x for number, _, x in mine.called if number == 1] == [1, 1, 2]

    def test_a_call_that_fails_is_left_out(self, clock):
        mine, base = Side(clock, f=2.0, g=None), Side(clock, f=1.0, g=1.0)
        times = replay(mine.open, base.open, recorded(("f", 1, 0.01), ("g", 2, 0.02)))
        assert times.keys() == {"", "f"}
        assert times[""].median == 2.0

    def test_nothing_that_both_answer(self, clock):
        assert replay(Side(clock, f=1.0).open, Side(clock, f=None).open, recorded(("f", 1, 0.01))) == {}
        assert replay(Side(clock).open, Side(clock).open, []) == {}

    def test_calls_that_take_too_long_are_not_made_again(self, clock):
        mine, base = Side(clock, f=1.0, g=1.0), Side(clock, f=1.0, g=1.0)
        times = replay(mine.open, base.open, recorded(("f", 1, 0.01), ("g", 2, 20.0)))
        assert times.keys() == {"", "f"}
        assert replay(mine.open, base.open, [RecordedCall("g", 20.0, b"")]) == {}


def test_few_rounds_are_no_interval():
    assert TimeRatio((1.0,) * (FEWEST_ROUNDS - 1), 1).interval is None
    assert TimeRatio((1.0, 2.0, 3.0, 4.0, 5.0, 6.0), 1).interval == (1.0, 6.0)


class TestFigures:
    def test_interval_of_the_difference_is_that_of_a_paired_t_test(self):
        dice = np.random.default_rng(0)
        yours, reference = dice.normal(0.9, 0.1, 5), dice.normal(0.95, 0.1, 5)
        figure = FigureComparison(tuple(yours.tolist()), tuple(reference.tolist()))
        expected = ttest_rel(yours, reference).confidence_interval(0.95)
        assert figure.interval == pytest.approx((expected.low, expected.high))
        assert figure.difference == pytest.approx(float(np.mean(yours - reference)))

    def test_two_seeds_are_no_interval(self):
        assert FigureComparison((1.0, 2.0), (1.0, 2.0)).interval is None


def test_compare_measures_figures_over_seeds(zygote, make_problem):
    problem = make_problem(
        """
        from grader import checks

        class TestDouble:
            def test_it(self, submission, rng, record):
                got = checks.number(submission.double(float(rng.integers(5))), name="doubled")
                record("accuracy", got)
                record.curve("loss", [got, 1.0])
        """,
        reference="def double(x): return 2 * x",
    )
    source, listener = b"def double(x): return 2 * x + 1", Listener()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pytest.PytestDeprecationWarning)  # errors here, and only here
        found = compare(problem, source, zygote=zygote, seed=3, file="s.py", listener=listener)
    assert found.seeds == 5
    assert found.figures["accuracy"].difference == 1.0
    assert found.figures["accuracy"].interval == (1.0, 1.0)
    assert len(set(found.figures["accuracy"].yours)) > 1
    assert found.yours.seed == found.reference.seed == 3
    assert found.times["double"].calls == 1
