"""Single keys of the person at the terminal, while something else goes on."""

import contextlib
import os
import queue
import select
import signal
import sys
import threading
from types import TracebackType
from typing import Any

from grader.report.plain import is_terminal

LONGEST_KEY = 32


class Keyboard:
    """Puts each key into a queue as it is pressed; the terminal is as before afterwards.

    Without a terminal, or in the background, where reading would stop the program, no key ever comes. Ctrl-C is no key.

    Args:
        events: Takes the keys, in lower case.
    """

    def __init__(self, events: "queue.SimpleQueue[str]") -> None:
        self._events = events
        self._before: Any = None
        self._stop: tuple[int, int] | None = None
        self._reader: threading.Thread | None = None

    @property
    def works(self) -> bool:
        """Whether keys come."""
        return self._before is not None

    def __enter__(self) -> "Keyboard":
        if is_terminal(sys.stdin) and _in_foreground():
            import termios

            self._before = termios.tcgetattr(sys.stdin)
            self._continued = signal.signal(signal.SIGCONT, lambda *_: self._take())
            self._take()
            self._stop = os.pipe()
            self._reader = threading.Thread(target=self._read, args=(sys.stdin.fileno(), self._stop[0]), daemon=True)
            self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before is None or self._stop is None or self._reader is None:
            return
        import termios

        signal.signal(signal.SIGCONT, self._continued)
        os.close(self._stop[1])
        self._reader.join()
        os.close(self._stop[0])
        with contextlib.suppress(termios.error):  # the terminal has gone
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)

    def _take(self) -> None:
        """Have keys come one at a time, and not shown; once more after a stop, when the shell has changed that."""
        import termios
        import tty

        with contextlib.suppress(termios.error):
            tty.setcbreak(sys.stdin)

    def _read(self, keys: int, stop: int) -> None:
        while stop not in (ready := select.select([keys, stop], [], [])[0]):
            try:
                pressed = os.read(ready[0], LONGEST_KEY)
            except OSError:
                pressed = b""
            if not pressed:  # the terminal has gone
                return
            if len(pressed) == 1:  # an arrow is several
                self._events.put(pressed.decode("ascii", "replace").lower())


def _in_foreground() -> bool:
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:
        return False
