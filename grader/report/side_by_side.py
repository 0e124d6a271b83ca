"""A comparison for people: figures in two columns, curves, and both sources."""

import difflib
import sys
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells
from rich.syntax import Syntax
from rich.text import Text

from grader.compare import Comparison
from grader.report.console import put_lines
from grader.report.curves import curve_lines
from grader.report.explain import item, paragraph
from grader.report.plain import columns, safe
from grader.report.text import short_explanation

NARROWEST_SIDE_BY_SIDE = 100
WIDEST = 180
LEGEND = ("- only in yours", "+ only in the reference solution")
BETWEEN = "   "


def print_comparison(comparison: Comparison, yours: str, reference: str, *, width: int | None = None) -> None:
    """Print a comparison.

    Args:
        comparison: The grades and the ratios of times.
        yours: Source of the submission.
        reference: Source of the reference solution.
        width: Columns; default those of the terminal.
    """
    put_lines(comparison_lines(comparison, yours, reference, columns(sys.stdout) if width is None else width))


def comparison_lines(comparison: Comparison, yours: str, reference: str, width: int | None) -> Iterator[Text]:
    """The lines of a comparison; `width` None for no wrapping."""
    yield from _table([("", "yours", "reference"), *comparison_rows(comparison)], width)
    yield Text()
    reason = list(short_explanation(comparison.yours, width))
    yield from [*reason, Text()] if reason else []
    for name in dict.fromkeys([*comparison.reference.curves, *comparison.yours.curves]):
        curves = {
            "yours": comparison.yours.curves.get(name, []),
            "reference": comparison.reference.curves.get(name, []),
        }
        lines = list(curve_lines(name, curves, width))
        yield from (Text(line) for line in [*lines, ""] if lines)
    left, right = safe(yours).expandtabs(4), safe(reference).expandtabs(4)
    if width is not None and width >= NARROWEST_SIDE_BY_SIDE:
        yield from _side_by_side(left, right, min(width, WIDEST))
    else:
        yield from _merged(left, right, width)


def comparison_rows(comparison: Comparison) -> Iterator[tuple[str, str, str]]:
    """The figures of a comparison: (what, yours, reference)."""
    yours, reference = comparison.yours, comparison.reference
    yield "verdict", str(yours.verdict), str(reference.verdict)
    yield "score", f"{yours.score:g}/{yours.max_score:g}", f"{reference.score:g}/{reference.max_score:g}"
    if comparison.time_ratio is not None:
        yield "time of calls", f"{comparison.time_ratio:.2f} ×", "1 ×"
    elif comparison.unanswered:
        yield "time of calls", "-", "1 ×"
    if comparison.time_interval is not None:
        yield "  95 % interval", f"{_range(comparison.time_interval, '.2f')} ×", ""
    functions = {name: times for name, times in comparison.times.items() if name}
    if len(functions) + len(comparison.times_once) + len(comparison.unanswered) > 1:
        for name, times in functions.items():
            interval = "" if times.interval is None else f" ({_range(times.interval, '.2f')})"
            yield f"  {safe(name)}", f"{times.median:.2f} ×{interval}", "1 ×"
        for name, ratio in comparison.times_once.items():
            yield f"  {safe(name)}", f"{ratio:.2f} × (once)", "1 ×"
        yield from ((f"  {safe(name)}", "-", "1 ×") for name in comparison.unanswered)
    yield "CPU time", f"{yours.cpu_seconds:.2f} s", f"{reference.cpu_seconds:.2f} s"
    yield "peak memory", _mebibytes(yours.peak_bytes), _mebibytes(reference.peak_bytes)
    if comparison.memory_ratio is not None:
        yield "  ratio", f"{comparison.memory_ratio:.2f} ×", "1 ×"
    for name in dict.fromkeys([*reference.figures, *yours.figures]):
        yield name, _figure(yours.figures.get(name)), _figure(reference.figures.get(name))
        figure = comparison.figures.get(name)
        if figure is not None and figure.interval is not None:
            interval = f"{figure.difference:+.3g} ({_range(figure.interval, '+.3g')})"
            yield f"  difference, {comparison.seeds} seeds", interval, ""


def _range(interval: tuple[float, float], form: str) -> str:
    return f"{interval[0]:{form}} to {interval[1]:{form}}"


