"""A grade for people: one line per test, failures explained, the verdict last."""

import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from rich.cells import cell_len
from rich.text import Text

from grader.report.console import put_lines
from grader.report.curves import curve_lines
from grader.report.explain import explanation, item, paragraph
from grader.report.plain import USUAL, clipped, columns, safe
from grader.report_data import GradeReport, Group, TestReport
from grader.sandbox.levels import Level
from grader.words import Outcome

SHOWN_IN_FULL = 3
PRINTED_LINES = 6
WIDEST = 100
NARROW = 60
MARKS = {Outcome.PASSED: "✓", Outcome.INCONCLUSIVE: "?", Outcome.SKIPPED: "-"}
STYLES = {"✓": "good", "✗": "bad", "?": "warn", "-": "faint"}


@dataclass(frozen=True)
class Surroundings:
    """What the last lines say besides the grade.

    Attributes:
        spent: Time since `practice start` in words, or "".
        minutes: What an interview would give.
        next_step: What to type next.
        whole: What shows everything: an option or a key; "" where there is none.
    """

    spent: str = ""
    minutes: int = 0
    next_step: str = ""
    whole: str = ""


def print_report(
    report: GradeReport, around: Surroundings, *, everything: bool = False, stream: TextIO | None = None,
    width: int | None = None,
) -> None:  # fmt: skip
    """Print a grade.

    Args:
        report: The grade.
        around: Time spent and the next step.
        everything: Show every failure in full.
        stream: Where to; default standard output.
        width: Columns; default those of the terminal. In a pipe lines are as long as they are.
    """
    width = columns(stream or sys.stdout) if width is None else width
    put_lines(report_lines(report, around, everything, min(width, WIDEST) if width else None), stream)


def report_lines(report: GradeReport, around: Surroundings, everything: bool, width: int | None) -> Iterator[Text]:
    """The lines of a grade; `width` None for no wrapping."""
    if report.failure is not None:
        yield from item(f"{_mark(report.verdict)} ", safe(report.failure.message), width, style="bad")
        yield from explanation(report.failure, "", width, indent=4, with_message=False)
        yield Text()
    shortened = 0
    full = len(report.tests) if everything else SHOWN_IN_FULL
    for group in report.groups if report.tests else ():
        if report.stopped:
            yield from paragraph(group.title, width, style="title")
        else:
            yield from _heading(group, width)
        tests = [t for t in report.tests if t.group == group.group]
        for message, functions in itertools.groupby(_by_function(tests), key=_reason_to_skip):
            if message:
                yield from _skipped(list(functions), message, width)
                continue
            for cases in functions:
                explained = _explains(cases)
                in_full = full > 0 or not explained
                full -= explained
                shortened += not in_full
                yield from _function(cases, width, in_full)
        yield Text()
    yield from _figures(report, width)
    yield from _curves(report, width)
    yield from _printed(report, around, everything, width)
    yield from paragraph(_summary(report), width, style="good" if report.verdict.keeps_points else "bad")
    yield from paragraph(_circumstances(report, around), width, style="faint")
    steps = [f"{shortened} failures are told in short: {around.whole or '--all'} explains them"] if shortened else []
    steps += [around.next_step] if around.next_step else []
    for number, step in enumerate(steps):
        if number == 0:
            yield Text()
        yield from paragraph(step, width, whole_words=True)


def why_not(report: GradeReport) -> list[tuple[str, str, str]]:
    """Why a submission did not pass, in short: (what stands before it, text, style) of each line.

    Of the first hidden test that failed, or of the load; empty where there is nothing to tell.
    """
    test = report.first_failed()
    failure = report.failure or (test.failure if test else None)
    if failure is None:
        return []
    note = [("note: ", failure.note, "warn")] if failure.note else []
    if test is None:
        return [(f"{_mark(report.verdict)} ", failure.message, "bad"), *note]
    word = "" if test.outcome is Outcome.WRONG_ANSWER else f" · {test.outcome}"
    case = [("", f"case {test.case}", "")] if test.case else []
    mark = _mark(test.outcome)
    return [(f"{mark} ", test.title + word, STYLES[mark]), *case, ("", failure.message, ""), *note]


def short_explanation(report: GradeReport, width: int | None) -> Iterator[Text]:
    """The same as lines on a screen."""
    for number, (head, text, style) in enumerate(why_not(report)):
        yield from item(head, safe(text), width, indent=_detail(width) if number else 2, style=style)


def _heading(group: Group, width: int | None) -> Iterator[Text]:
    points = f"{group.points:g}/{group.max_points:g}"
    across = width or USUAL
    if cell_len(group.title) + 1 + len(points) <= across:
        yield Text(f"{group.title}{points:>{across - cell_len(group.title)}}", style="title")
        return
    yield from paragraph(group.title, width, style="title")
    yield Text(f"{points:>{across}}", style="title")


def _by_function(tests: Sequence[TestReport]) -> Iterator[list[TestReport]]:
    for identifier in dict.fromkeys(t.id for t in tests):
        yield [t for t in tests if t.id == identifier]


def _reason_to_skip(cases: Sequence[TestReport]) -> str:
    """Why a hidden test was not run, or "" if it was."""
    test = cases[0]
    skipped = all(t.outcome is Outcome.SKIPPED for t in cases)
    return test.failure.message if skipped and test.failure is not None else ""


