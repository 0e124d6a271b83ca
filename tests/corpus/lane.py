"""A lane of the corpus: grades the cases that it is told on standard input, one after the other, in one process.

It is a judge with a zygote of its own. After each case it looks for what has been left behind. One line of JSON for
each line of input; run by `run.py`, which notices when a case ends the lane itself.

    python lane.py IDLE_SECONDS
"""

import contextlib
import ctypes
import io
import json
import os
import shutil
import stat
import sys
import tempfile
import time
import unicodedata
import warnings
from pathlib import Path

import headers
import psutil

from grader import catalogue, judge, worker_process
from grader.errors import PracticeError
from grader.processes import Zygote
from grader.report.text import Surroundings, print_report

LEFT = "corpus-left-"
PLACES = ("/tmp", "/var/tmp", "/dev/shm", "~", ".")
PATIENCE_SECONDS = 10.0
PR_SET_CHILD_SUBREAPER = 36


class Lane:
    """One judge, its zygotes, and the folder that a submission may not touch."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="practice-corpus-"))
        self.folder.chmod(0o755)
        for name in ("problems", "solutions"):
            shutil.copytree(headers.HERE / name, self.folder / name)
        home = self.folder / "home"
        home.mkdir()
        (home / "attempts.sqlite3").write_bytes(b"what the person has done")
        os.environ["PRACTICE_HOME"] = str(home)
        self.zygotes: dict[str, Zygote] = {}
        self.others = self.below()

    def grade(self, case: headers.Case) -> dict[str, object]:
        """Grade a case, and say what became of it and what it left behind."""
        problem = catalogue.load(case.problem, [self.folder])
        if problem.file.backend not in self.zygotes:
            self.zygotes[problem.file.backend] = Zygote(problem.file.backend)
        zygote = self.zygotes[problem.file.backend]
        zygote.wait_until_ready()
        before, open_before, below = self.look(), count_descriptors(), self.below()
        start = time.monotonic()
        says, tests, level = "", [], ""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                report = judge.grade(
                    problem,
                    case.source,
                    zygote=zygote,
                    seed=len(case.name),
                    file="solution.py",
                    fail_fast="Then" not in case.keys,
                )
        except PracticeError as error:
            verdict, says = "grader failed", error.message
        except KeyboardInterrupt:
            verdict = "interrupted"
        else:
            verdict, level = str(report.verdict), report.sandbox
            tests = [(test.id, str(test.outcome)) for test in report.tests]
            says = self.screen(report)
        seconds = time.monotonic() - start
        zygote.dismiss_spares()  # where a grade stops at a failure, workers are left that the next one would take
        effects = self.strangers(below) + self.files(case, zygote)
        effects += ["change of a file of the kit"] * (self.look() != before)
        effects += ["open descriptor of the judge"] * (count_descriptors() > open_before)
        wild = {
            c
            for c in says
            if c != "\n" and (unicodedata.category(c)[0] == "C" or unicodedata.category(c) in ("Zl", "Zp"))
        }
        effects += ["control character on the screen"] * bool(wild)
        return {"name": case.name, "verdict": verdict, "tests": tests, "says": says, "level": level,
                "seconds": round(seconds, 3), "effects": effects}  # fmt: skip

    def close(self) -> list[str]:
        """End the zygotes; gives what is left of them."""
        homes = [zygote._home.folder for zygote in self.zygotes.values() if zygote._home is not None]
        for zygote in self.zygotes.values():
            zygote.close()
        shutil.rmtree(self.folder)
        return ["folder of a zygote" for home in homes if Path(home).exists()] + self.strangers(self.others)

    def screen(self, report: object) -> str:
        """The report as a person sees it, every failure in full."""
        screen = io.StringIO()
        print_report(report, Surroundings(), everything=True, stream=screen, width=None)  # type: ignore[arg-type]
        return screen.getvalue()

    def below(self) -> set[psutil.Process]:
        """Every process below us that lives; an escaped one is handed to us, so that it is below us too."""
        return {process for process in psutil.Process().children(recursive=True) if is_alive(process)}

    def strangers(self, known: set[psutil.Process]) -> list[str]:
        """Processes below us that were not there before, and are no new zygote; they are ended here."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            found = self.below() - known - self.new_zygotes(known)
            if not found or time.monotonic() > deadline:
                break
            time.sleep(0.01)
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        return ["process"] * bool(found)

    def new_zygotes(self, known: set[psutil.Process]) -> set[psutil.Process]:
        """Zygotes that were started since, because a submission had ended theirs, each with what it runs inside of."""
        found: set[psutil.Process] = set()
        for zygote in self.zygotes.values():
            with contextlib.suppress(psutil.Error):
                process: psutil.Process | None = psutil.Process(zygote._process.process.pid)
                while process is not None and process not in known:
                    found.add(process)
                    is_box = process.name() == "bwrap"
                    process = min(process.children(), key=psutil.Process.create_time, default=None) if is_box else None
        return found

    def files(self, case: headers.Case, zygote: Zygote) -> list[str]:
        """Files outside of the worker's own folder, which is gone; they are removed here."""
        mark = LEFT + case.name.partition("/")[2]
        found = [path for place in PLACES for path in Path(place).expanduser().glob(f"{mark}*")]
        if zygote._home is not None and Path(zygote._home.folder).is_dir():
            found += [path for path in Path(zygote._home.folder).iterdir() if path.name != "keras"]
        for path in found:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()
        return ["file"] * bool(found)

    def look(self) -> list[tuple[str, int, int, int]]:
        """Name, mode, size and time of all that a submission may not touch."""
        seen = []
        for path in sorted(self.folder.rglob("*")):
            if "__pycache__" not in path.parts:
                found = path.lstat()
                time_ns = 0 if stat.S_ISDIR(found.st_mode) else found.st_mtime_ns
                seen.append((str(path), found.st_mode, found.st_size, time_ns))
        return seen


def count_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def main() -> None:
    worker_process.IDLE_SECONDS = float(sys.argv[1])
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    lane = Lane()
    for line in sys.stdin:
        result = lane.grade(headers.read(headers.CASES / f"{line.strip()}.py"))
        answers.write(json.dumps(result) + "\n")
        answers.flush()
    answers.write(json.dumps({"effects": lane.close()}) + "\n")


if __name__ == "__main__":
    main()