def _mebibytes(count: int) -> str:
    return f"{count / (1 << 20):.1f} MiB"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _table(rows: list[tuple[str, str, str]], width: int | None) -> Iterator[Text]:
    first, second, third = (max(cell_len(row[column]) for row in rows) for column in range(3))
    if width is None or first + second + third + 4 <= width:
        for label, left, right in rows:
            yield Text(f"{label:<{first}}  {left:>{second}}  {right:>{third}}")
        return
    for label, left, right in rows[1:]:
        level = len(label) - len(label.lstrip())
        yield from paragraph(label.lstrip(), width, indent=level)
        yield from item("yours      ", left, width, indent=level + 2)
        if right:
            yield from item("reference  ", right, width, indent=level + 2)


def _aligned(yours: str, reference: str) -> Iterator[tuple[str, Text | None, Text | None]]:
    """(mark, line of yours, line of the reference); None on the side that lacks it."""
    left, right = yours.splitlines(), reference.splitlines()
    left_code, right_code = _highlighted(yours), _highlighted(reference)
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        for offset in range(max(i2 - i1, j2 - j1)):
            a = left_code[i1 + offset] if i1 + offset < i2 else None
            b = right_code[j1 + offset] if j1 + offset < j2 else None
            yield " " if tag == "equal" else "<" if b is None else ">" if a is None else "|", a, b


def _highlighted(source: str) -> list[Text]:
    text = Syntax("", "python", theme="ansi_dark").highlight(source)
    return list(text.split("\n", allow_blank=True))


def _side_by_side(yours: str, reference: str, width: int) -> Iterator[Text]:
    """Two columns; what differs is marked between them."""
    half = (width - 3) // 2
    yield Text(f"{'yours':<{half}}   reference", style="title")
    for mark, left, right in _aligned(yours, reference):
        lefts, rights = _folded(left, half), _folded(right, half)
        for number in range(max(len(lefts), len(rights))):
            line = lefts[number].copy() if number < len(lefts) else Text()
            line.append(" " * (half - cell_len(line.plain)))
            line.append(f" {mark} " if number == 0 else "   ", style="warn")
            yield line.append_text(rights[number]) if number < len(rights) else line


def _folded(line: Text | None, width: int) -> list[Text]:
    """A line of code in pieces of `width` columns; the further ones keep its indent."""
    if line is None:
        return []
    indent = " " * min(len(line.plain) - len(line.plain.lstrip()) + 4, width // 2)
    pieces, rest = [], line
    while cell_len(rest.plain) > width:
        room = len(chop_cells(rest.plain, width)[0])
        cut = rest.plain.rfind(" ", len(indent) + 1, room)
        first, rest = rest.divide([cut + 1 if cut > 0 else room])
        if rest.plain.startswith(" "):  # a word that ends at the edge
            rest = rest[1:]
        pieces.append(first)
        rest = Text(indent).append_text(rest)
    return [*pieces, rest]


def _merged(yours: str, reference: str, width: int | None) -> Iterator[Text]:
    """One column for narrow screens and pipes: common lines once, the others marked."""
    legend = BETWEEN.join(LEGEND)
    if yours == reference:
        yield Text("both files are the same", style="title")
    elif width is None or cell_len(legend) <= width:
        yield Text(legend, style="title")
    else:
        yield from (Text(part, style="title") for part in LEGEND)
    removed: list[Text] = []
    added: list[Text] = []
    for mark, left, right in [*_aligned(yours, reference), (" ", None, None)]:
        if mark != " ":
            removed += _marked("- ", "bad", left, width)
            added += _marked("+ ", "good", right, width)
            continue
        yield from [*removed, *added]
        removed, added = [], []
        yield from _marked("  ", "", left, width)


def _marked(mark: str, style: str, line: Text | None, width: int | None) -> list[Text]:
    """A line of code behind its mark; what is too long goes on below its own indent, never in the column of marks."""
    if line is None:
        return []
    pieces = [line] if width is None else _folded(line, width - len(mark))
    heads = (Text(mark, style=style) if number == 0 else Text(" " * len(mark)) for number in range(len(pieces)))
    return [head.append_text(piece) for head, piece in zip(heads, pieces, strict=True)]
