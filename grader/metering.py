"""What a worker uses, as the judge reads it from the system, whatever the worker says of itself."""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

KIBIBYTE = 1024


@dataclass(frozen=True)
class Memory:
    """Resident memory of a process, in bytes.

    Attributes:
        now: What it holds.
        peak: The most that it held since it began, or since `forget_peak`.
    """

    now: int
    peak: int


def cpu_seconds(pid: int, keeper: int) -> float:
    """CPU time that a worker and what it started have used so far, in seconds.

    Args:
        pid: Of the worker; 0 if it is not known.
        keeper: Of its keeper, which gets the orphans; 0 if it is not known.

    Returns:
        To the nanosecond on Linux; 0 if the worker is not known.
    """
    if not pid:
        return 0.0
    if sys.platform != "linux":
        return _of_psutil(pid)
    total, waiting = 0.0, _children(keeper) if keeper else [pid]
    while waiting:
        each = waiting.pop()
        total += _of_process(each)
        waiting += _children(each)
    return total


def memory(pid: int) -> Memory | None:
    """Resident memory of a process, or None where the system does not tell."""
    try:
        facts = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    sizes = {name: text for name, _, text in (line.partition(":") for line in facts.splitlines())}
    if not {"VmRSS", "VmHWM"} <= sizes.keys():  # it has ended
        return None
    now, peak = (int(sizes[name].split()[0]) * KIBIBYTE for name in ("VmRSS", "VmHWM"))
    return Memory(now, peak)


def forget_peak(pid: int) -> bool:
    """Have the peak of a process begin anew with what it holds now; whether the system can (Linux)."""
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return False
    return True


def _of_process(pid: int) -> float:
    """CPU time of a process, also of threads that have ended, and of the children that it has waited for."""
    try:
        own = time.clock_gettime(~pid << 3 | 2)  # CPUCLOCK_SCHED of another process: clock_getcpuclockid(3)
        facts = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    return own + (int(facts[13]) + int(facts[14])) / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - called for each call that is timed
            found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_bytes().split())
    except OSError:
        pass  # it ended meanwhile, or the kernel was built without this list
    return found


def _of_psutil(pid: int) -> float:
    import psutil

    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)
