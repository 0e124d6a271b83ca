"""Styled lines: drawn by Rich in the colours of the terminal, written by us."""

import io
import sys
from collections.abc import Iterable
from typing import TextIO

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

from grader.report.plain import ASCII, can_show_unicode, is_terminal, put

THEME = Theme(
    {"good": "green", "bad": "red", "warn": "yellow", "faint": "dim", "title": "bold", "code": "cyan"},
    inherit=True,
)


def put_lines(lines: Iterable[Text], stream: TextIO | None = None) -> None:
    """Write styled lines as they are: no wrapping, no markup, no trailing spaces; colours on a terminal only.

    Args:
        lines: One for each line on screen.
        stream: Where to; default standard output.
    """
    stream = sys.stdout if stream is None else stream
    plain = not can_show_unicode(stream)
    drawn = io.StringIO()
    console = Console(
        file=drawn, theme=THEME, highlight=False, markup=False, emoji=False, width=1 << 16,
        force_terminal=is_terminal(stream) or None, force_interactive=False, legacy_windows=False,
    )  # fmt: skip
    for line in lines:
        text = Text(line.plain.translate(ASCII)) if plain else line.copy()
        text.rstrip()
        console.print(text, soft_wrap=True)
    put(drawn.getvalue().removesuffix("\n"), stream)
