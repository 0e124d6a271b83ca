"""Writing on the standard streams: safe text that fits the stream, and one error where nothing can be written."""

import io
import os
import re
import sys
import textwrap
import unicodedata
from typing import TextIO

from grader.errors import GraderError

ASCII = str.maketrans(
    {
        "✓": "+", "✗": "x", "·": "-", "×": "x", "…": "...", "“": '"', "”": '"', "‘": "'", "’": "'", "—": "-",
        "–": "-", "≤": "<=", "≥": ">=", "∂": "d", "→": "->", "•": "-", "±": "+-", "²": "^2",
    }
)  # fmt: skip
_TERM = re.compile(r" *\S+ {2,}")
NARROWEST = 20
USUAL = 80


class OutputClosedError(GraderError):
    """Whoever read standard output has gone, e.g. `| head -1`."""

    kind = "output"


def put(text: str, stream: TextIO | None = None) -> None:
    """Write lines as they are, without trailing spaces, in letters that the stream has.

    Args:
        text: Lines.
        stream: Where to; default standard output.

    Raises:
        OutputClosedError: If the reader has gone.
        GraderError: If nothing can be written, e.g. on a full disk.
    """
    stream = sys.stdout if stream is None else stream
    if stream is None:
        raise GraderError("nothing can be written: standard output is closed")
    if not can_show_unicode(stream):
        text = text.translate(ASCII)
    if stream.encoding is not None:
        text = text.encode(stream.encoding, "backslashreplace").decode(stream.encoding)
    try:
        stream.write("".join(f"{line.rstrip(' ')}\n" for line in text.split("\n")))
        stream.flush()
    except BrokenPipeError:
        raise OutputClosedError("the reader of the output has gone") from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise GraderError(f"the output cannot be written: {reason}") from None


def say(text: str, stream: TextIO | None = None) -> None:
    """Write lines; on a terminal, those that are wider than it break between words and keep their indent."""
    put(wrapped(text, columns(sys.stdout if stream is None else stream)), stream)


def tell(text: str) -> None:
    """Write on standard error; what cannot be written there is lost."""
    try:
        if sys.stderr is not None:
            say(text, sys.stderr)
    except GraderError:
        return


def wrapped(text: str, width: int | None) -> str:
    """Break lines that are wider than `width` between words, and keep their indent.

    A word is never broken, so that paths can be copied. A term and its text (`solution.py  write here`) stay columns.
    """
    if width is None:
        return text
    lines: list[str] = []
    for line in text.split("\n"):
        term = _TERM.match(line)
        hang = term.end() if term and term.end() <= width // 2 else len(line) - len(line.lstrip(" "))
        broken = textwrap.wrap(
            line, width, subsequent_indent=" " * hang, break_long_words=False, break_on_hyphens=False
        )  # fmt: skip
        lines += broken if len(line) > width and broken else [line]
    return "\n".join(lines)


def columns(stream: TextIO | None) -> int | None:
    """Width of the terminal that a stream writes on, or None if it is none."""
    if not is_terminal(stream):
        return None
    named = os.environ.get("COLUMNS", "")
    try:
        width = int(named) if named.isdecimal() else os.get_terminal_size(stream.fileno()).columns if stream else 0
    except (OSError, ValueError):
        width = USUAL
    return max(NARROWEST, width or USUAL)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream writes on a terminal."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # it is closed
        return False


def can_show_unicode(stream: TextIO | None = None) -> bool:
    """Whether the stream's encoding has the symbols that we use."""
    stream = sys.stdout if stream is None else stream
    if stream is None or isinstance(stream, io.StringIO):
        return True
    try:
        "✓✗·×…".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def safe(text: str) -> str:
    """Text of a submission without control characters, so that it cannot write on the screen what it likes."""
    return "".join(c if c in "\n\t" or _is_harmless(c) else _escaped(c) for c in text.replace("\r\n", "\n"))


def clipped(text: str, width: int) -> str:
    """The beginning of a line, at most `width` columns wide, marked where it was cut."""
    if sum(map(_cells, text)) <= width:
        return text
    kept, room = [], width - 1
    for character in text:
        room -= _cells(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + "…"


def _is_harmless(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
