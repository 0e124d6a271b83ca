"""A grade for people: one line per test, failures explained, the verdict last."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from rich.cells import cell_len
from rich.text import Text

from grader.failure import Failure
from grader.report.console import ASCII, can_show_unicode, make_console, safe
from grader.report_data import GradeReport, Group, TestReport
from grader.words import Outcome

SHOWN_IN_FULL = 3
STYLES = {"✓": "good", "✗": "bad", "?": "warn", "-": "faint"}


@dataclass(frozen=True)
class Surroundings:
    """What the last lines say besides the grade.

    Attributes:
        minutes_spent: Since `practice start`, or None.
        minutes: What an interview would give.
        next_step: What to type next.
    """

    minutes_spent: float | None = None
    minutes: int = 0
    next_step: str = ""


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
        width: Columns; default those of the terminal.
    """
    console = make_console(stream, width=width)
    plain = not can_show_unicode(stream)
    for line in _lines(report, around, console.width, everything):
        line.rstrip()
        if plain:
            line = Text(line.plain.translate(ASCII))
        console.print(line, soft_wrap=True)


def _lines(report: GradeReport, around: Surroundings, width: int, everything: bool) -> Iterator[Text]:
    if report.failure is not None:
        yield _verdict_mark(report.verdict, report.failure.message, width)
        yield from _failure_lines(report.failure, "", width, indent=4, with_message=False)
        yield Text()
    shown = 0
    for group in report.groups if report.tests else ():
        yield _heading(group, width)
        for tests in _by_function([t for t in report.tests if t.group == group.group]):
            lines, explained = _test_lines(tests, width, everything or shown < SHOWN_IN_FULL)
            shown += explained
            yield from lines
        yield Text()
    yield from _figures(report, width)
    if report.verdict is not Outcome.PASSED and report.output.strip():
        yield from _output_lines(report.output, width)
    yield from _wrapped(_summary(report), width, style=_verdict_style(report.verdict))
    yield from _wrapped(_circumstances(report, around), width, style="faint")
    if around.next_step:
        yield Text()
        yield from _wrapped(around.next_step, width)


def _heading(group: Group, width: int) -> Text:
    points = f"{group.points:g}/{group.max_points:g}"
    room = width - cell_len(group.title) - len(points)
    return Text(f"{group.title}{' ' * max(1, room)}{points}", style="title")


def _by_function(tests: Sequence[TestReport]) -> Iterator[list[TestReport]]:
    ids = dict.fromkeys(t.id for t in tests)
    for identifier in ids:
        yield [t for t in tests if t.id == identifier]


def _test_lines(tests: Sequence[TestReport], width: int, in_full: bool) -> tuple[list[Text], int]:
    """Lines for one hidden test, and whether a failure was explained."""
    bad = [t for t in tests if not t.outcome.keeps_points]
    worst = next((t for t in bad if t.outcome is not Outcome.SKIPPED), bad[0] if bad else tests[0])
    unsure = next((t for t in tests if t.outcome is Outcome.INCONCLUSIVE), None)
    if not bad and unsure is not None:
        worst = unsure
    mark = _mark(worst.outcome)
    cases = f" ({len(bad)} of {len(tests)} cases)" if bad and len(tests) > 1 else ""
    word = "" if worst.outcome in (Outcome.PASSED, Outcome.WRONG_ANSWER) else f" · {worst.outcome}"
    lines = _item(f"{mark} ", f"{worst.title}{cases}{word}", width, indent=2, style=STYLES[mark])
    if worst.failure is None:
        return lines, 0
    if worst.repeats:
        return [*lines, *_wrapped("same error as above", width, indent=6, style="faint")], 0
    if worst.outcome is Outcome.SKIPPED:
        return [*lines, *_wrapped(worst.failure.message, width, indent=6, style="faint")], 0
    if worst.outcome is Outcome.INCONCLUSIVE:
        return [*lines, *_failure_lines(worst.failure, "", width, indent=6)], 0
    if not in_full:
        return [*lines, *_wrapped(safe(worst.failure.message), width, indent=6)], 0
    if worst.case:
        lines += _wrapped(f"case {safe(worst.case)}", width, indent=6)
    return [*lines, *_failure_lines(worst.failure, worst.call, width, indent=6)], 1


