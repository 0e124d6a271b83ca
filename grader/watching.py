"""What the judge can see of a worker, and do to it, without the help of its keeper."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

GONE_SECONDS = 5.0


class IdleWatch:
    """Notices that a worker which owes an answer sleeps: no CPU time used, and none waited for.

    Args:
        pid: Of the worker; 0 if it is not known.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._since = time.monotonic()
        self._cpu = -1.0

    def has_lasted(self, seconds: float) -> bool:
        """Whether nothing below the worker has computed, or wanted to, for so long."""
        import psutil  # only a call that takes seconds comes here

        if not self._pid:
            return False
        cpu, busy = 0.0, False
        try:
            worker = psutil.Process(self._pid)
            for process in (worker, *worker.children(recursive=True)):
                times = process.cpu_times()
                cpu += times.user + times.system
                busy |= process.status() in (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP)
        except psutil.Error:
            return False
        now = time.monotonic()
        if busy or cpu > self._cpu + 0.01:
            self._since, self._cpu = now, cpu
        return now - self._since >= seconds


@contextlib.contextmanager
def held(pid: int, root: int) -> Iterator[None]:
    """Hold a worker still: while another is timed, it may not take the processor.

    Args:
        pid: Of the worker, which leads a process group of its own.
        root: The process below which it must be, or it is left alone.
    """
    stopped = _is_below(pid, root) and _signal_group(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        if stopped:
            _signal_group(pid, signal.SIGCONT)


def ids_here(descriptors: list[int]) -> list[int]:
    """Ids of the processes that descriptors of processes stand for, 0 for one that is gone; closes the descriptors.

    A worker may live where other numbers hold than here.
    """
    found = []
    for descriptor in descriptors:
        facts = Path(f"/proc/self/fdinfo/{descriptor}").read_text(encoding="ascii")
        os.close(descriptor)
        ids = [line.partition(":")[2] for line in facts.splitlines() if line.startswith("Pid:")]
        found.append(max(0, int(ids[0])) if ids else 0)
    return found


def rouse(keeper: int) -> None:
    """Help a keeper that does not answer: kill what is below it, and let it go on if it was stopped."""
    import psutil  # only a submission that attacks its keeper comes here

    try:
        process = psutil.Process(keeper)
        for child in process.children(recursive=True):
            child.kill()
        process.resume()
    except psutil.Error:
        return


def end_marked(variable: str, value: str) -> None:
    """Kill every process that was started with this value of an environment variable, and see it gone."""
    import psutil

    killed = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(variable) == value:
                process.kill()
                killed.append(process)
        except psutil.Error:
            continue
    psutil.wait_procs(killed, GONE_SECONDS)


def _is_below(pid: int, root: int) -> bool:
    while pid > 1 and root > 1:
        pid = _parent(pid)
        if pid == root:
            return True
    return False


def _parent(pid: int) -> int:
    """The parent of a process, 0 if it has ended."""
    if sys.platform == "linux":  # psutil takes long over it, and this comes twice for each pair of timed calls
        try:
            return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[1])
        except OSError:
            return 0
    import psutil

    try:
        return int(psutil.Process(pid).ppid())
    except psutil.Error:
        return 0


def _signal_group(pid: int, number: signal.Signals) -> bool:
    try:
        os.killpg(pid, number)
    except OSError:
        return False
    return True
