"""`at_once`: work of several workers side by side."""

import signal
import threading

import pytest

from grader import checks
from grader.checks import together
from grader.checks.calls import LAST_CALL, LastCall
from grader.failure import Failed, Failure
from grader.words import Outcome

PATIENCE_SECONDS = 20.0


class Solution:
    """Stands for a solution in a worker: what waits for it fails once it is abandoned."""

    def __init__(self):
        self.abandoned = threading.Event()

    def abandon(self):
        self.abandoned.set()

    def endless(self):
        assert self.abandoned.wait(PATIENCE_SECONDS)
        raise Failed(Outcome.CRASH, Failure("the worker has ended"))


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    monkeypatch.setattr(together, "usable_cores", lambda: 2)


def called(name):
    def job(_):
        LAST_CALL.set(LastCall(name, {}))
        if name == "train":
            raise Failed(Outcome.WRONG_ANSWER, Failure("it does not learn"))
        return name

    return job


def test_both_are_under_way_at_the_same_time():
    meeting = threading.Barrier(2, timeout=PATIENCE_SECONDS)
    done = checks.at_once((Solution(), lambda _: meeting.wait()), (Solution(), lambda _: meeting.wait()))
    assert {one.result() for one in done} == {0, 1}


def test_a_single_core_does_one_after_the_other(monkeypatch):
    monkeypatch.setattr(together, "usable_cores", lambda: 1)
    seen = []
    jobs = [lambda _, name=name: seen.extend([name, name]) for name in "abc"]
    checks.at_once(*((Solution(), job) for job in jobs))
    assert "".join(seen) == "aabbcc"


def test_each_job_has_its_own_solution_result_and_last_call(called_with):
    called_with(x=1)
    one, other = Solution(), Solution()
    first, second, third = checks.at_once((one, lambda it: it), (other, called("train")), (Solution(), called("build")))
    assert LAST_CALL.get() == LastCall("double", {"x": 1})
    assert first.result() is one
    for _ in range(2):
        with pytest.raises(Failed) as caught:
            second.result()
        assert caught.value.failure.message == "it does not learn"
        assert LAST_CALL.get() == LastCall("train", {})
    assert third.result() == "build"
    assert LAST_CALL.get() == LastCall("build", {})


def test_one_worker_cannot_do_two_jobs():
    one = Solution()
    with pytest.raises(ValueError, match="a worker of its own"):
        checks.at_once((one, called("build")), (one, called("build")))


def test_an_interruption_ends_the_workers():
    one, other = Solution(), Solution()
    under_way = threading.Barrier(3, timeout=PATIENCE_SECONDS)

    def endless(solution):
        under_way.wait()
        solution.endless()

    def interrupt():
        under_way.wait()
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        checks.at_once((one, endless), (other, endless))
    assert one.abandoned.is_set()
    assert other.abandoned.is_set()
