"""Calls that a suite made, kept as they were sent, so that they can be made again."""

import threading
from dataclasses import dataclass, field
from typing import Any

import msgspec

from grader import wire
from grader.frames import UnsendableError

MOST_CALLS = 3
MOST_BYTES = 16 << 20


@dataclass(frozen=True)
class RecordedCall:
    """One call of a function of the solution.

    Attributes:
        function: Its name.
        seconds: What it took when the suite made it.
        body: Its arguments: msgpack of two trees.
    """

    function: str
    seconds: float
    body: bytes

    def arguments(self) -> tuple[list[Any], dict[str, Any]]:
        """Its arguments, made anew: (positional, by name)."""
        args, kwargs = (wire.from_tree(tree, lambda it: it) for tree in msgspec.msgpack.decode(self.body))
        return args, kwargs


@dataclass
class Recorder:
    """The calls of each function that took longest, as far as their arguments can be made again.

    Attributes:
        calls: By function, the slowest first.
    """

    calls: dict[str, list[RecordedCall]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)  # workers that are called at once share it

    def add(self, function: str, args: Any, kwargs: Any, seconds: float) -> None:
        """Keep a call that was answered, if it is one of the slowest of its function."""
        with self._lock:
            self._add(self.calls.setdefault(function, []), function, args, kwargs, seconds)

    def _add(self, kept: list[RecordedCall], function: str, args: Any, kwargs: Any, seconds: float) -> None:
        if len(kept) == MOST_CALLS and kept[-1].seconds >= seconds:
            return
        try:
            trees = [wire.to_tree(value, lambda it: None) for value in (list(args), kwargs)]
        except UnsendableError:  # a handle, which belongs to one worker
            return
        body = msgspec.msgpack.encode(trees)
        if len(body) <= MOST_BYTES:
            kept.append(RecordedCall(function, seconds, body))
            kept.sort(key=lambda call: -call.seconds)
            del kept[MOST_CALLS:]
