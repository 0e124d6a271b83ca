"""Many grades of one problem, several at a time: each process of the pool is a judge with a zygote of its own."""

import multiprocessing
import multiprocessing.util
import os
import signal
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass

from grader import judge
from grader.catalogue import Problem
from grader.processes import Zygote
from grader.report_data import GradeReport

_ZYGOTES: dict[str, Zygote] = {}


@dataclass(frozen=True)
class Job:
    """One grade to do.

    Attributes:
        name: What the report calls the solution.
        source: The solution.
        seed: Of the grade.
        fail_fast: Stop at the first test that fails.
    """

    name: str
    source: bytes
    seed: int
    fail_fast: bool = False


def grade_all(problem: Problem, jobs: Iterable[Job], processes: int | None = None) -> Iterator[tuple[Job, GradeReport]]:
    """Grade every job.

    Args:
        problem: The problem.
        jobs: What to grade.
        processes: How many at a time; default the number of cores.

    Yields:
        Each job with its grade, in the order of the jobs.

    Raises:
        GraderError: As `judge.grade`.
    """
    context = multiprocessing.get_context("spawn")  # a fork would take over the threads of this process
    with ProcessPoolExecutor(processes or os.cpu_count(), context, _ignore_interrupt) as pool:
        futures: list[tuple[Job, Future[GradeReport]]] = [(job, pool.submit(_grade, problem, job)) for job in jobs]
        try:
            for job, future in futures:
                yield job, future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _ignore_interrupt() -> None:
    """Ctrl-C reaches the whole group; the parent decides what it means."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _grade(problem: Problem, job: Job) -> GradeReport:
    backend = problem.file.backend
    if backend not in _ZYGOTES:
        _ZYGOTES[backend] = opened = Zygote(backend)
        multiprocessing.util.Finalize(opened, opened.close, exitpriority=1)
    return judge.grade(
        problem, job.source, zygote=_ZYGOTES[backend], seed=job.seed, file=job.name, fail_fast=job.fail_fast
    )
