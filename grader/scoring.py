"""Points: each group of the rubric shares its own equally among its tests, and those of a test among its cases."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from grader.catalogue import Problem
from grader.errors import ContentError
from grader.report_data import TestReport
from grader.words import Outcome

if TYPE_CHECKING:
    from grader.plugin import TestResult


def with_points(problem: Problem, results: "Sequence[TestResult]") -> tuple[TestReport, ...]:
    """The results as the report tells them, with their points.

    Raises:
        ContentError: If a test belongs to no group of the rubric.
    """
    rubrics = {rubric.group: rubric for rubric in problem.file.rubric}
    groups = {result.id: group_of(result.id) for result in results}
    unknown = sorted(set(groups.values()) - set(rubrics))
    if unknown:
        raise ContentError(f"`{problem.suite}`: `{problem.slug}` has no rubric group `{unknown[0]}`")
    tests_of: dict[str, list[str]] = {}
    for identifier, group in groups.items():
        tests_of.setdefault(group, []).append(identifier)
    reports = []
    for result in results:
        group = groups[result.id]
        cases = [other for other in results if other.id == result.id]
        share = rubrics[group].points / len(tests_of[group]) / len(cases)
        earned = all(case.outcome is not None and case.outcome.keeps_points for case in cases)
        reports.append(
            TestReport(
                id=result.id, title=result.title, group=group, case=result.case,
                outcome=result.outcome or Outcome.SKIPPED, points=share if earned else 0.0, max_points=share,
                seconds=round(result.seconds, 4), failure=result.failure, call=result.call, repeats=result.repeats,
            )
        )  # fmt: skip
    return tuple(reports)


def group_of(identifier: str) -> str:
    """Rubric group of a hidden test: `TestSmallBatch::test_x` belongs to `small-batch`."""
    name = identifier.partition("::")[0].removeprefix("Test")
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")


def tidy(points: float) -> float:
    """Points to a tenth, whole where they are whole."""
    rounded = round(points, 1)
    return int(rounded) if rounded == int(rounded) else rounded