def _failure_lines(
    failure: Failure, call: str, width: int, *, indent: int, with_message: bool = True
) -> Iterator[Text]:
    if with_message:
        yield from _wrapped(safe(failure.message), width, indent=indent)
    if failure.rows:
        yield from _table(failure.rows, width, indent)
    for label, text in failure.facts:
        yield from _item(f"{label}: ", safe(text), width, indent=indent)
    if call:
        yield from _item("call: ", safe(call), width, indent=indent, style="faint")
    if failure.note:
        yield from _item("note: ", safe(failure.note), width, indent=indent, style="warn")


def _table(rows: Sequence[tuple[str, str, str]], width: int, indent: int) -> Iterator[Text]:
    cells = [("", "expected", "got"), *((label, safe(expected), safe(got)) for label, expected, got in rows)]
    label_width = max(cell_len(row[0]) for row in cells) + 2
    expected_width = max(cell_len(row[1]) for row in cells) + 2
    got_width = max(cell_len(row[2]) for row in cells) + 2
    fits = indent + label_width + expected_width + got_width + len("<- differs") <= width
    for number, (label, expected, got) in enumerate(cells):
        differs = bool(number) and expected != got
        if fits:
            columns = _padded(label, label_width) + _padded(expected, expected_width)
            line = Text(" " * indent + columns + (_padded(got, got_width) + "<- differs" if differs else got))
            line.stylize("bad" if differs else "faint" if not number else "")
            yield line
        elif number:
            yield from _wrapped(f"{label}{'  <- differs' if differs else ''}", width, indent=indent)
            yield from _item("expected  ", expected, width, indent=indent + 2)
            yield from _item("got       ", got, width, indent=indent + 2, style="bad" if differs else "")


def _figures(report: GradeReport, width: int) -> Iterator[Text]:
    if not report.figures:
        return
    yield Text("Measured", style="title")
    for name, value in report.figures.items():
        yield from _wrapped(f"{name}  {value:.4g}", width, indent=2)
    yield Text()


def _output_lines(output: str, width: int) -> Iterator[Text]:
    lines = safe(output).strip().splitlines()
    yield Text("Printed by the submission", style="title")
    for line in lines[:6]:
        yield Text(f"  {line}"[:width])
    if len(lines) > 6:
        yield Text(f"  … {len(lines) - 6} more lines", style="faint")
    yield Text()


def _summary(report: GradeReport) -> str:
    verdict = str(report.verdict)
    parts = [f"{_mark(report.verdict)} {verdict[:1].upper()}{verdict[1:]}"]
    parts.append(f"{report.score:g}/{report.max_score:g} points")
    if report.tests:
        functions = list(_by_function(report.tests))
        good = sum(all(t.outcome.keeps_points for t in tests) for tests in functions)
        parts.append(f"{good} of {len(functions)} tests")
    parts.append(f"{report.seconds:.1f} s")
    return " · ".join(parts) + (" · not all tests were run (-k)" if report.partial else "")


def _circumstances(report: GradeReport, around: Surroundings) -> str:
    parts = [f"seed {report.seed}", f"sandbox: {report.sandbox}", f"{report.backend} on {report.device}"]
    if around.minutes_spent is not None:
        parts.insert(0, f"{around.minutes_spent:.0f} min since start, an interview gives {around.minutes}")
    return " · ".join(parts)


def _verdict_mark(verdict: Outcome, message: str, width: int) -> Text:
    lines = _item(f"{_mark(verdict)} ", safe(message), width, indent=0, style=_verdict_style(verdict))
    return Text("\n").join(lines)


def _verdict_style(verdict: Outcome) -> str:
    return "good" if verdict.keeps_points else "bad"


def _mark(outcome: Outcome) -> str:
    return {Outcome.PASSED: "✓", Outcome.INCONCLUSIVE: "?", Outcome.SKIPPED: "-"}.get(outcome, "✗")


def _padded(text: str, width: int) -> str:
    return text + " " * max(0, width - cell_len(text))


def _item(head: str, text: str, width: int, *, indent: int = 0, style: str = "") -> list[Text]:
    """A paragraph that hangs from its first word."""
    return list(_wrapped(text, width, indent=indent, hang=cell_len(head), head=head, style=style))


def _wrapped(
    text: str, width: int, *, indent: int = 0, hang: int = 0, head: str = "", style: str = ""
) -> Iterator[Text]:
    for number, paragraph in enumerate(text.splitlines() or [""]):
        first = " " * indent + (head if number == 0 else " " * hang)
        lines = textwrap.wrap(
            paragraph, max(width, indent + hang + 12), initial_indent=first,
            subsequent_indent=" " * (indent + hang), break_on_hyphens=False,
        )  # fmt: skip
        for line in lines or [first]:
            yield Text(line, style=style)