def _skipped(functions: Sequence[Sequence[TestReport]], message: str, width: int | None) -> Iterator[Text]:
    """Neighbours that were not run for the same reason: it is told once."""
    for cases in functions:
        yield from item("- ", f"{cases[0].title} · {Outcome.SKIPPED}", width, indent=2, style="faint")
    yield from paragraph(safe(message), width, indent=_detail(width), style="faint")


def _shown_case(cases: Sequence[TestReport]) -> TestReport:
    """The case that stands for a hidden test: the first that failed, else one that could not be decided."""
    bad = [t for t in cases if not t.outcome.keeps_points]
    unsure = (t for t in cases if t.outcome is Outcome.INCONCLUSIVE)
    return next((t for t in bad if t.outcome is not Outcome.SKIPPED), bad[0] if bad else next(unsure, cases[0]))


def _explains(cases: Sequence[TestReport]) -> bool:
    """Whether a hidden test failed with something new to explain."""
    test = _shown_case(cases)
    told = (Outcome.SKIPPED, Outcome.INCONCLUSIVE)
    return test.failure is not None and not test.repeats and test.outcome not in told


def _function(cases: Sequence[TestReport], width: int | None, in_full: bool) -> Iterator[Text]:
    """A hidden test that was run."""
    test = _shown_case(cases)
    bad = sum(not t.outcome.keeps_points for t in cases)
    title = f"{test.title} ({bad} of {len(cases)} cases)" if bad and len(cases) > 1 else test.title
    word = "" if test.outcome in (Outcome.PASSED, Outcome.WRONG_ANSWER) else f" · {test.outcome}"
    mark, detail = _mark(test.outcome), _detail(width)
    yield from item(f"{mark} ", title + word, width, indent=2, style=STYLES[mark])
    if test.failure is None:
        return
    if test.repeats:
        yield from paragraph("same error as above", width, indent=detail, style="faint")
    elif not in_full:
        yield from paragraph(safe(test.failure.message), width, indent=detail)
    else:
        if test.case and test.outcome is not Outcome.INCONCLUSIVE:
            yield from paragraph(f"case {safe(test.case)}", width, indent=detail)
        yield from explanation(test.failure, test.call, width, indent=detail)


def _detail(width: int | None) -> int:
    return 6 if width is None or width >= NARROW else 4


def _figures(report: GradeReport, width: int | None) -> Iterator[Text]:
    if not (report.figures or report.facts):
        return
    yield Text("Measured", style="title")
    for name, text in report.facts.items():
        yield from paragraph(f"{name}  {safe(text)}", width, indent=2)
    for name, value in report.figures.items():
        yield from paragraph(f"{name}  {value:.4g}", width, indent=2)
    yield Text()


def _curves(report: GradeReport, width: int | None) -> Iterator[Text]:
    """The curves for which the suite has measured the reference solution too."""
    for name, reference in report.reference_curves.items():
        both = {"yours": report.curves.get(name, []), "reference": reference}
        yield from map(Text, curve_lines(name, both, width))
        yield Text()


def _printed(report: GradeReport, around: Surroundings, everything: bool, width: int | None) -> Iterator[Text]:
    """The beginning of what a submission printed; not after a pass, where nobody looks for a reason."""
    lines = [line.rstrip() for line in safe(report.output).expandtabs().strip().split("\n")]
    if report.verdict is Outcome.PASSED or lines == [""]:
        return
    yield Text("Printed by the submission", style="title")
    if everything:
        for line in lines:
            yield from paragraph(line, width, indent=2)
        yield Text()
        return
    for line in lines[:PRINTED_LINES]:
        yield Text(f"  {clipped(line, (width or WIDEST) - 2)}")
    if len(lines) > PRINTED_LINES:
        how = f": {around.whole} shows them" if around.whole else ""
        yield Text(f"  … {len(lines) - PRINTED_LINES} more lines{how}", style="faint")
    yield Text()


def _summary(report: GradeReport) -> str:
    verdict = str(report.verdict)
    parts = [f"{_mark(report.verdict)} {verdict[:1].upper()}{verdict[1:]}"]
    if not report.stopped:
        parts.append(f"{report.score:g}/{report.max_score:g} points")
    if report.tests:
        functions = list(_by_function(report.tests))
        good = sum(all(t.outcome.keeps_points for t in cases) for cases in functions)
        unsure = sum(any(t.outcome is Outcome.INCONCLUSIVE for t in cases) for cases in functions)
        parts.append(f"{good} of {len(functions)} tests")
        parts += [f"{unsure} inconclusive"] if unsure else []
    parts.append(f"{report.seconds:.1f} s")
    if report.stopped:
        parts.append("stopped at the first failure")
    elif report.partial:
        parts.append("not all tests were run (-k)")
    return " · ".join(parts)


def _circumstances(report: GradeReport, around: Surroundings) -> str:
    parts = [f"{around.spent} since start, an interview gives {around.minutes} min"] if around.spent else []
    parts += [report.file] if report.file != "solution.py" else []
    parts += [f"seed {report.seed}", _sandbox(report), f"{report.backend} on {report.device}"]
    return " · ".join(parts)


def _sandbox(report: GradeReport) -> str:
    """The level, and where it is the lowest, why."""
    why = f" ({report.sandbox_notices[-1]})" if report.sandbox == Level.PROCESS and report.sandbox_notices else ""
    return f"sandbox: {report.sandbox}{why}"


def _mark(outcome: Outcome) -> str:
    return MARKS.get(outcome, "✗")
