"""Mutation testing of a problem: every mutant of its reference solution before the real judge."""

import multiprocessing.util
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from grader import judge, mutants
from grader.catalogue import Problem
from grader.mutants import Equivalent, Mutant
from grader.processes import Zygote

_ZYGOTES: dict[str, Zygote] = {}


@dataclass(frozen=True)
class Trial:
    """A mutant and what became of it.

    Attributes:
        mutant: The mutant.
        verdict: Its verdict.
        caught_by: First hidden test that failed, "load", or "" if it survived.
        equivalent: The record that explains it, where there is one.
    """

    mutant: Mutant
    verdict: str
    caught_by: str
    equivalent: Equivalent | None

    @property
    def killed(self) -> bool:
        """Whether the suite told it from the reference."""
        return bool(self.caught_by)


def run(problem: Problem, seed: int, processes: int | None = None) -> Iterator[Trial]:
    """Grade every mutant, several at a time.

    Args:
        problem: The problem.
        seed: Seed of every grade.
        processes: How many at a time; default the number of cores.

    Yields:
        A trial for each, as they end.
    """
    known = {(record.line, record.change): record for record in mutants.equivalents(problem.solutions)}
    made = list(mutants.generate(problem.reference.read_text(encoding="utf-8")))
    with ProcessPoolExecutor(processes or os.cpu_count()) as pool:
        futures = {pool.submit(_judge, problem, m.source.encode(), seed): m for m in made}
        try:
            for future in as_completed(futures):
                mutant = futures[future]
                verdict, caught_by = future.result()
                yield Trial(mutant, verdict, caught_by, known.get((mutant.text, mutant.change)))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def stale(problem: Problem) -> list[Equivalent]:
    """Records whose line or change is no longer in the reference solution."""
    made = {(m.text, m.change) for m in mutants.generate(problem.reference.read_text(encoding="utf-8"))}
    return [record for record in mutants.equivalents(problem.solutions) if (record.line, record.change) not in made]


def _judge(problem: Problem, source: bytes, seed: int) -> tuple[str, str]:
    """One grade in a process of the pool, which keeps its zygote."""
    if problem.file.backend not in _ZYGOTES:
        _ZYGOTES[problem.file.backend] = opened = Zygote(problem.file.backend)
        multiprocessing.util.Finalize(opened, opened.close, exitpriority=1)
    zygote = _ZYGOTES[problem.file.backend]
    report = judge.grade(problem, source, zygote=zygote, seed=seed, file=Path("mutant.py").name, fail_fast=True)
    first = report.first_failed()
    return str(report.verdict), "load" if report.failure else first.id if first else ""
