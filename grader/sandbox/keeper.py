"""The keeper: parent of one worker; watches it, ends it and everything it started, and says how it ended.

One keeper for one worker: whatever the submission leaves behind becomes an orphan, the kernel hands orphans to the
keeper, and the keeper ends only when none is left.
"""

import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grader import frames, metering
from grader.messages import Born, Ended, Reason
from grader.messages import Limits as WorkerLimits
from grader.sandbox import folders, limits, usage

if TYPE_CHECKING:
    from psutil import Process  # imported where it is needed: only a worker that has children comes there, on Linux

POLL_SECONDS = 0.02
SELDOM = 10  # polls between two looks at what takes long to look at
PATIENCE_SECONDS = 10.0
# The kernel limits the address space of the worker itself where it can, and then the submission sees a MemoryError with
# a line number; this watch is for its children, for shared memory, and for systems without that limit.
SLACK_BYTES = 32 << 20


@dataclass(frozen=True)
class _Start:
    """What a worker had used before any line of the submission ran in it."""

    resident_bytes: int
    cpu_seconds: float


def keep(control: socket.socket, allowed: WorkerLimits, start_worker: Callable[[str], int]) -> None:
    """Start a worker and stay until it and all its descendants are gone, and its folder.

    Args:
        control: To the judge: `Born` and `Ended` are sent on it; when it closes, the worker is killed.
        allowed: Limits of the worker.
        start_worker: Starts it in a folder and gives its process id; called here, so that the worker is our child.
    """
    limits.adopt_orphans()
    folder = folders.make(Path.cwd(), os.getpid())
    try:
        pid = start_worker(str(folder))
        start = _used_by(pid)
        _announce(control, pid)
        reason, status, rusage = _watch(control, pid, allowed, start, folder)
        end_descendants()
        cpu_seconds = rusage.ru_utime + rusage.ru_stime - start.cpu_seconds
        how = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        if how == signal.SIGXCPU or (how == signal.SIGKILL and cpu_seconds >= allowed.cpu_seconds and not reason):
            reason = "timeout"
        peak = rusage.ru_maxrss * (1024 if sys.platform == "linux" else 1)
        _tell(control, Ended(status, reason, cpu_seconds, peak))
    finally:
        folders.remove(folder)


def end_descendants() -> None:
    """Kill and reap until no process is left below this one."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _has_children() and time.monotonic() < deadline:
        import psutil

        for process in psutil.Process().children(recursive=True):
            kill(process)
        time.sleep(POLL_SECONDS / 10)


def kill(process: "Process") -> None:
    """Kill a process that may have ended."""
    import psutil

    try:
        process.kill()
    except psutil.Error:
        return


def _watch(
    control: socket.socket, pid: int, allowed: WorkerLimits, start: _Start, folder: Path
) -> tuple[Reason, int, resource.struct_rusage]:
    """Wait for the worker to end; kill it when the judge hangs up, or it takes more than it may."""
    most = start.resident_bytes + allowed.memory_bytes + SLACK_BYTES
    reason: Reason = ""
    others, ticks = 0, 0
    hung_up = False
    while True:
        ended, status, rusage = os.wait4(pid, os.WNOHANG)
        if ended:
            return reason, status, rusage
        if not hung_up and select.select([control], [], [], POLL_SECONDS)[0]:
            hung_up = True
            os.kill(pid, signal.SIGKILL)
        elif hung_up:
            time.sleep(POLL_SECONDS / 10)
        else:
            ticks += 1
            if ticks % SELDOM == 0:
                others = sum(_share(process) for process in _others(pid))
            reason = reason or _exceeded(pid, allowed, folder if ticks % SELDOM == 0 else None)
            if usage.resident(pid) + others > most:
                reason = "memory"
            if reason:
                os.kill(pid, signal.SIGKILL)


def _exceeded(pid: int, allowed: WorkerLimits, folder: Path | None) -> Reason:
    """Which of the limits that the kernel does not know is broken; the disk is looked at if a folder is given."""
    if sys.platform == "linux" and usage.threads(pid) > allowed.tasks:
        return "tasks"
    if folder is not None and usage.disk(folder, pid, allowed.disk_bytes) > allowed.disk_bytes:
        return "disk"
    return ""


def _has_children() -> bool:
    """Reap the children that have ended; orphans of the worker are ours by now."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        return False
    return True


def _used_by(pid: int) -> _Start:
    return _Start(usage.resident(pid), metering.cpu_seconds(pid))


def _others(pid: int) -> "list[Process]":
    """What a worker has started, and what was left behind."""
    if metering.children(os.getpid()) == [pid] and not metering.children(pid):
        return []
    import psutil

    return [process for process in psutil.Process().children(recursive=True) if process.pid != pid]


def _share(process: "Process") -> int:
    """Memory of a child of the worker; what it has inherited counts for it only in part, where the system can tell."""
    import psutil

    try:
        memory = process.memory_full_info()
        return int(getattr(memory, "pss", memory.uss))
    except psutil.Error:
        return usage.resident(process.pid)


def _announce(control: socket.socket, pid: int) -> None:
    """Tell who the worker is, with descriptors for a judge to whom our numbers mean nothing."""
    descriptors: list[int] = []
    try:
        if sys.platform == "linux":
            descriptors += [os.pidfd_open(pid), os.pidfd_open(os.getpid())]
        socket.send_fds(control, [frames.encode(Born(pid, os.getpid()))], descriptors)
    except OSError:
        return  # the judge is gone
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _tell(control: socket.socket, message: Ended) -> None:
    try:
        control.sendall(frames.encode(message))
    except OSError:
        return  # the judge is gone; the worker is ended all the same
