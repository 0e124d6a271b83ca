"""Commands that grade."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import attempts
from grader.cli.circumstances import backend_option, chosen, dataset_option, runs_on
from grader.cli.comparison_files import Files
from grader.cli.options import COLD, checked_seed, complete_slug, file_option, seed_or_another
from grader.cli.progress import StatusLine, progress
from grader.errors import UsageError
from grader.sandbox.levels import Level
from grader.sources import printable
from grader.words import Exit

if TYPE_CHECKING:
    from grader.bench import Listener
    from grader.catalogue import Problem
    from grader.compare import Comparison
    from grader.processes import Zygote
    from grader.report_data import GradeReport

WRITTEN = click.Path(path_type=Path, readable=False)  # who writes the file tells why it cannot be


@click.command("grade")
@click.argument("slug", required=False, shell_complete=complete_slug)
@file_option("Grade this file.")
@click.option("--seed", type=int, metavar="N", callback=checked_seed, help="Repeat the inputs of an earlier grade.")
@click.option("--all", "everything", is_flag=True, help="Explain every failure, not the first three.")
@click.option("-k", "select", default="", metavar="EXPRESSION", help="Only the tests whose names match, as in pytest.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first failure; what failed last time comes first.")
@click.option(
    "--require-sandbox",
    "level",
    type=click.Choice([level.value for level in Level]),
    metavar="LEVEL",
    help=f"Refuse to grade with less isolation: {', '.join(Level)}.",
)
@dataset_option
@backend_option
@click.option("--cold", is_flag=True, help=COLD)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def grade_command(
    problem_roots: tuple[Path, ...], slug: str | None, file: Path | None, seed: int | None, everything: bool,
    select: str, fail_fast: bool, level: str | None, dataset: str | None, backend: str | None, cold: bool,
    as_json: bool,
) -> int:  # fmt: skip
    """Run the hidden tests on your solution.

    What fails is explained. In a workspace no argument is needed.
    """
    with contextlib.ExitStack() as last:
        with progress("starting") as line:  # before the imports: a person sees at once that something happens
            problem, path, source = attempts.submission(slug, file, problem_roots)
            name = printable(path)
            line.test(f"{problem.slug}: starting")
            seed = seed_or_another(seed)
            at_least = Level(level) if level else None
            problem = chosen(problem, dataset, backend, line)
            report, minutes = attempts.remembered(
                problem, source, seed, name, select,
                lambda: _grade(problem, source, seed, name, select, fail_fast, line, at_least, cold, backend, last),
            )  # fmt: skip
        if as_json:
            from grader.report.as_json import grade_json
            from grader.report.plain import put

            last.close()  # what goes wrong there is the one object, instead of a second one
            put(grade_json(report, {"minutes_since_start": minutes, "minutes": problem.file.minutes}))
        else:
            step = attempts.next_step(problem, report, problem_roots, file)
            attempts.show(problem, report, minutes, step, everything=everything)
    return Exit.PASSED if report.passed else Exit.NOT_PASSED


@click.command("compare")
@click.argument("slug", required=False, shell_complete=complete_slug)
@file_option("Compare this file.")
@click.option("--seed", type=int, metavar="N", callback=checked_seed, help="Repeat the inputs of an earlier grade.")
@click.option("--give-up", is_flag=True, help="Show the reference solution without a pass; it is remembered.")
@click.option("--seeds", type=click.IntRange(1, 100), metavar="N", help="Measure figures with so many seeds.")
@click.option("--html", type=WRITTEN, metavar="FILE", help="Write a page to look at.")
@click.option("--plot", type=WRITTEN, metavar="FILE", help="Write the curves as an SVG drawing.")
@dataset_option
@backend_option
@click.option("--cold", is_flag=True, help=COLD)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def compare_command(
    problem_roots: tuple[Path, ...], slug: str | None, file: Path | None, seed: int | None, give_up: bool,
    seeds: int | None, html: Path | None, plot: Path | None, dataset: str | None, backend: str | None, cold: bool,
    as_json: bool,
) -> int:  # fmt: skip
    """Show your solution beside the reference solution.

    Time is the ratio over calls that the hidden tests made, made again in turn; memory and figures stand beside it.
    """
    files = Files(html, plot)
    with contextlib.ExitStack() as last:
        with progress("starting") as line:
            problem, path, source = attempts.submission(slug, file, problem_roots)
            files.refuse(path)
            line.test(f"{problem.slug}: starting")
            problem = chosen(problem, dataset, backend, line)
            allow_comparison(problem, give_up, problem_roots, file)
            with _opened(problem, line, cold, last, backend) as (zygote, listener):
                from grader.compare import compare

                comparison = compare(
                    problem, source, zygote=zygote, seed=seed_or_another(seed), file=printable(path),
                    listener=listener, seeds=seeds,
                )  # fmt: skip
        if as_json:
            from grader.report.as_json import comparison_json
            from grader.report.plain import put

            files.write(comparison, problem, source)  # before the object: an error would be a second one
            last.close()
            put(comparison_json(comparison))
        else:
            print_comparison(comparison, problem, source, problem_roots)
            files.write(comparison, problem, source)
    return Exit.PASSED


def print_comparison(
    comparison: "Comparison", problem: "Problem", source: bytes, problem_roots: Sequence[Path]
) -> None:
    """Show a comparison, and what an interviewer asks next."""
    from grader.cli.talk import typed
    from grader.report import side_by_side
    from grader.report.plain import say

    reference = problem.reference.read_text(encoding="utf-8")
    side_by_side.print_comparison(comparison, source.decode("utf-8", "replace"), reference)
    say(f"\nWhat an interviewer asks next: {typed(problem_roots, 'show', problem.slug, '--followups')}")


def _grade(
    problem: "Problem", source: bytes, seed: int, name: str, select: str, fail_fast: bool, line: StatusLine,
    at_least: Level | None, cold: bool, backend: str | None, last: contextlib.ExitStack,
) -> "GradeReport":  # fmt: skip
    with _opened(problem, line, cold, last, backend) as (zygote, listener):
        if at_least is not None:
            zygote.require(at_least)
        from grader import history, judge
        from grader.cli.keeping import remembered
        from grader.report import text as _text  # noqa: F401 - nothing is waited for now, and everything afterwards

        nothing: list[str] = []
        first = remembered(lambda: history.last_failed(problem.slug), nothing) if fail_fast else nothing
        return judge.grade(
            problem, source, zygote=zygote, seed=seed, file=name, select=select, fail_fast=fail_fast, first=first,
            listener=listener,
        )  # fmt: skip


@contextlib.contextmanager
def _opened(
    problem: "Problem", line: StatusLine, cold: bool, last: contextlib.ExitStack, backend: str | None = None
) -> "Iterator[tuple[Zygote, Listener]]":
    """A zygote, which ends while the grade is stored and shown; `last` waits for its end."""
    from grader.processes import Zygote

    zygote = Zygote(problem.file.backend, keras_backend=runs_on(backend), shared=not cold)  # it imports while we do
    try:
        from grader.bench import Listener

        yield zygote, Listener(line.test, line.line)
    finally:
        from concurrent.futures import ThreadPoolExecutor

        end = ThreadPoolExecutor(1).submit(zygote.close)
        last.callback(end.result)


def allow_comparison(
    problem: "Problem", give_up: bool, problem_roots: Sequence[Path], file: Path | None = None
) -> None:
    """The reference solution is for who has passed, or says that they give up."""
    from grader import history
    from grader.cli.keeping import keep
    from grader.cli.talk import typed

    try:
        done = history.summary(problem.slug)
    except history.HistoryError:
        if not give_up:
            raise
        done = history.Summary()
    if not (done.passed or done.gave_up or give_up):
        grade = typed(problem_roots, "grade", problem.slug, *(() if file is None else ("--file", file)))
        raise UsageError(
            f"`{problem.slug}` has not been passed yet", f"{grade}, or add --give-up to see the reference solution now"
        )
    if give_up and not done.passed:
        keep(lambda: history.record_give_up(problem.slug))
