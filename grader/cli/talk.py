"""Words that several commands share: what to type next, and how long ago."""

import datetime
import shlex
from collections.abc import Sequence
from pathlib import Path

from grader.history import now
from grader.sources import printable

MINUTES_PER_HOUR, MINUTES_PER_DAY = 60, 24 * 60


def typed(problem_roots: Sequence[Path], *words: str | Path) -> str:
    """A command to type, with the `--problems` of the command that was typed."""
    roots = [part for root in problem_roots for part in ("--problems", quoted(root.absolute()))]
    return " ".join(["practice", *roots, *(quoted(word) if isinstance(word, Path) else word for word in words)])


def quoted(path: Path) -> str:
    """A path as a shell takes it."""
    return shlex.quote(printable(path))


def duration(minutes: float) -> str:
    """`35 min`, `3 h`, `2 days`."""
    whole = max(0, int(minutes))
    if whole < 3 * MINUTES_PER_HOUR:
        return f"{whole} min"
    return f"{whole // MINUTES_PER_HOUR} h" if whole < 2 * MINUTES_PER_DAY else f"{whole // MINUTES_PER_DAY} days"


def ago(time: datetime.datetime | None) -> str:
    """How long ago, or `-`."""
    return f"{duration((now() - time).total_seconds() / 60)} ago" if time else "-"
