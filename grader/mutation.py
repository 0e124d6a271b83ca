"""Mutation testing of a problem: every mutant of its reference solution before the real judge."""

from collections.abc import Iterator
from dataclasses import dataclass

from grader import mutants, pool
from grader.catalogue import Problem
from grader.mutants import Equivalent, Mutant


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
        A trial for each, in the order of the source.
    """
    known = {(record.line, record.change): record for record in mutants.equivalents(problem.solutions)}
    made = list(mutants.generate(problem.reference.read_text(encoding="utf-8")))
    jobs = [pool.Job(f"mutant of line {m.line}", m.source.encode(), seed, fail_fast=True) for m in made]
    for mutant, (_, report) in zip(made, pool.grade_all(problem, jobs, processes), strict=True):
        yield Trial(mutant, str(report.verdict), report.caught_by(), known.get((mutant.text, mutant.change)))


def stale(problem: Problem) -> list[Equivalent]:
    """Records whose line or change is no longer in the reference solution."""
    made = {(m.text, m.change) for m in mutants.generate(problem.reference.read_text(encoding="utf-8"))}
    return [record for record in mutants.equivalents(problem.solutions) if (record.line, record.change) not in made]
