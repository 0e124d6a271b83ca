"""What a person did: starts, hints and attempts with the graded source, in one SQLite file.

Each change is one transaction. A store that fails never costs a verdict: the caller shows the report all the same. A
damaged file is put aside, never deleted, and a new one is begun.
"""

import contextlib
import datetime
import os
import random
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from grader import places
from grader.errors import PracticeError
from grader.words import Outcome

FILE = "history.sqlite3"
WAIT_SECONDS = 10.0
VERSION = 1
UNGRADED = ("interrupted", "grader failed")
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
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

T = TypeVar("T")


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
        minutes_spent: From the last start to the first pass after it, or to the last grade if there is none; None
            without a grade since.
    """

    attempts: int = 0
    best: float | None = None
    hints: int = 0
    passed: bool = False
    gave_up: bool = False
    started: datetime.datetime | None = None
    last: datetime.datetime | None = None
    minutes_spent: float | None = None


def now() -> datetime.datetime:
    """The time, in UTC."""
    return datetime.datetime.now(datetime.UTC)


def record_start(problem: str, folder: Path) -> None:
    """Start the clock of a problem."""
    name: str | bytes = os.fsencode(folder)
    with contextlib.suppress(UnicodeDecodeError):
        name = os.fsencode(folder).decode("utf-8")  # bytes only where the name is no text
    _run(lambda db: db.execute("INSERT INTO starts VALUES (?, ?, ?)", (problem, name, now().isoformat())))


def record_hint(problem: str, number: int) -> None:
    """Count a hint."""
    _run(lambda db: db.execute("INSERT INTO hints VALUES (?, ?, ?)", (problem, number, now().isoformat())))


def record_give_up(problem: str) -> None:
    """Remember that the reference solution was asked for."""
    _run(lambda db: db.execute("INSERT INTO give_ups VALUES (?, ?)", (problem, now().isoformat())))


def record_attempt(
    problem: str, verdict: str, score: float, max_score: float, partial: bool, seed: int, file: str, source: bytes,
    report: str,
) -> None:  # fmt: skip
    """Store an attempt with the source that was graded."""
    row = (problem, now().isoformat(), verdict, score, max_score, partial, seed, file, source, report)
    _run(
        lambda db: db.execute(
            "INSERT INTO attempts (problem, at, verdict, score, max_score, partial, seed, file, source, report)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
    )


def last_folder(problem: str) -> Path | None:
    """Where a problem was last started."""
    query = "SELECT folder FROM starts WHERE problem = ? ORDER BY at DESC LIMIT 1"
    row = _run(lambda db: db.execute(query, (problem,)).fetchone())
    return Path(os.fsdecode(row[0])) if row else None


def last_failed(problem: str) -> list[str]:
    """Ids of the hidden tests that failed in the last attempt, as its report says; none if there is no such attempt."""
    import json  # only `grade --fail-fast` comes here

    query = "SELECT report FROM attempts WHERE problem = ? ORDER BY at DESC LIMIT 1"
    row = _run(lambda db: db.execute(query, (problem,)).fetchone())
    try:
        tests = json.loads(row[0])["tests"] if row else []
        return [test["id"] for test in tests if not Outcome(test["outcome"]).keeps_points]
    except (ValueError, KeyError, TypeError):
        return []  # it was interrupted, or it is older than this


def summaries() -> dict[str, Summary]:
    """What was done, by problem."""
    return _run(_summaries)


def summary(problem: str) -> Summary:
    """What was done on one problem."""
    return summaries().get(problem, Summary())


def damaged() -> list[Path]:
    """Damaged files that were put aside."""
    return sorted(places.data_folder().glob(f"damaged-*-{FILE}"))


def _summaries(db: sqlite3.Connection) -> dict[str, Summary]:
    starts = {problem: _time(at) for problem, at in db.execute("SELECT problem, MAX(at) FROM starts GROUP BY problem")}
    hints = dict(db.execute("SELECT problem, MAX(number) FROM hints GROUP BY problem"))
    give_ups = {row[0] for row in db.execute("SELECT DISTINCT problem FROM give_ups")}
    grades: dict[str, list[tuple[datetime.datetime, str, float]]] = {}
    query = "SELECT problem, at, verdict, score FROM attempts WHERE NOT partial ORDER BY at"
    for problem, at, verdict, score in db.execute(query):
        if verdict not in UNGRADED:
            grades.setdefault(problem, []).append((_time(at), verdict, score))
    found = {}
    for problem in {*starts, *hints, *grades, *give_ups}:
        done = grades.get(problem, [])
        found[problem] = Summary(
            attempts=len(done),
            best=max((score for _, _, score in done), default=None),
            hints=hints.get(problem, 0),
            passed=any(verdict == "passed" for _, verdict, _ in done),
            gave_up=problem in give_ups,
            started=starts.get(problem),
            last=done[-1][0] if done else None,
            minutes_spent=_minutes_spent(starts.get(problem), done),
        )
    return found


def _minutes_spent(
    start: datetime.datetime | None, grades: list[tuple[datetime.datetime, str, float]]
) -> float | None:  # fmt: skip
    since = [(at, verdict) for at, verdict, _ in grades if start is not None and at >= start]
    if start is None or not since:
        return None
    end = next((at for at, verdict in since if verdict == "passed"), since[-1][0])
    return (end - start).total_seconds() / 60


def _run(operation: Callable[[sqlite3.Connection], T]) -> T:
    """Do something with the store, as one transaction.

    Raises:
        HistoryError: If it cannot be used.
    """
    path = places.data_folder() / FILE
    try:
        try:
            return _attempt(path, operation)
        except sqlite3.DatabaseError as error:
            if not _is_damaged(error):
                raise
        try:
            return _attempt(path, operation)  # another process may have put it aside in the meantime
        except sqlite3.DatabaseError as error:
            if not _is_damaged(error):
                raise
        _put_aside(path)
        return _attempt(path, operation)
    except (sqlite3.Error, OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        if isinstance(error, FileExistsError):
            reason = f"`{path.parent}` is no folder"
        hint = f"look at the space and the permissions there, or set {places.HOME_VARIABLE} to another folder"
        raise HistoryError(f"the history in `{path}` cannot be used: {reason}", hint) from None


def _attempt(path: Path, operation: Callable[[sqlite3.Connection], T]) -> T:
    """As `_attempt_once`, again while another process holds the file.

    SQLite's own timeout does not cover two processes that turn the log on in one new file, nor one that opens the file
    while the last other one closes it: both are refused at once.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return _attempt_once(path, operation, max(0.0, deadline - time.monotonic()))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in BUSY or time.monotonic() >= deadline:
                raise
        time.sleep(random.uniform(0.001, 0.02))


def _attempt_once(path: Path, operation: Callable[[sqlite3.Connection], T], wait: float) -> T:
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(path, timeout=wait)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise ValueError("a newer version of practice wrote it")
        if version < VERSION:
            db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        with db:
            return operation(db)


def _is_damaged(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in DAMAGED


def _put_aside(path: Path) -> None:
    """Keep a damaged file, with its log, under another name."""
    prefix = f"damaged-{now():%Y%m%d-%H%M%S-%f}-"
    for suffix in ("-wal", "-shm", ""):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).replace(path.with_name(f"{prefix}{path.name}{suffix}"))


def _time(text: Any) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)
