"""Words that several commands share: slugs to complete, what to type next, and how long ago."""

import contextlib
import datetime
import shlex
from collections.abc import Sequence
from pathlib import Path

import click

from grader import catalogue
from grader.errors import PracticeError
from grader.history import now
from grader.sources import printable

MINUTES_PER_HOUR, MINUTES_PER_DAY = 60, 24 * 60


def complete_slug(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """The slugs that begin so, for the shell."""
    with contextlib.suppress(PracticeError):
        roots = catalogue.roots(context.find_root().params.get("problem_roots") or ())
        return [slug for slug in catalogue.slugs(roots) if slug.startswith(begun)]
    return []


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
