"""Commands that grade."""

import random
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader import catalogue, history
from grader.cli.keeping import keep
from grader.words import Exit

if TYPE_CHECKING:
    from grader.catalogue import Problem
    from grader.report_data import GradeReport

SEEDS = 1 << 31


@click.command("grade")
@click.argument("slug", required=False)
@click.option("--file", "file", type=click.Path(path_type=Path), help="Grade this file.")
@click.option("--seed", type=click.IntRange(0, SEEDS), help="Repeat the inputs of an earlier grade.")
@click.option("--all", "everything", is_flag=True, help="Explain every failure, not the first three.")
@click.option("-k", "select", default="", metavar="EXPRESSION", help="Only the tests whose names match, as in pytest.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def grade_command(
    problem_roots: tuple[Path, ...], slug: str | None, file: Path | None, seed: int | None, everything: bool,
    select: str, as_json: bool,
) -> int:  # fmt: skip
    """Run the hidden tests on your solution and explain what fails.

    In a workspace no argument is needed.
    """
    from grader import workspace
    from grader.sources import printable, read_source

    problem, path = workspace.find(slug, file, catalogue.roots(problem_roots))
    source = read_source(path)
    seed = random.randrange(SEEDS) if seed is None else seed
    name = printable(path)
    try:
        report = _grade(problem, source, seed, name, select)
    except KeyboardInterrupt:
        keep(lambda: history.record_attempt(problem.slug, "interrupted", 0, 0, bool(select), seed, name, source, "{}"))
        raise
    minutes = _record(problem, report, source)
    if as_json:
        from grader.report.as_json import grade_json

        click.echo(grade_json(report, {"minutes_since_start": minutes, "minutes": problem.file.minutes}))
    else:
        from grader.report.text import Surroundings, print_report

        around = Surroundings(minutes, problem.file.minutes, _next_step(problem, report, file))
        print_report(report, around, everything=everything)
    return Exit.PASSED if report.passed else Exit.NOT_PASSED


def _grade(problem: "Problem", source: bytes, seed: int, name: str, select: str) -> "GradeReport":
    from grader.processes import Zygote

    with Zygote(problem.file.backend) as zygote:  # it imports while we do
        from grader import judge
        from grader.cli.progress import progress

        with progress(f"{problem.slug}: starting") as listener:
            return judge.grade(problem, source, zygote=zygote, seed=seed, file=name, select=select, listener=listener)


def _record(problem: "Problem", report: "GradeReport", source: bytes) -> float | None:
    """Store the attempt before the report is shown; gives the minutes since the start."""
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

    keep(store)
    return minutes[0] if minutes else None


def _next_step(problem: "Problem", report: "GradeReport", file: Path | None) -> str:
    suffix = "" if file is None else f" --file {file}"
    if report.passed:
        return f"Beside the reference solution: practice compare {problem.slug}{suffix}"
    try:
        hints = history.summary(problem.slug).hints
    except history.HistoryError:
        hints = 0
    if hints < 3:
        return f"Stuck? practice hint {problem.slug}  ({hints} of 3 shown)"
    return f"Stuck? practice compare {problem.slug} --give-up{suffix} shows the reference solution"


@click.command("compare")
@click.argument("slug", required=False)
@click.option("--file", "file", type=click.Path(path_type=Path), help="Compare this file.")
@click.option("--seed", type=click.IntRange(0, SEEDS), help="Repeat the inputs of an earlier grade.")
@click.option("--give-up", is_flag=True, help="Show the reference solution without a pass; it is remembered.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def compare_command(
    problem_roots: tuple[Path, ...], slug: str | None, file: Path | None, seed: int | None, give_up: bool, as_json: bool
) -> int:
    """Show your solution beside the reference solution, after a pass."""
    from grader import workspace
    from grader.errors import UsageError
    from grader.processes import Zygote
    from grader.sources import printable, read_source

    problem, path = workspace.find(slug, file, catalogue.roots(problem_roots))
    source = read_source(path)
    done = history.summary(problem.slug)
    if not (done.passed or done.gave_up or give_up):
        hint = f"practice grade {problem.slug}, or add --give-up to see the reference solution now"
        raise UsageError(f"`{problem.slug}` has not been passed yet", hint)
    if give_up and not done.passed:
        keep(lambda: history.record_give_up(problem.slug))
    with Zygote(problem.file.backend) as zygote:
        from grader.cli.progress import progress
        from grader.compare import compare

        with progress(f"{problem.slug}: starting") as listener:
            comparison = compare(
                problem, source, zygote=zygote, seed=random.randrange(SEEDS) if seed is None else seed,
                file=printable(path), listener=listener,
            )  # fmt: skip
    if as_json:
        import json

        from grader.report.as_json import data_json, grade_json

        sides = {name: json.loads(grade_json(side)) for name, side in
                 (("yours", comparison.yours), ("reference", comparison.reference))}  # fmt: skip
        click.echo(data_json({**sides, "time_ratio": comparison.time_ratio, "rounds": comparison.rounds}))
    else:
        from grader.report.side_by_side import print_comparison

        reference = problem.reference.read_text(encoding="utf-8")
        print_comparison(comparison, source.decode("utf-8", "replace"), reference)
        click.echo(f"\nWhat the interviewer asks next: {problem.folder / 'followups.md'}")
    return Exit.PASSED
