"""Single keys of the person at the terminal, while something else goes on."""

import contextlib
import os
import queue
import select
import signal
import sys
import threading
from collections.abc import Iterator

from grader.report.plain import is_terminal

MOST_BYTES = 32
ESCAPE = b"\x1b"


@contextlib.contextmanager
def keys(events: "queue.SimpleQueue[str]") -> Iterator[bool]:
    """Put each key into a queue as it is pressed, until the block ends; the terminal is as before afterwards.

    Without a terminal, or in the background, where reading would stop the program, no key ever comes. Ctrl-C is no key.

    Args:
        events: Takes the keys, in lower case.

    Yields:
        Whether keys come.
    """
    if not (is_terminal(sys.stdin) and _in_foreground()):
        yield False
        return
    import termios

    before = termios.tcgetattr(sys.stdin)
    continued = signal.signal(signal.SIGCONT, lambda *_: _take())
    stop, end = os.pipe()
    reader = threading.Thread(target=_read, args=(sys.stdin.fileno(), stop, events), daemon=True)
    try:
        _take()
        reader.start()
        yield True
    finally:
        signal.signal(signal.SIGCONT, continued)
        os.close(end)
        reader.join()
        os.close(stop)
        with contextlib.suppress(termios.error):  # the terminal has gone
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _take() -> None:
    """Have keys come one at a time, and not shown; once more after a stop, when the shell has changed that."""
    import termios
    import tty

    with contextlib.suppress(termios.error):
        tty.setcbreak(sys.stdin)


def _read(terminal: int, stop: int, events: "queue.SimpleQueue[str]") -> None:
    while stop not in select.select([terminal, stop], [], [])[0]:
        try:
            pressed = os.read(terminal, MOST_BYTES)
        except OSError:
            pressed = b""
        if not pressed:  # the terminal has gone
            return
        if not pressed.startswith(ESCAPE):  # an arrow ends in a letter that is no key
            for key in pressed.decode("ascii", "replace").lower():
                events.put(key)


def _in_foreground() -> bool:
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:
        return False
