"""What a worker uses that no limit of the kernel's counts: memory, files in its folder or without a name, threads."""

import contextlib
import os
import resource
import stat
import sys
from pathlib import Path

LEAST_BYTES = 16 << 10  # a file without content costs something too, and time to remove
_BLOCK_BYTES = 512


def disk(folder: Path, pid: int, most: int) -> int:
    """Bytes of disk that a worker holds, in its folder or in files that it has deleted and keeps open.

    Args:
        folder: Of the worker.
        pid: Of the worker.
        most: Where counting may end; what cannot be counted is taken for more.
    """
    total = _held_open(pid)
    waiting = [str(folder)]
    while waiting and total <= most:
        path = waiting.pop()
        try:
            entries = os.scandir(path)
        except PermissionError:
            with contextlib.suppress(OSError):
                os.chmod(path, 0o700)  # noqa: PTH101 - it may have locked what it fills
                waiting.append(path)
            continue
        except FileNotFoundError:
            continue  # it removed it meanwhile
        except OSError:
            return most + 1  # a path that is too long to follow was made to hide something
        with entries:
            for entry in entries:
                try:
                    facts = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                except OSError:
                    return most + 1
                total += max(LEAST_BYTES, facts.st_blocks * _BLOCK_BYTES)
                if stat.S_ISDIR(facts.st_mode):
                    waiting.append(entry.path)
                if total > most:
                    break
    return total


def resident(pid: int) -> int:
    """Bytes of resident memory of a process, 0 if it has ended."""
    if sys.platform == "linux":  # psutil takes a hundred times as long until it has the first of them
        try:
            return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * resource.getpagesize()
        except OSError:
            return 0
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def threads(pid: int) -> int:
    """Threads of a process, 0 if it has ended."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return 0
    return int(facts.rpartition(b")")[2].split()[17])


def _held_open(pid: int) -> int:
    total = 0
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):  # noqa: PTH208 - called many times a second
            with contextlib.suppress(OSError):
                facts = os.stat(f"/proc/{pid}/fd/{name}")  # noqa: PTH116
                if stat.S_ISREG(facts.st_mode) and facts.st_nlink == 0:
                    total += facts.st_blocks * _BLOCK_BYTES
    return total
