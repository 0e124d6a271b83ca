"""What a person did: starts, hints and attempts with the graded source, in one SQLite file.

Each change is one transaction. A store that fails never costs a verdict: the caller shows the report all the same.
"""

import contextlib
import datetime
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader import places
from grader.errors import PracticeError

FILE = "history.sqlite3"
WAIT_SECONDS = 10.0
SCHEMA = """
CREATE TABLE IF NOT EXISTS starts (problem TEXT NOT NULL, folder TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS hints (problem TEXT NOT NULL, number INTEGER NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS give_ups (problem TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS attempts (
    id INTEGER PRIMARY KEY, problem TEXT NOT NULL, at TEXT NOT NULL, verdict TEXT NOT NULL, score REAL NOT NULL,
    max_score REAL NOT NULL, partial INTEGER NOT NULL, seed INTEGER NOT NULL, file TEXT NOT NULL, source BLOB NOT NULL,
    report TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS attempts_by_problem ON attempts (problem, id);
"""


class HistoryError(PracticeError):
    """The store cannot be used."""

    kind = "history"


@dataclass(frozen=True)
class Summary:
    """What was done on one problem.

    Attributes:
        attempts: Complete grades.
        best: Best score, or None.
        hints: Highest hint shown.
        passed: Whether an attempt passed.
        gave_up: Whether the reference solution was asked for without a pass.
        started: When it was last started, or None.
        last: When it was last graded, or None.
    """

    attempts: int = 0
    best: float | None = None
    hints: int = 0
    passed: bool = False
    gave_up: bool = False
    started: datetime.datetime | None = None
    last: datetime.datetime | None = None


def now() -> datetime.datetime:
    """The time, in UTC."""
    return datetime.datetime.now(datetime.UTC)


def record_start(problem: str, folder: Path) -> None:
    """Start the clock of a problem."""
    with _open() as db:
        db.execute("INSERT INTO starts VALUES (?, ?, ?)", (problem, str(folder), now().isoformat()))


def record_hint(problem: str, number: int) -> None:
    """Count a hint."""
    with _open() as db:
        db.execute("INSERT INTO hints VALUES (?, ?, ?)", (problem, number, now().isoformat()))


def record_give_up(problem: str) -> None:
    """Remember that the reference solution was asked for."""
    with _open() as db:
        db.execute("INSERT INTO give_ups VALUES (?, ?)", (problem, now().isoformat()))


def record_attempt(
    problem: str, verdict: str, score: float, max_score: float, partial: bool, seed: int, file: str, source: bytes,
    report: str,
) -> None:  # fmt: skip
    """Store an attempt with the source that was graded."""
    with _open() as db:
        db.execute(
            "INSERT INTO attempts (problem, at, verdict, score, max_score, partial, seed, file, source, report)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (problem, now().isoformat(), verdict, score, max_score, partial, seed, file, source, report),
        )


def last_folder(problem: str) -> Path | None:
    """Where a problem was last started."""
    with _open() as db:
        row = db.execute("SELECT folder FROM starts WHERE problem = ? ORDER BY at DESC LIMIT 1", (problem,)).fetchone()
    return Path(row[0]) if row else None


def summaries() -> dict[str, Summary]:
    """What was done, by problem."""
    with _open() as db:
        starts = dict(db.execute("SELECT problem, MAX(at) FROM starts GROUP BY problem"))
        hints = dict(db.execute("SELECT problem, MAX(number) FROM hints GROUP BY problem"))
        give_ups = {row[0] for row in db.execute("SELECT DISTINCT problem FROM give_ups")}
        rows = db.execute(
            "SELECT problem, COUNT(*), MAX(score), MAX(verdict = 'passed'), MAX(at) FROM attempts"
            " WHERE NOT partial AND verdict != 'interrupted' GROUP BY problem"
        ).fetchall()
    graded = {row[0]: row[1:] for row in rows}
    found = {}
    for problem in {*starts, *hints, *graded, *give_ups}:
        count, best, passed, last = graded.get(problem, (0, None, 0, None))
        found[problem] = Summary(
            attempts=count, best=best, hints=hints.get(problem, 0), passed=bool(passed), gave_up=problem in give_ups,
            started=_time(starts.get(problem)), last=_time(last),
        )  # fmt: skip
    return found


def summary(problem: str) -> Summary:
    """What was done on one problem."""
    return summaries().get(problem, Summary())


@contextlib.contextmanager
def _open() -> Iterator[sqlite3.Connection]:
    """The store, inside a transaction; a damaged one is put aside and a new one made."""
    path = places.data_folder() / FILE
    try:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            db = _connect(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            path.replace(path.with_name(f"damaged-{now():%Y%m%d-%H%M%S}-{FILE}"))
            db = _connect(path)
        with contextlib.closing(db), db:
            yield db
    except (sqlite3.Error, OSError) as error:
        hint = f"free or unlock `{path.parent}`, or set {places.HOME_VARIABLE} to another folder"
        raise HistoryError(f"the history in `{path}` cannot be used: {str(error).lower()}", hint) from None


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=WAIT_SECONDS)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(SCHEMA)
    except sqlite3.Error:
        db.close()
        raise
    return db


def _time(text: str | None) -> datetime.datetime | None:
    return datetime.datetime.fromisoformat(text) if text else None
