"""The learner's folder: made by `start`, found by `grade`, put back by `reset`; work in it is never lost."""

import contextlib
import datetime
import itertools
import json
import os
import shlex
from collections.abc import Sequence
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
    texts = {target: problem.read(source) for source, target in COPIED.items()}
    texts[MARKER] = json.dumps({"problem": problem.slug}) + "\n"
    if os.path.lexists(folder / SOLUTION):
        hint = f"cd {shlex.quote(printable(folder))} and go on, or `practice reset {problem.slug}` to begin again"
        raise UsageError(f"`{printable(folder / SOLUTION)}` exists already; nothing was changed", hint)
    clash = next((folder / name for name in texts if os.path.lexists(folder / name)), None)
    if clash is not None:
        raise UsageError(f"`{printable(clash)}` is in the way; nothing was changed", "choose another folder with --dir")
    made: list[Path] = []
    try:
        for missing in [each for each in (*reversed(folder.parents), folder) if not each.exists()]:
            missing.mkdir()
            made.append(missing)
        for name, text in texts.items():
            with (folder / name).open("x", encoding="utf-8") as file:
                made.append(folder / name)
                file.write(text)
    except OSError as error:
        _remove(made)
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"`{printable(folder)}` cannot be made: {reason}", "choose another folder with --dir"
        ) from None
    return folder


def _remove(made: Sequence[Path]) -> None:
    """Leave nothing half made: only what was made here, and only empty folders."""
    for path in reversed(made):
        with contextlib.suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink()


def slug_at(path: Path) -> tuple[str, Path] | None:
    """(slug, folder) of the workspace that a path lies in, if any."""
    start = path.absolute()
    for folder in (start, *start.parents):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            marker = folder / MARKER
            slug = json.loads(marker.read_text(encoding="utf-8"))["problem"] if marker.is_file() else None
            if isinstance(slug, str):
                return slug, folder
    return None


def slug_here() -> tuple[str, Path] | None:
    """(slug, folder) of the workspace that the current folder lies in, if any.

    Raises:
        UsageError: If the current folder is gone.
    """
    try:
        return slug_at(Path.cwd())
    except FileNotFoundError:
        raise UsageError("the current folder does not exist any more", "cd into another") from None


def find(slug: str | None, file: Path | None, roots: list[Path]) -> tuple[Problem, Path]:
    """What to grade: the problem and the file.

    Args:
        slug: As typed, or None in a workspace: the one that the file lies in, or else the current folder.
        file: As given with `--file`, or None for the workspace's own.
        roots: Where problems lie.

    Raises:
        UsageError: If it is not clear, or the current folder is gone; says what to type.
    """
    here = slug_here()
    if file is not None:
        here = slug_at(file.parent) or here
    if slug is None and here is None:
        raise UsageError(
            "no problem is named, and this folder is no workspace", "name it, or cd into what `practice start` made"
        )
    problem = catalogue.load(str(here and here[0]), roots) if slug is None else named(slug, roots, takes_file=True)
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


def named(slug: str, roots: Sequence[Path], *, takes_file: bool = False) -> Problem:
    """The problem that a person names.

    Args:
        slug: As typed; a shell that completes the name of the workspace leaves a slash behind it.
        roots: Where problems lie.
        takes_file: Whether the command has `--file`, for those who name the file in the problem's place.

    Raises:
        UsageError: If there is none of that name; a file is told from a misspelled problem.
    """
    slug = slug.rstrip("/") or slug
    if slug not in catalogue.slugs(roots) and (slug.endswith(".py") or _is_file(slug)):
        file = shlex.quote(printable(Path(slug)))
        place = slug_at(Path(slug).parent) or slug_here()
        option = f"--file {file}" if place is not None else f"name the problem, then --file {file}"
        hint = option if takes_file else "practice list"
        raise UsageError(f"`{printable(Path(slug))}` names a file, not a problem", hint)
    return catalogue.load(slug, roots)


def _is_file(name: str) -> bool:
    with contextlib.suppress(OSError, ValueError):  # no file can have that name
        return Path(name).is_file()
    return False


def _shorter(path: Path) -> Path:
    """The path as seen from here, where that is shorter."""
    relative = Path(os.path.relpath(path))
    return relative if len(str(relative)) < len(str(path)) else path


def reset(problem: Problem, solution: Path) -> Path | None:
    """Put the stub back.

    Returns:
        The backup of what was there, or None if nothing was.

    Raises:
        UsageError: If either file cannot be written; then nothing is lost.
    """
    stub = problem.read("stub.py")
    try:
        backup = _back_up(solution) if solution.exists() else None
        solution.write_text(stub, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"`{printable(solution)}` cannot be reset: {reason}", "check the folder") from None
    return backup


def _back_up(solution: Path) -> Path:
    """Copy a file to the first free name with the time in it."""
    source = solution.read_bytes()
    name = f"{solution.stem}-{datetime.datetime.now():%Y%m%d-%H%M%S}"
    for number in itertools.count(1):
        backup = solution.with_name(f"{name}{f'-{number}' if number > 1 else ''}{solution.suffix}")
        with contextlib.suppress(FileExistsError), backup.open("xb") as file:
            try:
                file.write(source)
            except OSError:
                backup.unlink()
                raise
            return backup
    raise AssertionError("unreachable")
