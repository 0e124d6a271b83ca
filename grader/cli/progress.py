"""One changing line on standard error while a grade runs; nothing in a pipe."""

import contextlib
import sys
import time
from collections.abc import Iterator

from grader.judge import Listener
from grader.report.console import safe

REFRESH_SECONDS = 0.1
CLEAR = "\r\x1b[2K"


class StatusLine:
    """Writes over itself; at most ten times a second."""

    def __init__(self) -> None:
        self._stream = sys.stderr  # the judge redirects the name while pytest runs
        self._enabled = self._stream.isatty()
        self._title = ""
        self._last = 0.0

    def test(self, title: str) -> None:
        """Show which test runs."""
        self._title = title
        self._show(title)

    def line(self, text: str) -> None:
        """Show how far a long test is; the text comes from the submission."""
        clean = " ".join(safe(text).split())
        self._show(f"{self._title} · {clean}" if self._title else clean)

    def _show(self, text: str) -> None:
        now = time.monotonic()
        if not self._enabled or now - self._last < REFRESH_SECONDS:
            return
        self._last = now
        import shutil

        width = shutil.get_terminal_size().columns - 1
        self._stream.write(f"{CLEAR}{text[:width]}")
        self._stream.flush()

    def clear(self) -> None:
        """Leave the line empty."""
        if self._enabled:
            self._stream.write(CLEAR)
            self._stream.flush()


@contextlib.contextmanager
def progress(first: str) -> Iterator[Listener]:
    """A listener that shows progress until the block ends."""
    line = StatusLine()
    line.test(first)
    try:
        yield Listener(line.test, line.line)
    finally:
        line.clear()
