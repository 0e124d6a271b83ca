"""The terminal: width, theme, and text that is safe to show."""

import io
import os
import sys
import unicodedata
from typing import TextIO

from rich.console import Console
from rich.theme import Theme

THEME = Theme(
    {"good": "green", "bad": "red", "warn": "yellow", "faint": "dim", "title": "bold"},
    inherit=True,
)
ASCII = str.maketrans(
    {
        "✓": "+", "✗": "x", "·": "-", "×": "x", "…": "...", "“": '"', "”": '"', "—": "-", "–": "-", "≤": "<=",
        "≥": ">=", "∂": "d", "→": "->",
    }
)  # fmt: skip
NARROWEST = 30
WIDEST = 100


def make_console(stream: TextIO | None = None, *, width: int | None = None) -> Console:
    """A console for a stream: as wide as the terminal, without colour and wrapping in a pipe."""
    stream = sys.stdout if stream is None else stream
    console = Console(
        file=stream, theme=THEME, highlight=False, markup=False, emoji=False, soft_wrap=False,
        no_color=True if "NO_COLOR" in os.environ else None,
    )  # fmt: skip
    if width is None:
        width = console.width if stream.isatty() else WIDEST
    console.width = max(NARROWEST, min(width, WIDEST))
    return console


def can_show_unicode(stream: TextIO | None = None) -> bool:
    """Whether the stream's encoding has the symbols that we use."""
    stream = sys.stdout if stream is None else stream
    if isinstance(stream, io.StringIO):
        return True
    try:
        "✓✗·×…".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def safe(text: str) -> str:
    """Text of a submission without control characters, so that it cannot write on the screen what it likes."""
    return "".join(c if c in "\n\t" or unicodedata.category(c)[0] != "C" else f"\\x{ord(c):02x}" for c in text)
