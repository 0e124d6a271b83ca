"""Grades that a proof has made before, by content: a proof that was interrupted goes on where it stopped."""

import contextlib
import os
import secrets
import time
from pathlib import Path

import msgspec

from grader import places
from grader.failure import Failure
from grader.report_data import AT_LOAD, GradeReport
from grader.words import Outcome

OLDEST_SECONDS = 60 * 24 * 3600.0
GRADER_FAILED = "grader failed"


class Grade(msgspec.Struct, frozen=True):
    """What a proof keeps of a grade.

    Attributes:
        verdict: The word for the whole, or `grader failed`.
        score: Points earned; without meaning if the grade stopped at the first failure.
        caught_by: First hidden test that failed, `load`, or "".
        words: What the report says of that test: message, rows, facts and note.
        tests: Hidden tests that were run, in file order, each once.
        inconclusive: Those of them that could not be decided.
        seconds: Wall time.
    """

    verdict: str
    score: float
    caught_by: str = ""
    words: str = ""
    tests: tuple[str, ...] = ()
    inconclusive: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every point was earned."""
        return self.verdict == Outcome.PASSED

    @property
    def failed_suite(self) -> bool:
        """Whether the suite or the grader failed, and not the solution."""
        return self.verdict == GRADER_FAILED


def grade_of(report: GradeReport) -> Grade:
    """What is kept of a report."""
    caught_by = report.caught_by()
    undecided = dict.fromkeys(t.id for t in report.tests if t.outcome is Outcome.INCONCLUSIVE)
    return Grade(
        str(report.verdict), report.score, caught_by, _words(_failure_at(report, caught_by)),
        tuple(dict.fromkeys(t.id for t in report.tests)), tuple(undecided), round(report.seconds, 2),
    )  # fmt: skip


def folder() -> Path:
    """Where the grades lie."""
    return places.cache_folder() / "proof"


def load(key: str) -> Grade | None:
    """A grade that was kept, or None."""
    path = _path(key)
    with contextlib.suppress(OSError, msgspec.DecodeError):
        grade = msgspec.json.decode(path.read_bytes(), type=Grade)
        os.utime(path)
        return grade
    return None


def store(key: str, grade: Grade) -> None:
    """Keep a grade; a cache that cannot be written is no cache, and no error."""
    path = _path(key)
    beside = path.with_suffix(f".{secrets.token_hex(4)}")
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(msgspec.json.encode(grade))
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


def prune() -> None:
    """Forget grades that nothing has asked for in two months."""
    with contextlib.suppress(OSError):
        for path in folder().glob("*/*"):
            if time.time() - path.stat().st_mtime > OLDEST_SECONDS:
                path.unlink(missing_ok=True)


def _path(key: str) -> Path:
    return folder() / key[:2] / f"{key[2:]}.json"


def _failure_at(report: GradeReport, identifier: str) -> Failure | None:
    if identifier == AT_LOAD:
        return report.failure
    first = report.first_failed()
    return first.failure if first else None


def _words(failure: Failure | None) -> str:
    if failure is None:
        return ""
    rows = [f"{label}: expected {expected}, got {got}" for label, expected, got in failure.rows]
    facts = [f"{label}: {text}" for label, text in failure.facts]
    return " | ".join(part for part in (failure.message, *rows, *facts, failure.note) if part)
