"""An attempt: what is graded, how it is remembered, and what to type next. Imported before anything heavy."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.catalogue import Problem
    from grader.report_data import GradeReport


def submission(slug: str | None, file: Path | None, problem_roots: Sequence[Path]) -> "tuple[Problem, Path, bytes]":
    """The problem, the file, and what is in it."""
    from grader import catalogue, workspace
    from grader.cli.talk import typed
    from grader.sources import printable, read_source

    problem, path = workspace.find(slug, file, catalogue.roots(problem_roots))
    if file is None and not path.exists():
        hint = f"{typed(problem_roots, 'reset', problem.slug)} puts the stub there"
        raise UsageError(f"`{printable(path)}` does not exist", hint)
    return problem, path, read_source(path)


def remembered(
    problem: "Problem", source: bytes, seed: int, name: str, select: str, grade: "Callable[[], GradeReport]"
) -> "tuple[GradeReport, float | None]":
    """Grade, and store the attempt whatever comes of it.

    Returns:
        The grade, stored already, and the minutes since the start, if there was one.
    """
    try:
        report = grade()
    except UsageError:
        raise
    except BaseException as error:
        verdict = "interrupted" if isinstance(error, KeyboardInterrupt) else "grader failed"
        _record_ungraded(problem, verdict, source, seed, name, select)
        raise
    return report, _record(problem, report, source)


def show(
    problem: "Problem", report: "GradeReport", minutes: float | None, next_step: str, *, everything: bool,
    whole: str = "--all",
) -> None:  # fmt: skip
    """Print a grade; `whole` is what the person types to see everything."""
    from grader.cli.talk import duration
    from grader.report.text import Surroundings, print_report

    spent = "" if minutes is None else duration(minutes)
    print_report(report, Surroundings(spent, problem.file.minutes, next_step, whole), everything=everything)


def _record(problem: "Problem", report: "GradeReport", source: bytes) -> float | None:
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
    """An attempt that has no verdict; its source is kept."""
    from grader import history
    from grader.cli.interrupts import held
    from grader.cli.keeping import keep

    with held():
        keep(lambda: history.record_attempt(problem.slug, verdict, 0, 0, bool(select), seed, name, source, "{}"))


def next_step(problem: "Problem", report: "GradeReport", problem_roots: Sequence[Path], file: Path | None) -> str:
    """What a person would do after this grade."""
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
