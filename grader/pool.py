"""Many grades, several at a time: each process of the pool is a judge with zygotes of its own."""

import multiprocessing
import multiprocessing.connection
import multiprocessing.util
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Self, TypeVar

from grader import judge, proof_cache, proof_keys
from grader.catalogue import Problem
from grader.errors import GraderError
from grader.metering import usable_cores
from grader.processes import Zygote
from grader.proof_cache import GRADER_FAILED, Grade
from grader.report_data import GradeReport

_ZYGOTES: dict[str, Zygote] = {}
BURN_STEPS = 200_000

T = TypeVar("T")


@dataclass(frozen=True)
class Job:
    """One grade to do.

    Attributes:
        name: What the report calls the solution.
        source: The solution.
        seed: Of the grade.
        fail_fast: Stop at the first test that fails.
        first: Id of a hidden test to run before the others, or "".
    """

    name: str
    source: bytes
    seed: int
    fail_fast: bool = False
    first: str = ""


class Pool:
    """Processes that grade; they start with the first grade that has to be made.

    Args:
        processes: How many; default the cores that this process may use.
        cached: Whether a grade that was made before, of the same content, is taken as it is.
        busy: Whether as many further processes keep the cores busy meanwhile.
        on_done: Called as each grade is there; from another thread.
    """

    def __init__(
        self,
        processes: int | None = None,
        *,
        cached: bool = True,
        busy: bool = False,
        on_done: Callable[[], None] = lambda: None,
    ) -> None:
        self.cached = cached
        self.busy = busy
        self.on_done = on_done
        self.from_cache = 0
        self._processes = processes or usable_cores()
        self._executor: ProcessPoolExecutor | None = None
        self._burners: list[BaseProcess] = []
        self._others: set[int | None] = set()

    def grade(self, problem: Problem, jobs: Sequence[Job]) -> Iterator[tuple[Job, Grade]]:
        """Grade every job, or find its grade in the cache.

        Yields:
            Each job with its grade, in the order of the jobs. A suite that fails has the verdict `grader failed`.
        """
        key_of = proof_keys.grade_keys(problem, busy=self.busy)
        waiting: list[tuple[Job, Grade | Future[Grade]]] = []
        for job in jobs:
            key = key_of(job.source, job.seed, job.fail_fast, job.first)
            known = proof_cache.load(key) if self.cached else None
            waiting.append((job, self._submit(_prove, problem, job, key) if known is None else known))
            if known is not None:
                self.from_cache += 1
                self.on_done()
        for job, grade in waiting:
            yield job, grade if isinstance(grade, Grade) else _result(grade)

    def reports(self, problem: Problem, jobs: Iterable[Job]) -> Iterator[tuple[Job, GradeReport]]:
        """Grade every job, whatever the cache holds.

        Yields:
            Each job with its whole report, in the order of the jobs.

        Raises:
            GraderError: As `judge.grade`.
        """
        for job, future in [(job, self._submit(_grade, problem, job)) for job in jobs]:
            yield job, _result(future)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for burner in self._burners:
            burner.terminate()
        if self._executor is None:
            return
        if kind is not None:  # a grade may take minutes; zygotes and workers end with the judge that started them
            for child in multiprocessing.active_children():
                if child.pid not in self._others:
                    child.terminate()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _submit(self, function: Callable[..., T], *arguments: object) -> "Future[T]":
        if self._executor is None:
            self._others = {child.pid for child in multiprocessing.active_children()}
            context = multiprocessing.get_context("spawn")  # a fork would take over the threads of this process
            if self.busy:
                self._burners = [context.Process(target=_burn, args=(os.getpid(),), daemon=True)
                                 for _ in range(self._processes)]  # fmt: skip
                for burner in self._burners:
                    burner.start()
            self._executor = ProcessPoolExecutor(self._processes, context, _set_up)
        future = self._executor.submit(function, *arguments)
        future.add_done_callback(self._tell)
        return future

    def _tell(self, future: Future[Any]) -> None:
        if not future.cancelled():  # an interruption cancels all that still wait
            self.on_done()


def grade_all(problem: Problem, jobs: Iterable[Job], processes: int | None = None) -> Iterator[tuple[Job, GradeReport]]:
    """Grade every job, without the cache.

    Args:
        problem: The problem.
        jobs: What to grade.
        processes: How many at a time; default the cores that this process may use.

    Yields:
        Each job with its grade, in the order of the jobs.

    Raises:
        GraderError: As `judge.grade`.
    """
    with Pool(processes) as pool:
        yield from pool.reports(problem, jobs)


def _result(future: "Future[T]") -> T:
    try:
        return future.result()
    except BrokenProcessPool:
        raise GraderError("a process that grades was ended from outside, perhaps for want of memory",
                          "run it again with `--jobs 1`; what is done is kept") from None  # fmt: skip


def _set_up() -> None:
    """Ctrl-C reaches the whole group, and the parent decides what it means; without a parent there is nothing to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)  # zygotes and workers end with the judge that started them


def _prove(problem: Problem, job: Job, key: str) -> Grade:
    """Grade, and keep the grade at once: whatever happens to the others, it need not be made again."""
    try:
        grade = proof_cache.grade_of(_grade(problem, job))
    except GraderError as error:
        return Grade(GRADER_FAILED, 0.0, "", error.message)
    proof_cache.store(key, grade)
    return grade


def _grade(problem: Problem, job: Job) -> GradeReport:
    backend = problem.file.backend
    if backend not in _ZYGOTES:
        _ZYGOTES[backend] = opened = Zygote(backend)
        multiprocessing.util.Finalize(opened, opened.close, exitpriority=1)
    return judge.grade(
        problem, job.source, zygote=_ZYGOTES[backend], seed=job.seed, file=job.name, fail_fast=job.fail_fast,
        first={job.first} if job.first else (),
    )  # fmt: skip


def _burn(parent: int) -> None:
    """Use a core until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while os.getppid() == parent:
        sum(range(BURN_STEPS))
