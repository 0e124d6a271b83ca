"""A comparison for people: figures in two columns, curves, and both sources side by side."""

import difflib
import shutil
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from grader.compare import Comparison
from grader.report.console import ASCII, can_show_unicode, make_console, safe

NARROW = 70
WIDEST = 180
CURVE_HEIGHT = 12


def print_comparison(comparison: Comparison, yours: str, reference: str, *, width: int | None = None) -> None:
    """Print a comparison.

    Args:
        comparison: The grades and the ratio of times.
        yours: Source of the submission.
        reference: Source of the reference solution.
        width: Columns; default those of the terminal.
    """
    console = make_console(width=width)
    if width is None and sys.stdout.isatty():
        console.width = min(shutil.get_terminal_size().columns, WIDEST)
    plain = not can_show_unicode()
    for label, left, right in _figures(comparison):
        line = f"{label:<14}  {left:>14}  {right:>14}".rstrip()
        console.print(Text(line.translate(ASCII) if plain else line), soft_wrap=True)
    console.print()
    for name in comparison.yours.curves.keys() | comparison.reference.curves.keys():
        _print_curve(console, name, comparison, plain)
    left, right = safe(yours), safe(reference)
    if console.width < NARROW:
        _print_unified(console, left, right)
    else:
        console.print(_columns(left, right, console.width))


def _figures(comparison: Comparison) -> Iterator[tuple[str, str, str]]:
    yours, reference = comparison.yours, comparison.reference
    yield "", "yours", "reference"
    yield "verdict", str(yours.verdict), str(reference.verdict)
    yield "score", f"{yours.score:g}/{yours.max_score:g}", f"{reference.score:g}/{reference.max_score:g}"
    if comparison.time_ratio is not None:
        yield "time of calls", f"{comparison.time_ratio:.2f} ×", "1 ×"
    yield "CPU time", f"{yours.cpu_seconds:.2f} s", f"{reference.cpu_seconds:.2f} s"
    yield "peak memory", _mebibytes(yours.peak_bytes), _mebibytes(reference.peak_bytes)
    for name in dict.fromkeys([*reference.figures, *yours.figures]):
        yield name, _figure(yours.figures.get(name)), _figure(reference.figures.get(name))


def _mebibytes(count: int) -> str:
    return f"{count / (1 << 20):.1f} MiB"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _print_curve(console: Console, name: str, comparison: Comparison, plain: bool) -> None:
    import plotext

    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(min(console.width, 76), CURVE_HEIGHT)
    plotext.title(name)
    for label, report, marker in (("yours", comparison.yours, "x"), ("reference", comparison.reference, "o")):
        values = report.curves.get(name)
        if values:
            plotext.plot(list(range(1, len(values) + 1)), values, label=label, marker=marker)
    drawn = plotext.uncolorize(plotext.build())
    for line in drawn.splitlines():
        text = line.rstrip()
        console.print(Text(text.encode("ascii", "replace").decode() if plain else text), soft_wrap=True)
    console.print()


def _columns(yours: str, reference: str, width: int) -> Table:
    """Both sources, lines aligned; lines that differ are marked in the middle."""
    table = Table(box=None, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False, width=width)
    half = (width - 5) // 2
    table.add_column("yours", width=half, overflow="fold")
    table.add_column("", width=1)
    table.add_column("reference", width=half, overflow="fold")
    left, right = yours.splitlines(), reference.splitlines()
    left_code, right_code = _highlighted(yours), _highlighted(reference)
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        for offset in range(max(i2 - i1, j2 - j1)):
            a = left_code[i1 + offset] if i1 + offset < i2 else Text()
            b = right_code[j1 + offset] if j1 + offset < j2 else Text()
            mark = " " if tag == "equal" else "<" if j1 + offset >= j2 else ">" if i1 + offset >= i2 else "|"
            table.add_row(a, Text(mark, style="warn"), b)
    return table


def _print_unified(console: Console, yours: str, reference: str) -> None:
    lines = difflib.unified_diff(yours.splitlines(), reference.splitlines(), "yours", "reference", lineterm="")
    for line in lines:
        style = "good" if line.startswith("+") else "bad" if line.startswith("-") else ""
        console.print(Text(line, style=style), soft_wrap=True)


def _highlighted(source: str) -> list[Text]:
    text = Syntax("", "python", theme="ansi_dark").highlight(source)
    return list(text.split("\n", allow_blank=True))
