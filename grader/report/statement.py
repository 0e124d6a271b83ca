"""Statements, hints and follow-ups on a terminal: Markdown as its author wrote it, broken anew to the width.

Only what our texts use: headings, paragraphs, lists, tables, blocks of code, `code` and **strong** words. Code keeps
its backticks and its lines, so that it reads the same without colours.
"""

import re
import sys
from collections.abc import Callable, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from grader.report.console import put_lines
from grader.report.plain import columns, put

WIDEST = 80
_FENCE = re.compile(r"\s*(?:```|~~~)")
_HEADING = re.compile(r"#{1,6} +")
_ITEM = re.compile(r" *(?:[-*+]|\d+[.)]) +")
_TABLE = re.compile(r"\s*\|.*\|\s*$")
_RULE = re.compile(r"[\s|:-]+$")
_INLINE = re.compile(r"(?P<code>`[^`]+`)|\*\*(?P<strong>\S(?:.*?\S)?)\*\*")
_SIGN = re.compile(r"(?<=\S) (?=[-+*](?: |$))")
_GLUE = "\ue000"  # one column wide, and no place to break a line; Rich breaks at spaces that are called unbreakable too
_DRAWING = Console(width=WIDEST)  # Rich breaks lines with it; it writes nothing


def print_statement(markdown: str) -> None:
    """Print a text of a problem: styled on a terminal, as it is in a pipe."""
    width = columns(sys.stdout)
    if width is None:
        put(markdown.strip("\n"))
    else:
        put_lines(statement_lines(markdown, width))


def statement_lines(markdown: str, width: int) -> Iterator[Text]:
    """The lines of a text, at most `width` columns wide (code and single words aside)."""
    lines = markdown.strip("\n").split("\n")
    width, start = min(width, WIDEST), 0
    while start < len(lines):
        line = lines[start]
        if _FENCE.match(line):
            end = _end(lines, start + 1, lambda text: bool(_FENCE.match(text)))
            yield from (Text(f"    {code}".rstrip(), style="code") for code in lines[start + 1 : end])
            end += 1
        elif match := _HEADING.match(line):
            yield from _broken(_styled(line[match.end() :], style="title"), width)
            end = start + 1
        elif _TABLE.match(line):
            end = _end(lines, start, lambda text: not _TABLE.match(text))
            yield from _table(lines[start:end], width)
        elif not line.strip():
            yield Text()
            end = start + 1
        else:
            match = _ITEM.match(line)
            head = match[0] if match else line[: len(line) - len(line.lstrip())]
            end = _end(lines, start + 1, _starts_a_block)
            words = [line[len(head) :], *lines[start + 1 : end]]
            yield from _broken(_styled(" ".join(word.strip() for word in words)), width, head)
        start = end


def _end(lines: Sequence[str], start: int, stops: Callable[[str], bool]) -> int:
    return next((number for number in range(start, len(lines)) if stops(lines[number])), len(lines))


def _starts_a_block(line: str) -> bool:
    return not line.strip() or any(pattern.match(line) for pattern in (_FENCE, _HEADING, _ITEM, _TABLE))


def _styled(text: str, style: str = "") -> Text:
    """Words with their `code` in another colour and their **strong** ones in bold."""
    styled = Text(style=style)
    end = 0
    for match in _INLINE.finditer(text):
        styled.append(text[end : match.start()])
        styled.append(match["code"] or match["strong"], style="code" if match["code"] else "title")
        end = match.end()
    return styled.append(text[end:])


def _broken(text: Text, width: int, head: str = "") -> Iterator[Text]:
    """Lines of a paragraph that hangs below its first word.

    A lone sign stays with what is before it: at the beginning of a line it would look like the mark of a list.
    """
    glued = text.copy()
    glued.plain = _SIGN.sub(_GLUE, text.plain)
    for number, line in enumerate(glued.wrap(_DRAWING, max(width - len(head), 12))):
        line.plain = line.plain.replace(_GLUE, " ")
        yield Text(head if number == 0 else " " * len(head)).append_text(line)


def _table(lines: Sequence[str], width: int) -> Iterator[Text]:
    """Columns where they fit, else the cells of a row below each other, each with its column's name."""
    cells = [line.strip().strip("|").split("|") for line in lines if not _RULE.match(line)]
    rows = [[_styled(cell.strip()) for cell in row] for row in cells]
    widths = [max(cell_len(row[n].plain) for row in rows if n < len(row)) for n in range(max(map(len, rows)))]
    header, *body = rows
    if sum(widths) + 2 * (len(widths) - 1) <= width:
        for row in rows:
            line = Text("  ").join(_padded(cell, room) for cell, room in zip(row, widths, strict=False))
            if row is header:
                line.stylize("title")
            yield line
        return
    for row in body:
        yield from _broken(row[0], width)
        for name, cell in zip(header[1:], row[1:], strict=False):
            yield from _broken(Text.assemble(name, ": ", cell) if name.plain else cell, width, "  ")


def _padded(text: Text, width: int) -> Text:
    padded = text.copy()
    padded.pad_right(max(0, width - cell_len(text.plain)))
    return padded
