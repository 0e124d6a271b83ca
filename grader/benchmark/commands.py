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

from grader import places
from grader.benchmark.in_process import CONFTEST
from grader.catalogue import Problem

PRACTICE = [sys.executable, "-m", "grader.cli"]
SOLUTION = "solution.py"
WATCHING = "watching "


class Commands:
    """Commands in a folder with a right solution of a problem.

    Args:
        problem: The problem.
        folder: An empty folder.
    """

    def __init__(self, problem: Problem, folder: Path) -> None:
        self._problem, self._folder = problem, folder
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._environment: Mapping[str, str] = {
            **os.environ, **threads, places.HOME_VARIABLE: str(folder / "home"), "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        shutil.copy(problem.suite, folder / "test_hidden.py")
        for name in (SOLUTION, "reference.py"):
            shutil.copy(problem.reference, folder / name)
        support = problem.support()
        if support is not None:
            (folder / "support.py").write_bytes(support)
        (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")

    def cold_grade(self) -> float:
        """Seconds of `practice grade`."""
        return self._timed([*PRACTICE, "grade", self._problem.slug, "--file", SOLUTION, "--seed", "0"])

    def plain_pytest(self) -> float:
        """Seconds of pytest on the same tests, in one process with the solution."""
        return self._timed([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_hidden.py"])

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
