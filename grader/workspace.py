"""The learner's folder: made by `start`, found by `grade`, put back by `reset`; work in it is never lost."""

import contextlib
import datetime
import json
import os
import shutil
from pathlib import Path

from grader import catalogue, history
from grader.catalogue import Problem
from grader.errors import UsageError
from grader.sources import printable

MARKER = ".practice.json"
SOLUTION = "solution.py"
COPIED = {"stub.py": SOLUTION, "README.md": "README.md", "test_examples.py": "test_examples.py"}


def create(problem: Problem, parent: Path) -> Path:
    """Make a workspace for a problem.

    Args:
        problem: The problem.
        parent: Folder in which the folder `<slug>` is made.

    Returns:
        The workspace.

    Raises:
        UsageError: If it is there already, or cannot be written.
    """
    folder = parent / problem.slug
    if (folder / SOLUTION).exists():
        hint = f"cd {printable(folder)} and go on, or `practice reset {problem.slug}` to begin again"
        raise UsageError(f"`{printable(folder / SOLUTION)}` exists already; nothing was changed", hint)
    clash = next((folder / name for name in COPIED.values() if (folder / name).exists()), None)
    if clash is not None:
        raise UsageError(f"`{printable(clash)}` is in the way; nothing was changed", "choose another folder with --dir")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for source, target in COPIED.items():
            with (folder / target).open("x", encoding="utf-8") as file:
                file.write(problem.read(source))
        (folder / MARKER).write_text(json.dumps({"problem": problem.slug}) + "\n", encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"`{printable(folder)}` cannot be written: {reason}", "choose another folder with --dir"
        ) from None
    return folder


def slug_at(path: Path) -> tuple[str, Path] | None:
    """(slug, folder) of the workspace that a path lies in, if any."""
    start = path.absolute()
    for folder in (start, *start.parents):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            return str(json.loads((folder / MARKER).read_text(encoding="utf-8"))["problem"]), folder
    return None


def find(slug: str | None, file: Path | None, roots: list[Path]) -> tuple[Problem, Path]:
    """What to grade: the problem and the file.

    Args:
        slug: As typed, or None in a workspace.
        file: As given with `--file`, or None for the workspace's own.
        roots: Where problems lie.

    Raises:
        UsageError: If it is not clear; says what to type.
    """
    here = slug_at(file.parent if file is not None else Path.cwd())
    if slug is None and here is None:
        raise UsageError(
            "no problem is named, and this folder is no workspace", "practice grade SLUG, or cd into a workspace"
        )
    problem = catalogue.load(slug if slug is not None else str(here and here[0]), roots)
    if file is not None:
        return problem, file
    if here is not None and here[0] == problem.slug:
        return problem, _shorter(here[1] / SOLUTION)
    if (Path(problem.slug) / SOLUTION).exists():
        return problem, Path(problem.slug) / SOLUTION
    with contextlib.suppress(history.HistoryError):
        folder = history.last_folder(problem.slug)
        if folder is not None and (folder / SOLUTION).exists():
            return problem, _shorter(folder / SOLUTION)
    raise UsageError(f"there is no solution of `{problem.slug}` to grade yet", f"practice start {problem.slug}")


def _shorter(path: Path) -> Path:
    """The path as seen from here, where that is shorter."""
    relative = Path(os.path.relpath(path))
    return relative if len(str(relative)) < len(str(path)) else path


def reset(problem: Problem, solution: Path) -> Path:
    """Put the stub back.

    Returns:
        The backup of what was there.

    Raises:
        UsageError: If either file cannot be written; then nothing is lost.
    """
    backup = solution.with_name(f"{solution.stem}-{datetime.datetime.now():%Y%m%d-%H%M%S}{solution.suffix}")
    try:
        if backup.exists():
            raise FileExistsError(f"`{backup}` exists already")
        shutil.copy2(solution, backup)
        solution.write_text(problem.read("stub.py"), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"`{printable(solution)}` cannot be reset: {error}", "check the folder's permissions"
        ) from None
    return backup
