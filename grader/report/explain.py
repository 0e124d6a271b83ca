"""Why a test did not pass, as styled lines: what was called, both sides in columns, facts, the mistake's name."""

import textwrap
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.text import Text

from grader.failure import Failure
from grader.report.plain import safe

TABLE_WIDTH = 100
DIFFERS = "<- differs"


def explanation(
    failure: Failure, call: str, width: int | None, *, indent: int, with_message: bool = True
) -> Iterator[Text]:
    """A failure in full.

    Args:
        failure: What is wrong.
        call: What was called, or "".
        width: Columns, or None for no wrapping.
        indent: Columns to leave free on the left.
        with_message: Whether its message has not been shown yet.
    """
    if with_message:
        yield from paragraph(safe(failure.message), width, indent=indent)
    if call:
        yield from item("call: ", safe(call), width, indent=indent, style="faint")
    if failure.rows:
        yield from _table([(label, safe(expected), safe(got)) for label, expected, got in failure.rows], width, indent)
    for label, text in failure.facts:
        yield from item(f"{label}: " if text.strip() else label, safe(text), width, indent=indent)
    if failure.note:
        yield from item("note: ", safe(failure.note), width, indent=indent, style="warn")


def _table(rows: Sequence[tuple[str, str, str]], width: int | None, indent: int) -> Iterator[Text]:
    """Expected and got side by side; a row that is too wide for that has one below the other, after the rest."""
    room = min(width or TABLE_WIDTH, TABLE_WIDTH) - indent
    side_by_side = [row for row in rows if sum(_widths([row])) + len(DIFFERS) <= room and "\n" not in "".join(row)]
    while side_by_side and sum(_widths(side_by_side)) + len(DIFFERS) > room:
        side_by_side.remove(max(side_by_side, key=lambda row: sum(_widths([row]))))
    if side_by_side:
        first, second, third = _widths(side_by_side)
        yield Text(" " * indent + _padded("", first) + _padded("expected", second) + "got", style="faint")
        for label, expected, got in side_by_side:
            differs = expected != got
            columns = _padded(label, first) + _padded(expected, second)
            yield Text(
                " " * indent + columns + (_padded(got, third) + DIFFERS if differs else got),
                style="bad" if differs else "",
            )
    for label, expected, got in rows:
        if (label, expected, got) in side_by_side:
            continue
        differs = expected != got
        yield from paragraph(f"{label}  {DIFFERS}" if differs else label, width, indent=indent)
        yield from item("expected  ", expected, width, indent=indent + 2)
        yield from item("got       ", got, width, indent=indent + 2, style="bad" if differs else "")


def _widths(rows: Sequence[tuple[str, str, str]]) -> tuple[int, int, int]:
    cells = [("", "expected", "got"), *rows]
    first, second, third = (max(cell_len(row[column]) for row in cells) + 2 for column in range(3))
    return first, second, third


def _padded(text: str, width: int) -> str:
    return text + " " * max(0, width - cell_len(text))


def item(head: str, text: str, width: int | None, *, indent: int = 0, style: str = "") -> Iterator[Text]:
    """A paragraph whose further lines hang below its first word."""
    yield from paragraph(text, width, indent=indent, head=head, style=style)


def paragraph(
    text: str, width: int | None, *, indent: int = 0, head: str = "", style: str = "", whole_words: bool = False
) -> Iterator[Text]:
    """Text between `indent` and `width`; words that are too long break, unless `whole_words` are to be copied."""
    hang = " " * (indent + cell_len(head))
    for number, line in enumerate(text.expandtabs().splitlines() or [""]):
        first = " " * indent + head if number == 0 else hang
        broken = [first + line]
        if width is not None and cell_len(broken[0]) > width:
            broken = textwrap.wrap(
                line, max(width, len(hang) + 12), initial_indent=first, subsequent_indent=hang,
                break_long_words=not whole_words, break_on_hyphens=False,
            )  # fmt: skip
        for part in broken:
            yield Text(part, style=style)
