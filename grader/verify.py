"""The proof of a problem's suite: right solutions pass, wrong ones fail where and as they promise, every time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from grader.catalogue import Problem
from grader.no_ops import no_ops
from grader.parts import missing_parts
from grader.pool import Job, Pool
from grader.promises import plain, promise_of
from grader.proof_cache import Grade
from grader.report_data import AT_LOAD
from grader.rewrites import rewrites
from grader.words import Outcome

__all__ = ["Entry", "missing_parts", "promise_of", "prove"]

Kind = Literal["reference", "accepted", "rewrite", "stub", "no-op", "wrong"]
RIGHT: tuple[Kind, ...] = ("reference", "accepted", "rewrite")


@dataclass(frozen=True)
class Solution:
    """Something that the proof grades.

    Attributes:
        kind: What it is.
        name: File, relative to the problem's solutions, or words for what a machine made.
        source: Its source.
    """

    kind: Kind
    name: str
    source: bytes


@dataclass(frozen=True)
class Entry:
    """One solution of a problem, graded.

    Attributes:
        kind: What it is.
        name: As `Solution.name`.
        seed: Seed of the grade.
        grade: The grade.
        trouble: Why it is not as it should be, or "".
    """

    kind: Kind
    name: str
    seed: int
    grade: Grade
    trouble: str

    @property
    def outcome(self) -> str:
        """What must be the same for every seed, e.g. `wrong answer at TestBackward::test_gate`."""
        return f"{self.grade.verdict} at {self.grade.caught_by}" if self.grade.caught_by else self.grade.verdict


def solutions(problem: Problem) -> Iterator[Solution]:
    """Everything that the proof grades, in the order of the report; mutants aside."""
    yield Solution("reference", "reference.py", problem.reference.read_bytes())
    for path in _python_files(problem.solutions / "accepted"):
        yield Solution("accepted", f"accepted/{path.name}", path.read_bytes())
    for name, source in rewrites(problem):
        yield Solution("rewrite", name, source)
    yield Solution("stub", "stub.py", (problem.folder / "stub.py").read_bytes())
    for name, source in no_ops(problem):
        yield Solution("no-op", name, source)
    for path in _python_files(problem.solutions / "wrong"):
        yield Solution("wrong", f"wrong/{path.name}", path.read_bytes())


def prove(
    problem: Problem,
    seeds: Sequence[int],
    only: Callable[[str, str], bool] = lambda kind, name: True,
    pool: Pool | None = None,
    wrong_seeds: Sequence[int] | None = None,
) -> Iterator[Entry]:
    """Grade every solution of a problem and compare with what it must give.

    Args:
        problem: The problem.
        seeds: Each solution is graded once with each; a no-op answer with the first. A wrong one meets the tests in
            file order with its first seed; with the others, the test that it promises comes first.
        only: Which to grade, by kind and file name (or words).
        pool: Where; default one of its own, which takes nothing from the cache.
        wrong_seeds: Seeds of the wrong solutions, where they are others.

    Yields:
        An entry for each grade, in the order of the solutions.
    """
    if pool is None:
        with Pool(cached=False) as own:
            yield from prove(problem, seeds, only, own, wrong_seeds)
        return
    wrong = seeds if wrong_seeds is None else wrong_seeds
    chosen = list(_plan(problem, seeds, wrong, only))
    jobs = [_job(each, seed, is_first=seed == wrong[0]) for each, seed in chosen]
    for (each, _), (job, grade) in zip(chosen, pool.grade(problem, jobs), strict=True):
        yield Entry(each.kind, job.name, job.seed, grade, _trouble(each, grade))


def count(
    problem: Problem,
    seeds: Sequence[int],
    only: Callable[[str, str], bool] = lambda kind, name: True,
    wrong_seeds: Sequence[int] | None = None,
) -> int:
    """How many grades `prove` would make."""
    return sum(1 for _ in _plan(problem, seeds, seeds if wrong_seeds is None else wrong_seeds, only))


def flips(entries: Sequence[Entry]) -> list[str]:
    """Solutions whose verdict depends on the seed: a defect of the suite, named in one line each."""
    seen: dict[str, dict[str, list[int]]] = {}
    for entry in entries:
        seen.setdefault(entry.name, {}).setdefault(entry.outcome, []).append(entry.seed)
    return [f"{name}: {_parted(outcomes)}" for name, outcomes in seen.items() if len(outcomes) > 1]


def tests_without_catch(entries: Sequence[Entry], also_caught: Sequence[str] = ()) -> list[str]:
    """Hidden tests that no wrong solution, and none of the mutants, is first caught by."""
    caught = {entry.grade.caught_by for entry in entries if entry.kind == "wrong"} | set(also_caught)
    return [identifier for identifier in hidden_tests(entries) if identifier not in caught]


def hidden_tests(entries: Sequence[Entry]) -> list[str]:
    """The hidden tests, in file order, as the reference solution met them."""
    return list(dict.fromkeys(t for entry in entries if entry.kind == "reference" for t in entry.grade.tests))


def _plan(
    problem: Problem, seeds: Sequence[int], wrong_seeds: Sequence[int], only: Callable[[str, str], bool]
) -> Iterator[tuple[Solution, int]]:
    for each in solutions(problem):
        if only(each.kind, each.name.rpartition("/")[2]):
            many = wrong_seeds if each.kind == "wrong" else seeds[:1] if each.kind in ("no-op", "stub") else seeds
            yield from ((each, seed) for seed in many)


def _job(solution: Solution, seed: int, *, is_first: bool) -> Job:
    """The grade of one solution; a wrong one has failed as soon as one test has."""
    if solution.kind != "wrong":
        return Job(solution.name, solution.source, seed)
    promise = None if is_first else promise_of(solution.source)
    first = promise.caught_by if promise and promise.caught_by != AT_LOAD else ""
    return Job(solution.name, solution.source, seed, fail_fast=True, first=first)


def _python_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.py"))


def _parted(outcomes: dict[str, list[int]]) -> str:
    """`passed (19 seeds), wrong answer at TestX::test_y (seed 7)`."""
    parts = sorted(outcomes.items(), key=lambda item: -len(item[1]))
    return ", ".join(
        f"{outcome} ({f'seed {seeds[0]}' if len(seeds) == 1 else f'{len(seeds)} seeds'})" for outcome, seeds in parts
    )


def _trouble(solution: Solution, grade: Grade) -> str:
    kind, caught_by = solution.kind, grade.caught_by
    if grade.failed_suite:
        return f"the suite or the grader failed, not the solution: {grade.words}"
    if kind in RIGHT:
        if grade.passed or (kind == "rewrite" and grade.verdict == Outcome.TOO_SLOW):  # right, and slower
            return ""
        return f"{grade.verdict} at {caught_by}: {grade.words}" if caught_by else grade.verdict
    if Outcome(grade.verdict).keeps_points:
        return "it passes"
    if kind != "wrong":
        return ""
    promise = promise_of(solution.source)
    if promise is None:
        return "its first lines lack `# Mistake:`, `# Caught by:` or `# Diagnosis:`"
    if caught_by != promise.caught_by:
        return f"caught by {caught_by}, promised {promise.caught_by}: {grade.words}"
    if plain(promise.diagnosis) not in plain(grade.words):
        return f"the report does not say “{promise.diagnosis}”: {grade.words}"
    if promise.is_vague:
        return f"the diagnosis “{promise.diagnosis}” would fit any mistake: name it, or the numbers"
    return ""
