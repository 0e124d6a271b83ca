"""Limits that a worker takes on itself, after the fork and before any line of the submission."""

import ctypes
import math
import os
import resource
import signal
import sys
import time

from grader.messages import Limits

PYTHON = (sys.executable, "-I", "-X", "utf8")  # nothing of the person's own environment, and UTF-8 in any locale
NOTHING_SECONDS = 0.1

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def apply(limits: Limits, *, address_space: bool = True) -> None:
    """Set the resource limits of this process, above what it has used so far.

    Args:
        limits: The limits.
        address_space: Limit the address space too, on Linux only: elsewhere, and where a driver reserves more of it
            than there is memory, the keeper's watch on resident memory has to do.
    """
    used = time.process_time()
    seconds = limits.cpu_seconds + (math.ceil(used) if used > NOTHING_SECONDS else 0)
    _lower(resource.RLIMIT_CORE, 0, 0)
    _lower(resource.RLIMIT_CPU, seconds, seconds + 1)
    _lower(resource.RLIMIT_FSIZE, limits.file_bytes, limits.file_bytes)
    _lower(resource.RLIMIT_NOFILE, limits.open_files, limits.open_files)
    if sys.platform == "linux":
        tasks = _tasks() + limits.tasks
        _lower(resource.RLIMIT_NPROC, tasks, tasks)  # the kernel does not hold root to it
    if sys.platform == "linux" and address_space:
        space = _address_space() + limits.memory_bytes
        _lower(resource.RLIMIT_AS, space, space)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent ends (Linux)."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)  # it had ended before the call


def hide_memory() -> None:
    """Keep other processes of this user from reading our memory and taking our descriptors (Linux; not from root)."""
    _set_dumpable(False)


def show_memory() -> None:
    """Undo `hide_memory` in a forked child: it has nothing to hide, and may look at itself in `/proc`."""
    _set_dumpable(True)


def allow_no_new_privileges() -> None:
    """Have no program that is started from here gain rights (Linux); the kernel asks this of who restricts itself."""
    if _LIBC is not None and _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "no_new_privs is refused")


def adopt_orphans() -> None:
    """Become the parent of every orphan below this process (Linux), so that none escapes."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def close_descriptors_except(kept: set[int]) -> None:
    """Close every open descriptor that is not in `kept`."""
    start = 0
    for number in (*sorted(kept), os.sysconf("SC_OPEN_MAX")):
        if start < number:  # an empty range would close everything
            os.closerange(start, number)
        start = number + 1


def _set_dumpable(value: bool) -> None:
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_DUMPABLE, int(value), 0, 0, 0)


def _lower(which: int, soft: int, hard: int) -> None:
    _, ceiling = resource.getrlimit(which)
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    resource.setrlimit(which, (soft, hard))


def _address_space() -> int:
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - after a fork the fewest imports are best
        return int(file.read().split()[0]) * resource.getpagesize()


def _tasks() -> int:
    """Processes and threads of the whole system; the limit counts those of this user, which are not more."""
    with open("/proc/loadavg", "rb") as file:  # noqa: PTH123
        return int(file.read().split()[3].partition(b"/")[2])
