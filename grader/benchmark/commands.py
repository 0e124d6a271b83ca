"""Whole commands, as a person waits for them."""

import contextlib
import itertools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from grader import places, warm
from grader.benchmark.in_process import CONFTEST
from grader.catalogue import Problem
from grader.sandbox.zygote import LIBRARIES

PRACTICE = [sys.executable, "-m", "grader.cli"]
SOLUTION = "solution.py"
WATCHING = "watching "


class Commands:
    """Commands in a folder with a right solution of a problem.

    Args:
        problem: The problem.
        folder: An empty folder.
        select: Which of its hidden tests, as for pytest's `-k`; "" for all.
    """

    def __init__(self, problem: Problem, folder: Path, select: str = "") -> None:
        self._problem, self._folder = problem, folder
        self._select = ["-k", select] if select else []
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._environment: Mapping[str, str] = {
            **os.environ, **threads, places.HOME_VARIABLE: str(folder / "home"), "PYTHONUNBUFFERED": "1",
            warm.VARIABLE: str(warm.IDLE_SECONDS), "CI": "", "TF_CPP_MIN_LOG_LEVEL": "3",
        }  # fmt: skip
        shutil.copy(problem.suite, folder / "test_hidden.py")
        for name in (SOLUTION, "reference.py"):
            shutil.copy(problem.reference, folder / name)
        support = problem.support()
        if support is not None:
            (folder / "support.py").write_bytes(support)
        (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")

    def cold_grade(self) -> float:
        """Seconds of `practice grade` that finds nothing warm."""
        return self._grade("--cold")

    def warm_grade(self) -> float:
        """Seconds of `practice grade` after another one."""
        return self._grade()

    def plain_pytest(self) -> float:
        """Seconds of pytest on the same tests, in one process with the solution."""
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_hidden.py"]
        return self._timed([*command, *self._select])

    @contextlib.contextmanager
    def kept_warm(self) -> Iterator[warm.Running]:
        """The zygote that a grade has left warm; ended afterwards."""
        self.warm_grade()
        home = os.environ.get(places.HOME_VARIABLE)
        os.environ[places.HOME_VARIABLE] = self._environment[places.HOME_VARIABLE]
        try:
            (found,) = warm.running()
            yield found
            warm.stop(found)
        finally:
            os.environ.pop(places.HOME_VARIABLE)
            if home is not None:
                os.environ[places.HOME_VARIABLE] = home

    def imported_bytes(self) -> int:
        """Resident memory of a process that has imported what a zygote imports, and nothing else."""
        code = (
            f"import importlib, psutil\nfor name in {LIBRARIES[self._problem.file.backend]}:\n"
            "    importlib.import_module(name)\nprint(psutil.Process().memory_info().rss)"
        )
        done = subprocess.run(
            [sys.executable, "-I", "-c", code], env=self._environment, capture_output=True, text=True, check=True
        )
        return int(done.stdout.split()[-1])

    def practice(self, *arguments: str, **environment: str) -> float:
        """Seconds of another command."""
        return self._timed([*PRACTICE, *arguments], environment)

    def python(self) -> float:
        """Seconds of a Python that does nothing."""
        return self._timed([sys.executable, "-c", "pass"])

    @contextlib.contextmanager
    def watched(self) -> Iterator[Callable[[], float]]:
        """Gives a function that saves the solution, and gives the seconds until its report is complete."""
        command = [*PRACTICE, "watch", self._problem.slug, "--file", SOLUTION, "--seed", "0"]
        source, numbers = self._problem.reference.read_text(encoding="utf-8"), itertools.count()
        process = subprocess.Popen(
            command, cwd=self._folder, env=self._environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        lines = process.stdout

        def wait() -> None:
            for line in lines:
                if line.startswith(WATCHING):
                    return
            raise click.ClickException(f"`{' '.join(command)}` ended")

        def save() -> float:
            start = time.perf_counter()
            (self._folder / SOLUTION).write_text(f"{source}\n# {next(numbers)}\n", encoding="utf-8")
            wait()
            return time.perf_counter() - start

        try:
            wait()
            yield save
        finally:
            process.terminate()
            process.wait()
            lines.close()

    def _grade(self, *options: str) -> float:
        arguments = [self._problem.slug, "--file", SOLUTION, "--seed", "0", *options, *self._select]
        return self._timed([*PRACTICE, "grade", *arguments])

    def _timed(self, command: list[str], environment: Mapping[str, str] | None = None) -> float:
        variables = {**self._environment, **(environment or {})}
        start = time.perf_counter()
        done = subprocess.run(
            command, cwd=self._folder, env=variables, capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        seconds = time.perf_counter() - start
        if done.returncode:
            raise click.ClickException(
                f"`{' '.join(command)}` ended with {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return seconds
