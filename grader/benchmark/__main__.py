"""The table: what isolation costs, as ratios to the least that any other way would take.

    python -m grader.benchmark [SLUG] [--rounds N] [--only NAME]

Only the ratios carry over to another machine; on a busy one they spread.
"""

import functools
import math
import os
import platform
import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import psutil

from grader import catalogue
from grader.benchmark import calls
from grader.benchmark.commands import Commands
from grader.benchmark.pairs import FEWEST, Row, ratios, seconds_of
from grader.catalogue import Problem

KERAS_SLUG, KERAS_TESTS = "debug-xor-keras", "test_tie or test_other_weights"
COMPLETION = {"_PRACTICE_COMPLETE": "bash_complete", "COMP_WORDS": "practice grade ", "COMP_CWORD": "2"}


def _grade(problem: Problem, folder: Path, rounds: int) -> Iterator[Row]:
    commands = Commands(problem, folder)
    found = list(ratios(commands.cold_grade, commands.plain_pytest, rounds))
    yield Row(f"cold grade of {problem.slug}", "plain pytest in one process", 1.0, found)


def _watch(problem: Problem, folder: Path, rounds: int) -> Iterator[Row]:
    commands = Commands(problem, folder)
    with commands.watched() as save:
        found = list(ratios(save, commands.cold_grade, rounds))
    yield Row("from a save to the report of `watch`", "a cold grade", 0.3, found)


def _warm(_problem: Problem, folder: Path, rounds: int) -> Iterator[Row]:
    problem = catalogue.load(KERAS_SLUG, catalogue.roots())
    commands = Commands(problem, folder, KERAS_TESTS)
    with commands.kept_warm() as zygote:
        memory = psutil.Process(zygote.pid).memory_info().rss / commands.imported_bytes()
        found = list(ratios(commands.warm_grade, commands.plain_pytest, rounds))
    yield Row(f"second grade of {KERAS_SLUG}", "a process that imports Keras", 0.2, found)
    yield Row("memory of an idle warm zygote", "the same imports alone", 1.1, [memory])


def _light(problem: Problem, folder: Path, rounds: int) -> Iterator[Row]:
    commands = Commands(problem, folder)
    for word in ("--help", "list"):
        found = list(ratios(functools.partial(commands.practice, word), commands.python, rounds))
        yield Row(f"practice {word}", "python -c pass", 6.0, found)
    found = list(ratios(functools.partial(commands.practice, **COMPLETION), commands.python, rounds))
    yield Row("completion of a slug", "python -c pass", 6.0, found)


def _small(problem: Problem, _folder: Path, rounds: int) -> Iterator[Row]:
    with calls.submission(problem) as function, calls.pickled() as other:
        found = list(ratios(lambda: calls.many(function), lambda: calls.many(other), rounds))
    yield Row("a call with a small array", "pickle over a pipe", 1.5, found)


def _large(problem: Problem, _folder: Path, rounds: int) -> Iterator[Row]:
    array = calls.large_array()
    with calls.submission(problem) as function:
        there_and_back = functools.partial(seconds_of, lambda: calls.each_page(function(array)))
        found = list(ratios(there_and_back, lambda: calls.copied_twice(array), rounds))
    yield Row("40 MB to the worker and back", "a copy each way", 6.0, found)


PARTS: dict[str, Callable[[Problem, Path, int], Iterator[Row]]] = {
    "grade": _grade, "watch": _watch, "warm": _warm, "light": _light, "small": _small, "large": _large,
}  # fmt: skip


@click.command()
@click.argument("slug", default="relu-backprop")
@click.option("--rounds", type=click.IntRange(FEWEST, 100), default=11, show_default=True, help="Pairs that count.")
@click.option("--only", type=click.Choice(list(PARTS)), multiple=True, help="A part of the table.")
def main(slug: str, rounds: int, only: tuple[str, ...]) -> None:
    """Time what a person waits for beside the least that any other way would take, in turn.

    The table is Markdown, as `numbers.md` holds it.
    """
    problem = catalogue.load(slug, catalogue.roots())
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    click.echo(f"{_machine()}; load before {load}; {rounds} pairs of each\n")
    click.echo("| what | beside | bar | median ratio | 95 % interval |\n| --- | --- | --- | --- | --- |")
    for name in only or PARTS:
        with tempfile.TemporaryDirectory(prefix="practice-benchmark-") as folder:
            for row in PARTS[name](problem, Path(folder), rounds):
                low, high = row.interval
                interval = f"{low:.2f} to {high:.2f}" if math.isfinite(low) else "measured once"
                ratio = statistics.median(row.ratios)
                click.echo(f"| {row.what} | {row.beside} | {row.bar:g} | {ratio:.2f} | {interval} |")


def _machine() -> str:
    """`2 cores x86_64, Linux 6.1, Python 3.12.4`."""
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    return f"{os.cpu_count()} cores {platform.machine()}, {system}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
