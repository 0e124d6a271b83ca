"""What isolation costs: a cold `practice grade` beside plain pytest on the same tests in one process, run in turn.

    python -m grader.benchmark [SLUG] [--rounds N]

Prints wall times and the ratio of each pair; only the ratio carries over to another machine.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from grader import catalogue, places
from grader.checks.timing import median_interval

IN_PROCESS = '''
"""The fixtures of the judge without its processes: the solution is imported and called."""

import copy
import importlib

import numpy as np
import pytest
from grader import data, wire
from grader.failure import Measurements


def pytest_configure(config):
    config.addinivalue_line("markers", "needs(test): ignored")


def prepared(value):
    return np.random.default_rng(value.seed) if isinstance(value, wire.Generator) else value


class Function:
    def __init__(self, function, name):
        self.function, self.name = function, name

    def __call__(self, *args, **kwargs):
        return self.function(*map(prepared, args), **kwargs)

    def echo(self, *args, **kwargs):
        args, kwargs = copy.deepcopy((args, kwargs))
        return self(*args, **kwargs), args, kwargs


class Owner:
    def __init__(self, name):
        self._module = importlib.import_module(name)

    def __getattr__(self, name):
        return Function(getattr(self._module, name), name)


class Submission(Owner):
    @property
    def support(self):
        return Owner("support")


@pytest.fixture
def submission():
    return Submission("solution")


@pytest.fixture(scope="session")
def suite_submission():
    return Submission("solution")


@pytest.fixture
def reference():
    return Submission("reference")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def seed():
    return 0


@pytest.fixture(scope="session")
def dataset():
    return data.load


@pytest.fixture(scope="session")
def record():
    return Measurements()
'''


@click.command()
@click.argument("slug", default="relu-backprop")
@click.option("--rounds", type=click.IntRange(1, 100), default=11, show_default=True, help="Pairs that are counted.")
def main(slug: str, rounds: int) -> None:
    """Time a cold grade of the reference solution against plain pytest, in turn."""
    problem = catalogue.load(slug, catalogue.roots())
    with tempfile.TemporaryDirectory(prefix="practice-benchmark-") as name:
        folder = Path(name)
        shutil.copy(problem.suite, folder / "test_hidden.py")
        for file in ("solution.py", "reference.py"):
            shutil.copy(problem.reference, folder / file)
        support = problem.support()
        if support is not None:
            (folder / "support.py").write_bytes(support)
        (folder / "conftest.py").write_text(IN_PROCESS, encoding="utf-8")
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        environment = {**os.environ, **threads, places.HOME_VARIABLE: str(folder / "home")}
        grade = [sys.executable, "-m", "grader.cli", "grade", slug, "--file", "solution.py", "--seed", "0"]
        plain = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_hidden.py"]
        ratios = []
        for number in range(-1, rounds):
            order = (grade, plain) if number % 2 else (plain, grade)
            seconds = {command[2]: _seconds(command, folder, environment) for command in order}
            if number < 0:
                continue  # the first pair fills caches
            ratios.append(seconds["grader.cli"] / seconds["pytest"])
            times = "   ".join(f"{name} {value:.2f} s" for name, value in seconds.items())
            click.echo(f"{times}   ratio {ratios[-1]:.2f}")
    low, high = median_interval(ratios, alpha=0.05)
    click.echo(f"\nmedian ratio {statistics.median(ratios):.2f}, 95 % interval {low:.2f} to {high:.2f}, {rounds} pairs")


def _seconds(command: list[str], folder: Path, environment: dict[str, str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise click.ClickException(f"`{' '.join(command)}` ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return seconds


if __name__ == "__main__":
    main()
