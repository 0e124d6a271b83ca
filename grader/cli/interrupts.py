"""Ctrl-C, a closed terminal and `kill`: one KeyboardInterrupt, and none while an attempt is being stored."""

import contextlib
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
IMPATIENCE_SECONDS = 2.0


@dataclass
class State:
    """What is known of interruptions.

    Attributes:
        last: When the last one was raised.
        held: Whether one has to wait.
        waiting: Whether one waits.
    """

    last: float = float("-inf")
    held: bool = False
    waiting: bool = False


STATE = State()


def install() -> None:
    """Turn the signals that ask a program to end into KeyboardInterrupt, so that workers are ended and nothing is lost.

    Who presses Ctrl-C twice does not stop the tidying up that the first one started.
    """
    for number in SIGNALS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _interrupt)


def ignore() -> None:
    """Everything is done: an interruption now would only change the exit status."""
    for number in SIGNALS:
        if signal.getsignal(number) is _interrupt:
            signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def held() -> Iterator[None]:
    """An interruption in this block comes at its end."""
    STATE.held = True
    try:
        yield
    finally:
        STATE.held = False
        if STATE.waiting:
            STATE.waiting = False
            raise KeyboardInterrupt


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    if STATE.held:
        STATE.waiting = True
        return
    now = time.monotonic()
    if now - STATE.last > IMPATIENCE_SECONDS:
        STATE.last = now
        raise KeyboardInterrupt
