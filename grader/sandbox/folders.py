"""Private temporary folders: made for one process, and removed whatever a submission left in them."""

import os
import shutil
import stat
import tempfile
from collections.abc import Collection
from pathlib import Path

PREFIX = "practice-"
_WALK = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def make(parent: Path | None, owner: int | None = None) -> Path:
    """Make a folder that only this user can enter.

    Args:
        parent: Where; in the system's temporary folder if there is no parent.
        owner: The process that removes it, where somebody else has to do it if that process is killed.
    """
    return Path(tempfile.mkdtemp(prefix=PREFIX if owner is None else f"{PREFIX}{owner}-", dir=parent))


def remove_of_others(parent: Path, owners: Collection[int]) -> None:
    """Remove the folders of all owners but these."""
    for folder in parent.glob(f"{PREFIX}*-*"):
        if int(folder.name.removeprefix(PREFIX).partition("-")[0]) not in owners:
            remove(folder)


def remove(folder: Path) -> None:
    """Remove a folder, also one with locked or very deep folders in it; no process works in it any more."""
    try:
        _empty(folder)
        folder.rmdir()
    except OSError:  # a process that is being killed still writes there, or it is gone
        shutil.rmtree(folder, ignore_errors=True)


def _empty(folder: Path) -> None:
    """Walk down and up again with one descriptor: paths may be too long for the kernel, and too deep for recursion."""
    folder.chmod(stat.S_IRWXU)
    here = os.open(folder, _WALK)
    try:
        waiting = [_unlink_files(here)]
        while waiting:
            if waiting[-1]:
                name = waiting[-1][-1]
                os.chmod(name, stat.S_IRWXU, dir_fd=here)
                here = _step(here, name)
                waiting.append(_unlink_files(here))
                continue
            waiting.pop()
            if waiting:
                here = _step(here, "..")
                os.rmdir(waiting[-1].pop(), dir_fd=here)
    finally:
        os.close(here)


def _step(here: int, name: str) -> int:
    there = os.open(name, _WALK, dir_fd=here)
    os.close(here)
    return there


def _unlink_files(here: int) -> list[str]:
    """Empty a folder but for the folders in it, whose names are given."""
    inner = []
    with os.scandir(here) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                inner.append(entry.name)
            else:
                os.unlink(entry.name, dir_fd=here)
    return inner
