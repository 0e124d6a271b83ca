"""What a worker prints: read as bytes, the beginning kept, the rest counted."""

import os
import select
from collections.abc import Iterator

KEPT_BYTES = 64 << 10
MOST_BYTES = 32 << 20


class Output:
    """The two pipes of a worker.

    Args:
        out: Descriptor to read its standard output from; owned from here on.
        err: The same for its standard error.
    """

    def __init__(self, out: int, err: int) -> None:
        self._open = {out, err}
        self._kept = bytearray()
        self._count = 0

    @property
    def too_much(self) -> bool:
        """Whether it printed more than any honest solution needs."""
        return self._count > MOST_BYTES

    def descriptors(self) -> Iterator[int]:
        """Those that have not reached their end."""
        return iter(tuple(self._open))

    def read(self, descriptor: int) -> bool:
        """Take what is there; False once the pipe has ended."""
        data = os.read(descriptor, 1 << 16)
        self._count += len(data)
        self._kept += data[: max(0, KEPT_BYTES - len(self._kept))]
        if not data:
            self._open.discard(descriptor)
            os.close(descriptor)
        return bool(data)

    def drain(self) -> None:
        """Take what is left without waiting for more."""
        while self._open and not self.too_much:
            ready, _, _ = select.select(list(self._open), [], [], 0)
            if not ready:
                return
            for descriptor in ready:
                self.read(descriptor)

    def text(self) -> str:
        """The beginning of what was printed; undecodable bytes replaced."""
        return bytes(self._kept).decode("utf-8", "replace")

    def close(self) -> None:
        """Close the pipes."""
        while self._open:
            os.close(self._open.pop())
