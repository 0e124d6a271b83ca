"""The proof of a problem: right solutions pass, wrong ones fail where and as they promise."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader import pool
from grader.catalogue import REQUIRED_FILES, Problem
from grader.failure import Failure
from grader.report_data import AT_LOAD, GradeReport
from grader.words import Outcome

FEWEST_ACCEPTED = 2
FEWEST_WRONG = 6
_PROMISE = re.compile(r"^# (Mistake|Caught by|Diagnosis): (.+)$")


@dataclass(frozen=True)
class Promise:
    """What the first lines of a wrong solution say.

    Attributes:
        mistake: What is wrong with it.
        caught_by: Hidden test that must be the first to fail, or `load`.
        diagnosis: Text that the report of that test must contain.
    """

    mistake: str
    caught_by: str
    diagnosis: str


@dataclass(frozen=True)
class Entry:
    """One solution of a problem, graded.

    Attributes:
        kind: "reference", "accepted", "stub" or "wrong".
        name: File, relative to the problem's solutions.
        seed: Seed of the grade.
        report: The grade.
        trouble: Why it is not as it should be, or "".
        caught_by: First hidden test that failed, or "".
    """

    kind: str
    name: str
    seed: int
    report: GradeReport
    trouble: str
    caught_by: str


def missing_parts(problem: Problem) -> list[str]:
    """What the folders of a problem lack, in the order in which an author would write it."""
    missing = [f"`{problem.folder / name}`" for name in REQUIRED_FILES if not (problem.folder / name).is_file()]
    if not problem.reference.is_file():
        missing.append(f"`{problem.reference}`")
    for folder, fewest in (("accepted", FEWEST_ACCEPTED), ("wrong", FEWEST_WRONG)):
        found = len(list((problem.solutions / folder).glob("*.py")))
        if found < fewest:
            missing.append(f"{fewest - found} more in `{problem.solutions / folder}`")
    return missing


def solutions(problem: Problem) -> Iterator[tuple[str, Path]]:
    """(kind, file) of everything that the proof grades."""
    yield "reference", problem.reference
    for path in sorted((problem.solutions / "accepted").glob("*.py")):
        yield "accepted", path
    yield "stub", problem.folder / "stub.py"
    for path in sorted((problem.solutions / "wrong").glob("*.py")):
        yield "wrong", path


def prove(
    problem: Problem,
    seeds: Sequence[int],
    only: Callable[[str, str], bool] = lambda kind, name: True,
    processes: int | None = None,
) -> Iterator[Entry]:
    """Grade every solution of a problem and compare with what it must give.

    Args:
        problem: The problem.
        seeds: Each solution is graded once with each.
        only: Which files to grade, by kind and name.
        processes: How many at a time; default the number of cores.

    Yields:
        An entry for each grade, in the order of the solutions.
    """
    chosen = [(kind, path) for kind, path in solutions(problem) if only(kind, path.name)]
    kinds = [kind for kind, _ in chosen for _ in seeds]
    jobs = [
        pool.Job(_name(kind, path), path.read_bytes(), seed, fail_fast=kind in ("stub", "wrong"))
        for kind, path in chosen
        for seed in seeds
    ]
    for kind, (job, report) in zip(kinds, pool.grade_all(problem, jobs, processes), strict=True):
        yield Entry(kind, job.name, job.seed, report, _trouble(kind, job.source, report), report.caught_by())


def tests_without_catch(entries: list[Entry]) -> list[str]:
    """Hidden tests that no wrong solution is first caught by."""
    ids = dict.fromkeys(t.id for entry in entries if entry.kind == "reference" for t in entry.report.tests)
    caught = {entry.caught_by for entry in entries if entry.kind == "wrong"}
    return [identifier for identifier in ids if identifier not in caught]


def promise_of(source: bytes) -> Promise | None:
    """What a wrong solution promises, or None if its first lines do not say."""
    found = {}
    for line in source.decode("utf-8", "replace").splitlines()[:6]:
        if match := _PROMISE.match(line):
            found[match[1]] = match[2].strip()
    if len(found) < 3:
        return None
    return Promise(found["Mistake"], found["Caught by"], found["Diagnosis"])


def _name(kind: str, path: Path) -> str:
    return path.name if kind in ("reference", "stub") else f"{kind}/{path.name}"


def _trouble(kind: str, source: bytes, report: GradeReport) -> str:
    caught_by = report.caught_by()
    if kind in ("reference", "accepted"):
        return "" if report.passed else f"{report.verdict} at {caught_by}: {_words(_failure_at(report, caught_by))}"
    if report.verdict.keeps_points:
        return "it passes"
    if kind == "stub":
        return ""
    promise = promise_of(source)
    if promise is None:
        return "its first lines lack `# Mistake:`, `# Caught by:` or `# Diagnosis:`"
    if caught_by != promise.caught_by:
        return f"caught by {caught_by}, promised {promise.caught_by}: {_words(_failure_at(report, caught_by))}"
    words = _words(_failure_at(report, caught_by))
    if _plain(promise.diagnosis) not in _plain(words):
        return f"the report does not say “{promise.diagnosis}”: {words}"
    return ""


def _failure_at(report: GradeReport, identifier: str) -> Failure | None:
    if identifier == AT_LOAD:
        return report.failure
    return next((t.failure for t in report.tests if t.id == identifier and not t.outcome.keeps_points
                 and t.outcome is not Outcome.SKIPPED), None)  # fmt: skip


def _words(failure: Failure | None) -> str:
    if failure is None:
        return ""
    rows = [f"{label}: expected {expected}, got {got}" for label, expected, got in failure.rows]
    facts = [f"{label}: {text}" for label, text in failure.facts]
    return " | ".join(part for part in (failure.message, *rows, *facts, failure.note) if part)


def _plain(text: str) -> str:
    return " ".join(text.lower().split())
