"""One changing line on standard error while a person waits; nothing in a pipe."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator

from grader.report.plain import can_show_unicode, clipped, columns, is_terminal, safe

REFRESH_SECONDS = 0.1
CLEAR = "\r\x1b[2K"
WITHOUT_CONTROL = ("dumb", "unknown")


class StatusLine:
    """Writes over itself; what a submission says is shown at most ten times a second."""

    def __init__(self) -> None:
        self._stream = sys.stderr  # the judge redirects the name while pytest runs
        self._enabled = is_terminal(self._stream)
        self._can_erase = os.environ.get("TERM", "dumb").lower() not in WITHOUT_CONTROL
        self._title = ""
        self._last = 0.0

    def test(self, title: str) -> None:
        """Show what runs."""
        self._title = title
        self._show(title)

    def line(self, text: str) -> None:
        """Show how far a long test is; the text comes from the submission."""
        now = time.monotonic()
        if now - self._last < REFRESH_SECONDS:
            return
        self._last = now
        clean = " ".join(safe(text).split())
        self._show(f"{self._title} · {clean}" if self._title else clean)

    def clear(self) -> None:
        """Leave the line empty."""
        if self._can_erase:
            self._write(CLEAR)

    def _show(self, text: str) -> None:
        if self._can_erase and self._enabled:
            width = (columns(self._stream) or 0) - 1
            self._write(CLEAR + clipped(text if can_show_unicode(self._stream) else ascii(text)[1:-1], width))

    def _write(self, text: str) -> None:
        if self._enabled:
            with contextlib.suppress(OSError, ValueError):  # the terminal has gone
                self._stream.write(text)
                self._stream.flush()


@contextlib.contextmanager
def progress(first: str) -> Iterator[StatusLine]:
    """A line that shows progress until the block ends; the first text is on screen at once."""
    line = StatusLine()
    line.test(first)
    try:
        yield line
    finally:
        line.clear()
