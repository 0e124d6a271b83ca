"""Commands that grade."""

import contextlib
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli.progress import StatusLine, progress
from grader.errors import UsageError
from grader.sandbox.levels import Level
from grader.words import Exit

if TYPE_CHECKING:
    from grader.catalogue import Problem
    from grader.judge import Listener
    from grader.processes import Zygote
    from grader.report_data import GradeReport

SEEDS = 1 << 31


def _complete_slug(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    from grader.cli.talk import complete_slug

    return complete_slug(context, parameter, begun)


def _checked_seed(_context: click.Context, _parameter: click.Parameter, seed: int | None) -> int | None:
    if seed is not None and not 0 <= seed < SEEDS:
        raise click.BadParameter(f"{seed} is not between 0 and {SEEDS - 1}")
    return seed


@click.command("grade")
@click.argument("slug", required=False, shell_complete=_complete_slug)
@click.option("--file", "file", type=click.Path(path_type=Path), help="Grade this file.")
@click.option("--seed", type=int, metavar="N", callback=_checked_seed, help="Repeat the inputs of an earlier grade.")
@click.option("--all", "everything", is_flag=True, help="Explain every failure, not the first three.")
@click.option("-k", "select", default="", metavar="EXPRESSION", help="Only the tests whose names match, as in pytest.")
@click.option(
    "--require-sandbox",
    "level",
    type=click.Choice([level.value for level in Level]),
    metavar="LEVEL",
    help=f"Refuse to grade with less isolation: {', '.join(Level)}.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def grade_command(
    problem_roots: tuple[Path, ...], slug: str | None, file: Path | None, seed: int | None, everything: bool,
    select: str, level: str | None, as_json: bool,
) -> int:  # fmt: skip
    """Run the hidden tests on your solution.

    What fails is explained. In a workspace no argument is needed.
    """
    with progress("starting") as line:  # before the imports: a person sees at once that something happens
        problem, name, source = _submission(slug, file, problem_roots)
        line.test(f"{problem.slug}: starting")
        seed = random.randrange(SEEDS) if seed is None else seed
        try:
            report = _grade(problem, source, seed, name, select, line, Level(level) if level else None)
        except UsageError:
            raise
        except BaseException as error:
            verdict = "interrupted" if isinstance(error, KeyboardInterrupt) else "grader failed"
            _record_ungraded(problem, verdict, source, seed, name, select)
            raise
        minutes = _record(problem, report, source)
    if as_json:
        from grader.report.as_json import grade_json
        from grader.report.plain import put

        put(grade_json(report, {"minutes_since_start": minutes, "minutes": problem.file.minutes}))
    else:
        from grader.cli.talk import duration
        from grader.report.text import Surroundings, print_report

        spent = "" if minutes is None else duration(minutes)
        step = _next_step(problem, report, problem_roots, file)
        print_report(report, Surroundings(spent, problem.file.minutes, step), everything=everything)
    return Exit.PASSED if report.passed else Exit.NOT_PASSED


@click.command("compare")
@click.argument("slug", required=False, shell_complete=_complete_slug)
@click.option("--file", "file", type=click.Path(path_type=Path), help="Compare this file.")
@click.option("--seed", type=int, metavar="N", callback=_checked_seed, help="Repeat the inputs of an earlier grade.")
@click.option("--give-up", is_flag=True, help="Show the reference solution without a pass; it is remembered.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def compare_command(
    problem_roots: tuple[Path, ...], slug: str | None, file: Path | None, seed: int | None, give_up: bool, as_json: bool
) -> int:
    """Show your solution beside the reference solution."""
    with progress("starting") as line:
        problem, name, source = _submission(slug, file, problem_roots)
        _allow_comparison(problem, give_up, problem_roots)
        line.test(f"{problem.slug}: starting")
        with _opened(problem, line) as (zygote, listener):
            from grader.compare import compare

            comparison = compare(
                problem, source, zygote=zygote, seed=random.randrange(SEEDS) if seed is None else seed, file=name,
                listener=listener,
            )  # fmt: skip
    if as_json:
        from grader.report.as_json import comparison_json
        from grader.report.plain import put

        put(comparison_json(comparison))
    else:
        from grader.cli.talk import typed
        from grader.report.plain import say
        from grader.report.side_by_side import print_comparison

        reference = problem.reference.read_text(encoding="utf-8")
        print_comparison(comparison, source.decode("utf-8", "replace"), reference)
        say(f"\nWhat an interviewer asks next: {typed(problem_roots, 'show', problem.slug, '--followups')}")
    return Exit.PASSED


def _submission(slug: str | None, file: Path | None, problem_roots: Sequence[Path]) -> "tuple[Problem, str, bytes]":
    """The problem, the name of the file, and what is in it."""
    from grader import catalogue, workspace
    from grader.cli.talk import typed
    from grader.sources import printable, read_source

    problem, path = workspace.find(slug, file, catalogue.roots(problem_roots))
    if file is None and not path.exists():
        hint = f"{typed(problem_roots, 'reset', problem.slug)} puts the stub there"
        raise UsageError(f"`{printable(path)}` does not exist", hint)
    return problem, printable(path), read_source(path)


def _grade(
    problem: "Problem", source: bytes, seed: int, name: str, select: str, line: StatusLine, at_least: Level | None
) -> "GradeReport":
    with _opened(problem, line) as (zygote, listener):
        if at_least is not None:
            zygote.require(at_least)
        from grader import judge

        return judge.grade(problem, source, zygote=zygote, seed=seed, file=name, select=select, listener=listener)


@contextlib.contextmanager
def _opened(problem: "Problem", line: StatusLine) -> "Iterator[tuple[Zygote, Listener]]":
    from grader.processes import Zygote

    with Zygote(problem.file.backend) as zygote:  # it imports while we do
        from grader.judge import Listener

        yield zygote, Listener(line.test, line.line)


def _record(problem: "Problem", report: "GradeReport", source: bytes) -> float | None:
    """Store the attempt before the report is shown; gives the minutes since the start."""
    from grader import history
    from grader.cli.interrupts import held
    from grader.cli.keeping import keep
    from grader.report.as_json import grade_json

    minutes: list[float] = []

    def store() -> None:
        history.record_attempt(
            problem.slug, str(report.verdict), report.score, report.max_score, report.partial, report.seed,
            report.file, source, grade_json(report),
        )  # fmt: skip
        started = history.summary(problem.slug).started
        if started is not None:
            minutes.append((history.now() - started).total_seconds() / 60)

    with held():
        keep(store)
    return minutes[0] if minutes else None


def _record_ungraded(problem: "Problem", verdict: str, source: bytes, seed: int, name: str, select: str) -> None:
    """Keep the source of an attempt that has no verdict."""
    from grader import history
    from grader.cli.interrupts import held
    from grader.cli.keeping import keep

    with held():
        keep(lambda: history.record_attempt(problem.slug, verdict, 0, 0, bool(select), seed, name, source, "{}"))


def _next_step(problem: "Problem", report: "GradeReport", problem_roots: Sequence[Path], file: Path | None) -> str:
    from grader import history
    from grader.cli.talk import typed

    same_file = () if file is None else ("--file", file)
    if report.passed and not report.partial:
        return f"Beside the reference solution: {typed(problem_roots, 'compare', problem.slug, *same_file)}"
    if report.passed:
        return f"All tests: {typed(problem_roots, 'grade', problem.slug, *same_file)}"
    try:
        hints = history.summary(problem.slug).hints
    except history.HistoryError:
        hints = 0
    if hints < 3:
        return f"Stuck? {typed(problem_roots, 'hint', problem.slug)}  ({hints} of 3 shown)"
    command = typed(problem_roots, "compare", problem.slug, "--give-up", *same_file)
    return f"Stuck? {command} shows the reference solution"


def _allow_comparison(problem: "Problem", give_up: bool, problem_roots: Sequence[Path]) -> None:
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
        grade = typed(problem_roots, "grade", problem.slug)
        raise UsageError(
            f"`{problem.slug}` has not been passed yet", f"{grade}, or add --give-up to see the reference solution now"
        )
    if give_up and not done.passed:
        keep(lambda: history.record_give_up(problem.slug))
