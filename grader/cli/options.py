"""What the options of several commands mean; imports nothing heavy."""

import contextlib
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from grader.errors import PracticeError, UsageError
from grader.seeds import SEEDS

Command = TypeVar("Command", bound=Callable[..., Any])

COLD = "Neither use nor leave behind a process with the libraries."


def complete_slug(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """The slugs that begin so, for the shell."""
    from grader.roots import roots, slugs

    with contextlib.suppress(PracticeError):
        return [slug for slug in slugs(roots(context.find_root().params.get("problem_roots") or ()))
                if slug.startswith(begun)]  # fmt: skip
    return []


def file_option(about: str) -> Callable[[Command], Command]:
    """`--file`, which may be said once: click would take the last and say nothing."""
    kind = click.Path(path_type=Path, readable=False)  # who reads the file tells why it cannot be read
    return click.option("--file", "file", type=kind, multiple=True, callback=_only_one, help=about)


def _only_one(_context: click.Context, _parameter: click.Parameter, files: tuple[Path, ...]) -> Path | None:
    if len(files) > 1:
        raise UsageError("`--file` is given more than once", "name one file")
    return files[0] if files else None


def checked_seed(_context: click.Context, _parameter: click.Parameter, seed: int | None) -> int | None:
    """Refuse a seed that no generator takes."""
    if seed is not None and not 0 <= seed < SEEDS:
        raise click.BadParameter(f"{seed} is not between 0 and {SEEDS - 1}")
    return seed


def seed_or_another(seed: int | None) -> int:
    """The seed that was asked for, or one that nobody knows before."""
    return random.randrange(SEEDS) if seed is None else seed
