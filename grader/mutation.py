"""Mutation testing of a problem: every mutant of its reference solution before the real judge."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader import mutants
from grader.catalogue import Problem
from grader.mutants import Equivalent, Mutant
from grader.pool import Job, Pool
from grader.proof_cache import Grade


@dataclass(frozen=True)
class Trial:
    """A mutant and what became of it.

    Attributes:
        mutant: The mutant.
        grade: Its grade, up to the first failure.
        equivalent: The record that explains it, where there is one.
    """

    mutant: Mutant
    grade: Grade
    equivalent: Equivalent | None

    @property
    def killed(self) -> bool:
        """Whether the suite told it from the reference; a suite that fails tells nothing."""
        return bool(self.grade.caught_by) and not self.grade.failed_suite

    @property
    def survived(self) -> bool:
        """Whether it should have been killed and was not."""
        return not self.killed and self.equivalent is None


def made(problem: Problem) -> list[Mutant]:
    """Every mutant of the reference solution, in the order of its source."""
    return list(mutants.generate(problem.reference.read_text(encoding="utf-8")))


def run(problem: Problem, seed: int, pool: Pool | None = None) -> Iterator[Trial]:
    """Grade every mutant, several at a time.

    Args:
        problem: The problem.
        seed: Seed of every grade.
        pool: Where; default one of its own, which takes nothing from the cache.

    Yields:
        A trial for each, in the order of the source.
    """
    if pool is None:
        with Pool(cached=False) as own:
            yield from run(problem, seed, own)
        return
    known = mutants.equivalents(problem.solutions)
    found = made(problem)
    jobs = [Job(f"mutant of line {m.line}", m.source.encode(), seed, fail_fast=True) for m in found]
    for mutant, (_, grade) in zip(found, pool.grade(problem, jobs), strict=True):
        yield Trial(mutant, grade, next((record for record in known if record.explains(mutant)), None))


def stale(problem: Problem, trials: Sequence[Trial]) -> list[str]:
    """Records of equivalent mutants that do not hold any more, each with the reason."""
    found = []
    for record in mutants.equivalents(problem.solutions):
        named = [trial for trial in trials if record.names(trial.mutant)]
        if not named:
            why = "the reference has no such line and change any more"
        elif not any(record.explains(trial.mutant) for trial in named):
            why = f'the code around it has changed (now `code = "{named[0].mutant.code}"`); is the reason still true?'
        elif killed := next((t for t in named if record.explains(t.mutant) and t.killed), None):
            why = f"{killed.grade.caught_by} kills it (line {killed.mutant.line}, column {killed.mutant.column})"
        else:
            continue
        found.append(f"{record.change} in `{record.line}`: {why}")
    return found
