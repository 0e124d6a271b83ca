"""How far workers are kept apart on this machine: the level in force, and what can be tried to get there."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from grader.errors import UsageError
from grader.sandbox import bubblewrap, levels, paths
from grader.sandbox.levels import Level

Way = tuple[Level, list[str]]  # a level to try, and what to write before the command
NOT_HERE: dict[Level, str] = {}  # what has been tried in vain in this process


@dataclass(frozen=True)
class Isolation:
    """How far workers are kept apart.

    Attributes:
        level: The level in force.
        notices: What is missing of the highest level, and why.
    """

    level: Level
    notices: tuple[str, ...]


def asked_for() -> Level | None:
    """The level that `PRACTICE_SANDBOX` names, or None.

    Raises:
        UsageError: If it names none.
    """
    try:
        return levels.asked_for()
    except ValueError:
        raise UsageError(
            f"`{levels.VARIABLE}={os.environ[levels.VARIABLE]}` is no level of the sandbox",
            f"one of {', '.join(Level)}",
        ) from None


def refuse_shown(folder: Path, level: Level) -> None:
    """Refuse content that submissions could read although their level promises that they cannot.

    Args:
        folder: A problem's, not of the kit's own content: that is hidden wherever it lies.
        level: In force.

    Raises:
        UsageError: If it lies in a folder of Python's or of the system's.
    """
    if level is not Level.PROCESS and paths.shows(folder):
        hint = f"keep problems outside of Python's and the system's folders, or set {levels.VARIABLE}={Level.PROCESS}"
        raise UsageError(f"`{folder}` lies where every submission can read", hint)


def ways(asked: Level | None, backend: str, notices: list[str], *, outlives: bool = False) -> list[Way]:
    """What to try, the best first.

    Args:
        asked: The level that is asked for, or None for the highest.
        backend: Whose libraries workers use.
        notices: Filled with what is missing.
        outlives: Whether what is started is to outlive this process.

    Raises:
        UsageError: If nothing can be tried.
    """
    if sys.platform != "linux":
        notices.append("this system is not Linux: workers are kept apart by processes and limits alone")
        if asked in (None, Level.PROCESS):
            return [(Level.PROCESS, [])]
        raise UsageError(f"the sandbox cannot be `{asked}` here: {notices[-1]}", "practice doctor")
    found: list[Way] = []
    if asked in (None, Level.BUBBLEWRAP):
        refusal = NOT_HERE.get(Level.BUBBLEWRAP, "" if bubblewrap.is_installed() else "`bwrap` is not installed")
        if refusal:
            notices.append(refusal)
        else:
            commands = bubblewrap.commands(gpu=paths.has_gpu(backend), outlives=outlives)
            found += [(Level.BUBBLEWRAP, command) for command in commands]
    if asked in (None, Level.KERNEL):
        found.append((Level.KERNEL, []))
    if asked is Level.PROCESS:
        found.append((Level.PROCESS, []))
    if not found:
        raise UsageError(f"the sandbox cannot be `{asked}` here: {notices[-1]}", "practice doctor")
    return found
