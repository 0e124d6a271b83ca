"""Grade the corpus of hostile, broken and unusual submissions, and print what became of it.

    python tests/corpus/run.py                                         everything but Keras, at the highest level
    python tests/corpus/run.py --levels all --twice --at-once 8        the full run, for every level of the machine
    python tests/corpus/run.py --user 65534 ...                        the judge as that user (from root)
    python tests/corpus/run.py --only dies                             one family, or one case

Exit status 0 if every verdict is right and nothing was left behind, 1 if not.
"""

import argparse
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import headers

LEVELS = ("process", "kernel", "bubblewrap")
KERAS_PROBLEMS = {"keras-classify"}
PATIENCE_SECONDS = 150.0
LANE = Path(__file__).with_name("lane.py")


@dataclass
class Run:
    """The corpus once, at one level.

    Attributes:
        level: In force.
        results: What the lanes said, by case.
        faults: What was not as promised, by case.
        seconds: Of the whole, on the clock of the wall.
    """

    level: str
    results: dict[str, dict[str, object]] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=dict)
    seconds: float = 0.0


class Lane:
    """A process that grades; it is started again when a case ends it.

    Args:
        level: PRACTICE_SANDBOX of the lane.
        idle: Seconds after which a worker that sleeps is given up.
        user: Who it runs as, or None.
    """

    def __init__(self, level: str, idle: float, user: int | None) -> None:
        self._command = [sys.executable, str(LANE), str(idle)]
        # PRACTICE_HOME is what a case looks for in the environments of others; the lane puts a folder of its own there
        self._environment = {**os.environ, "PRACTICE_SANDBOX": level, "PRACTICE_HOME": "/nonexistent"}
        self._user = user
        self._process: subprocess.Popen[str] | None = None

    def grade(self, name: str) -> dict[str, object]:
        """What became of a case."""
        answer = self._ask(name)
        if answer is None:
            return {"name": name, "verdict": "judge ended", "tests": [], "says": "", "level": "", "seconds": 0.0,
                    "effects": []}  # fmt: skip
        return answer

    def close(self) -> list[str]:
        """What is left when all is done."""
        if self._process is None:
            return []
        answer = self._ask(None)
        return ["the lane did not end"] if answer is None else list(answer["effects"])  # type: ignore[call-overload]

    def _ask(self, name: str | None) -> dict[str, object] | None:
        process = self._process or self._start()
        assert process.stdin is not None and process.stdout is not None
        watch = threading.Timer(PATIENCE_SECONDS, process.kill)
        watch.start()
        try:
            if name is None:
                process.stdin.close()
            else:
                process.stdin.write(f"{name}\n")
                process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = ""
        watch.cancel()
        if not line or name is None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    stream.close()
            self._process = None
        return json.loads(line) if line else None

    def _start(self) -> "subprocess.Popen[str]":
        who = {} if self._user is None else {"user": self._user, "group": self._user, "extra_groups": []}
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self._environment,
            start_new_session=True, **who,
        )  # type: ignore[call-overload]  # fmt: skip
        return self._process


def run(cases: Sequence[headers.Case], level: str, at_once: int, idle: float, user: int | None) -> Run:
    """Grade the cases, so many at a time."""
    done, waiting, start = Run(level), queue.Queue(), time.monotonic()  # type: ignore[var-annotated]
    is_root = (os.getuid() if user is None else user) == 0
    for case in cases:
        waiting.put(case)
    lock = threading.Lock()

    def drive() -> None:
        lane = Lane(level, idle, user)
        while True:
            try:
                case = waiting.get_nowait()
            except queue.Empty:
                break
            result = lane.grade(case.name)
            found = headers.faults(case, result, level, is_root)
            with lock:
                done.results[case.name] = result
                if found:
                    done.faults[case.name] = found
        if left := lane.close():
            with lock:
                done.faults.setdefault("(a lane, at its end)", []).extend(left)

    drivers = [threading.Thread(target=drive) for _ in range(min(at_once, len(cases)))]
    for driver in drivers:
        driver.start()
    for driver in drivers:
        driver.join()
    done.seconds = time.monotonic() - start
    return done


def offered_levels() -> list[str]:
    """The levels that this machine has, the lowest first."""
    code = "from grader.processes import Zygote\nwith Zygote('numpy') as zygote: print(zygote.isolation.level)"
    found = []
    for level in LEVELS:
        asked = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PRACTICE_SANDBOX": level}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if asked.stdout.strip() == level:
            found.append(level)
    return found or ["process"]


def can_judge(user: int) -> bool:
    """Whether another user can read the Python that runs this, and the kit."""
    try:
        command = [sys.executable, "-c", "import grader.judge"]
        done = subprocess.run(command, capture_output=True, user=user, check=False)
    except OSError:
        return False
    return done.returncode == 0


def lines_of(done: Run, user: int | None) -> Iterator[str]:
    """The table's row of a run, and what was wrong in it."""
    effects = sum(any(fault.startswith("left behind") for fault in found) for found in done.faults.values())
    right = sum(name not in done.faults for name in done.results)
    who = "root" if os.getuid() == 0 and user is None else f"user {user or os.getuid()}"
    yield f"{done.level:<11} {who:<11} {right:>4} of {len(done.results):<4} {effects:>12} {done.seconds:>8.1f} s"
    for name, found in sorted(done.faults.items()):
        yield from (f"    {name}: {fault}" for fault in found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--levels", default="best", help="best, all, or names with commas between")
    parser.add_argument("--twice", action="store_true", help="two runs in a row at each level")
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--idle", type=float, default=5.0, help="seconds after which a worker that sleeps is given up")
    parser.add_argument("--only", default="", help="a family, or family/name")
    parser.add_argument("--quick", action="store_true", help="without the slow cases")
    parser.add_argument("--keras", action="store_true", help="those of Keras too: minutes")
    parser.add_argument("--user", type=int, help="who judges")
    parser.add_argument("--json", type=Path, help="write all results here")
    asked = parser.parse_args()
    cases = [case for case in headers.load_all() if asked.only in (case.family, case.name, "")]
    cases = [case for case in cases if asked.keras or case.problem not in KERAS_PROBLEMS]
    cases = [case for case in cases if not (asked.quick and case.is_slow)]
    if not cases:
        parser.error(f"no case is called `{asked.only}`")
    if asked.levels in ("best", "all"):
        levels = offered_levels()
        levels = levels[-1:] if asked.levels == "best" else levels
    else:
        levels = asked.levels.split(",")
    if asked.user is not None and not can_judge(asked.user):
        parser.error(f"user {asked.user} cannot run {sys.executable} here: everybody must be able to read both")
    sys.stdout.write(f"{'level':<11} {'judge':<11} {'right':>12} {'side effects':>12} {'time':>10}\n")
    runs = []
    for level in levels:
        mine = [case for case in cases if case.is_for(level)]
        for _ in range(1 + asked.twice):
            runs.append(run(mine, level, asked.at_once, asked.idle, asked.user))
            sys.stdout.write("\n".join(lines_of(runs[-1], asked.user)) + "\n")
            sys.stdout.flush()
    if asked.json:
        data = [{"level": r.level, "seconds": r.seconds, "results": r.results, "faults": r.faults} for r in runs]
        asked.json.write_text(json.dumps(data), encoding="utf-8")
    return int(any(r.faults for r in runs))


if __name__ == "__main__":
    sys.exit(main())
