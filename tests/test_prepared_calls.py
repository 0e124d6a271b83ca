"""Arguments that are in the worker before a call, and what the judge reads of a worker without its help."""

import contextlib
import sys
import textwrap

import numpy as np
import pytest

from grader.bench import Bench
from grader.checks import generator
from grader.words import Outcome

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

MIB = 1 << 20


@pytest.fixture
def opened(zygote, probe):
    """`opened(source)` gives the function `double` of a fresh worker."""
    with contextlib.ExitStack() as stack:

        def call(source):
            bench = Bench(probe, textwrap.dedent(source).encode(), zygote, 1)
            return stack.enter_context(bench.submission(False)).double

        yield call


def test_a_prepared_call_gives_what_a_call_gives(opened):
    double = opened("def double(x, *, times=2): return times * x")
    x = np.arange(3.0)
    np.testing.assert_array_equal(double.prepare(x)(), 2 * x)
    np.testing.assert_array_equal(double.prepare(x, times=5)(), 5 * x)
    np.testing.assert_array_equal(double(x), 2 * x)


def test_arguments_are_made_when_they_are_sent(opened):
    double = opened("def double(x): return x.random()")
    call = double.prepare(generator(7))
    assert call() == np.random.default_rng(7).random()


def test_a_handle_is_the_object_itself(opened):
    double = opened("""
        THINGS = []
        def double(x):
            if x is not None:
                return x is THINGS[0]
            THINGS.append(object())
            return THINGS[0]
    """)
    assert double.prepare(double(None))() is True


def test_first_arguments_that_are_given_once(opened):
    double = opened("def double(x, y=0, *, times=2): return times * x + y").partial(3.0)
    assert double() == 6.0
    assert double(1.0) == 7.0
    assert double.prepare(1.0, times=5)() == 16.0
    assert double.partial(2.0).echo()[:2] == (8.0, [3.0, 2.0])


def test_the_arguments_of_one_call_are_not_those_of_the_next(opened, failing):
    double = opened("def double(x): return 2 * x")
    call = double.prepare(1.0)
    assert call() == 2.0
    assert failing(call).outcome is Outcome.RUNTIME_ERROR


def test_a_prepared_call_fails_as_a_call_does(opened, failing):
    double = opened("def double(x): return 1 // 0")
    call = double.prepare(1.0)
    failed = failing(call)
    assert failed.outcome is Outcome.RUNTIME_ERROR
    assert failed.error.type == "ZeroDivisionError"


def test_what_cannot_travel_is_told_before_the_call(opened, failing):
    failed = failing(opened("def double(x): return x").prepare, object())
    assert failed.outcome is Outcome.BAD_RETURN_TYPE


def test_sending_is_no_time_of_the_submission(opened):
    double = opened("def double(x): return 2 * x")
    worker = double._connection.worker
    left = worker._wall_left
    call = double.prepare(np.zeros(1_000_000))
    assert worker._wall_left == left
    call()
    assert worker._wall_left < left


def test_cpu_time_of_the_worker_and_of_its_threads_that_have_ended(opened):
    double = opened("""
        import threading, time
        def burn(seconds):
            end = time.thread_time() + seconds
            while time.thread_time() < end: pass
        def double(x):
            thread = threading.Thread(target=burn, args=(x,))
            thread.start(); thread.join()
    """)
    before = double.usage().cpu_seconds
    double(0.05)
    assert 0.05 <= double.usage().cpu_seconds - before < 0.5


def test_cpu_time_of_what_the_worker_started(lowest, probe):
    source = b"""
import os, time
def double(x):
    pid = os.fork()
    if pid == 0:
        end = time.process_time() + 0.05
        while time.process_time() < end: pass
        os._exit(0)
    if x: os.waitpid(pid, 0)
    else: time.sleep(0.3)
"""
    for waits in (True, False):
        with Bench(probe, source, lowest, 1).submission(False) as submission:
            before = submission.double.usage().cpu_seconds
            submission.double(waits)
            assert submission.double.usage().cpu_seconds - before >= 0.03  # of children, to the tick of 10 ms


def test_peak_of_one_call(opened):
    double = opened("""
        import numpy as np
        def double(x): return float(np.ones(int(x)).sum())
    """)
    double(3_000_000)
    call = double.prepare(1_000_000, tidy=True)
    before = double.memory()
    assert before.peak - before.now > 8 * MIB  # of the call before
    assert double.forget_peak()
    call()
    after = double.memory()
    assert 7 * MIB < after.peak - before.now < 12 * MIB


def test_a_worker_that_has_ended_uses_nothing(opened, failing):
    double = opened("import os\ndef double(x): os._exit(0)")
    failing(double, 1.0)
    assert double.usage().cpu_seconds == 0.0
    assert double.memory() is None
    assert not double.forget_peak()
