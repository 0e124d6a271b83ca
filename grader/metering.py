"""What a worker uses, as the judge reads it from the system, whatever the worker says of itself."""

import contextlib
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

KIBIBYTE = 1024
NANOSECOND = 1e-9


@dataclass(frozen=True)
class Usage:
    """What a worker has used so far, in seconds; 0 where the system does not tell.

    Attributes:
        cpu_seconds: CPU time of it and of what it started.
        waited_seconds: Time during which its main thread could have run and had no processor.
    """

    cpu_seconds: float = 0.0
    waited_seconds: float = 0.0


@dataclass(frozen=True)
class Memory:
    """Resident memory of a process, in bytes.

    Attributes:
        now: What it holds.
        peak: The most that it held since it began, or since `forget_peak`.
    """

    now: int
    peak: int


def usage(pid: int, keeper: int) -> Usage:
    """What a worker and all that it started have used so far, to the nanosecond on Linux.

    Args:
        pid: Of the worker; 0 if it is not known.
        keeper: Of its keeper, which gets the orphans; 0 if it is not known.
    """
    if not pid:
        return Usage()
    cpu, waiting = 0.0, (children(keeper) if keeper else []) or [pid]
    while waiting:
        each = waiting.pop()
        cpu += cpu_seconds(each)
        waiting += children(each)
    return Usage(cpu, waited_seconds(str(pid)))


def usable_cores() -> int:
    """Cores that this process may use."""
    with contextlib.suppress(AttributeError):  # only Linux can tell
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def waited_seconds(process: str) -> float:
    """Time that a thread could have run and had no processor; 0 where the kernel does not count it.

    Args:
        process: Its folder in `/proc`.

    Source:
        Linux, Documentation/scheduler/sched-stats.rst, `/proc/<pid>/schedstat`.
    """
    try:
        return int(Path(f"/proc/{process}/schedstat").read_bytes().split()[1]) * NANOSECOND
    except (OSError, IndexError):
        return 0.0


def memory(pid: int, base: int = 0) -> Memory | None:
    """Resident memory of a process above `base` bytes, or None where the system does not tell."""
    try:
        facts = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    sizes = {name: text for name, _, text in (line.partition(":") for line in facts.splitlines())}
    if not {"VmRSS", "VmHWM"} <= sizes.keys():  # it has ended
        return None
    now, peak = (int(sizes[name].split()[0]) * KIBIBYTE for name in ("VmRSS", "VmHWM"))
    return Memory(now - base, peak - base)


def forget_peak(pid: int) -> bool:
    """Have the peak of a process begin anew with what it holds now; whether the system can (Linux)."""
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return False
    return True


def cpu_seconds(pid: int) -> float:
    """CPU time of a process, also of threads that have ended, and of the children that it has waited for."""
    if sys.platform != "linux":
        return _cpu_of_psutil(pid)
    try:
        own = time.clock_gettime(~pid << 3 | 2)  # CPUCLOCK_SCHED of another process: clock_getcpuclockid(3)
        facts = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    return own + (int(facts[13]) + int(facts[14])) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """Children of a process on Linux; none where the kernel was built without this list (CONFIG_PROC_CHILDREN)."""
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - called for each call that is timed
            found += map(int, Path(f"/proc/{pid}/task/{thread}/children").read_bytes().split())
    except OSError:
        pass  # it ended meanwhile
    return found


def _cpu_of_psutil(pid: int) -> float:
    import psutil

    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)
