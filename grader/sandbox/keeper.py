"""The keeper: parent of one worker; watches it, ends it and everything it started, and says how it ended.

One keeper for one worker: whatever the submission leaves behind becomes an orphan, the kernel hands orphans to the
keeper, and the keeper ends only when none is left.
"""

import os
import resource
import select
import signal
import socket
import time
from collections.abc import Callable

import psutil

from grader import wire
from grader.messages import Born, Ended
from grader.messages import Limits as WorkerLimits
from grader.sandbox import limits

POLL_SECONDS = 0.02
CHILDREN_EVERY = 10
PATIENCE_SECONDS = 10.0


def keep(control: socket.socket, allowed: WorkerLimits, start_worker: Callable[[], int]) -> None:
    """Start a worker and stay until it and all its descendants are gone.

    Args:
        control: To the judge: `Born` and `Ended` are sent on it; when it closes, the worker is killed.
        allowed: Limits of the worker.
        start_worker: Starts it and gives its process id; called here, so that the worker is our child.
    """
    limits.adopt_orphans()
    pid = start_worker()
    _tell(control, Born(pid))
    reason, status, usage = _watch(control, pid, allowed)
    _end_descendants()
    cpu_seconds = usage.ru_utime + usage.ru_stime
    ran_out = cpu_seconds >= allowed.cpu_seconds and os.WIFSIGNALED(status)
    if (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU) or (ran_out and not reason):
        reason = "timeout"
    peak = usage.ru_maxrss * (1024 if psutil.LINUX else 1)
    _tell(control, Ended(status, "memory" if reason == "memory" else "timeout" if reason else "", cpu_seconds, peak))


def _watch(control: socket.socket, pid: int, allowed: WorkerLimits) -> tuple[str, int, resource.struct_rusage]:
    """Wait for the worker to end; kill it when the judge hangs up or it takes too much memory."""
    worker = psutil.Process(pid)
    baseline = _resident(worker)
    reason, others, ticks = "", 0, 0
    hung_up = False
    while True:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return reason, status, usage
        if not hung_up and select.select([control], [], [], POLL_SECONDS)[0]:
            hung_up = True
            os.kill(pid, signal.SIGKILL)
        elif hung_up:
            time.sleep(POLL_SECONDS / 10)
        else:
            if ticks % CHILDREN_EVERY == 0:
                others = sum(_resident(child) for child in worker.children(recursive=True))
            ticks += 1
            if _resident(worker) + others - baseline > allowed.memory_bytes:
                reason = "memory"
                os.kill(pid, signal.SIGKILL)


def _end_descendants() -> None:
    """Kill and reap until no process is left below this one."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    me = psutil.Process()
    while _has_children() and time.monotonic() < deadline:
        for process in me.children(recursive=True):
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        time.sleep(POLL_SECONDS / 10)


def _has_children() -> bool:
    """Reap the children that have ended; orphans of the worker are ours by now."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        return False
    return True


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0  # it ended in between


def _tell(control: socket.socket, message: Born | Ended) -> None:
    try:
        control.sendall(wire.encode_message(message))
    except OSError:
        return  # the judge is gone; the worker is ended all the same
