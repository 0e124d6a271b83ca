"""Large arrays between judge and worker: in a file in memory that the judge makes, and that no folder holds.

A message says at which offset an array lies, and the file travels with it as a descriptor. What a worker has put there
is copied once and looked at afterwards, so that it cannot change while it is looked at.
"""

import mmap
import os
from typing import TYPE_CHECKING, Any, Protocol

from grader.frames import MAX_FRAME, ProtocolError, UnsendableError

if TYPE_CHECKING:
    import numpy as np  # the judge starts its zygote before it imports it

FROM_BYTES = 1 << 18  # below, a copy through the socket is quicker
ALIGNMENT = 64
IS_HERE = hasattr(os, "memfd_create")


class Memory(Protocol):
    """Where the bytes of large arrays come from."""

    def read(self, offset: int, count: int) -> "np.ndarray[Any, Any]":
        """Bytes as a (count,) array of uint8 that nobody else can change.

        Raises:
            ProtocolError: If they are not there.
        """


class Outbox:
    """The large arrays of one message.

    Attributes:
        size: Bytes that the file must have.
    """

    def __init__(self) -> None:
        self.size = 0
        self._parts: list[tuple[int, memoryview]] = []

    def put(self, data: memoryview) -> int:
        """Add the bytes of an array; gives their offset.

        Raises:
            UnsendableError: If all of them take more than `MAX_FRAME`.
        """
        offset = self.size
        self.size += -(-data.nbytes // ALIGNMENT) * ALIGNMENT
        if self.size > MAX_FRAME:
            raise UnsendableError(f"it takes {self.size >> 20} MiB; at most {MAX_FRAME >> 20} MiB can travel at once")
        self._parts.append((offset, data))
        return offset

    def make_file(self) -> int:
        """A new file with the bytes in it, as a descriptor."""
        descriptor = make_file(self.size)
        try:
            for offset, data in self._parts:
                done = 0
                while done < data.nbytes:
                    done += os.pwrite(descriptor, data[done:], offset + done)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def fill(self, descriptor: int) -> None:
        """Write the bytes into a file that is there; by way of a mapping, which no limit on files stops.

        Raises:
            MemoryError: If this process may not use as much.
        """
        with _mapped(descriptor, self.size, mmap.ACCESS_WRITE) as mapping:
            for offset, data in self._parts:
                mapping[offset : offset + data.nbytes] = data


class OwnCopy:
    """Bytes in a file that somebody else can still write: each is copied, and no more of them than there are.

    Args:
        descriptor: The file.
        size: Its bytes.
    """

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor, self._size, self._left = descriptor, size, size

    def read(self, offset: int, count: int) -> "np.ndarray[Any, Any]":
        """As `Memory.read`."""
        import numpy as np

        self._left -= count
        if offset < 0 or count < 0 or offset + count > self._size or self._left < 0:
            raise ProtocolError("an array that is not in the memory it should be in")
        data = np.empty(count, np.uint8)
        view, done = data.data, 0
        while done < count:
            got = os.preadv(self._descriptor, [view[done:]], offset + done)
            if got == 0:
                raise ProtocolError("an array that is not in the memory it should be in")
            done += got
        return data


class OwnView:
    """Bytes in a file that nobody else writes any more: what is changed in them is changed for this process alone.

    Args:
        descriptor: The file; may be closed afterwards.

    Raises:
        MemoryError: If this process may not use as much.
    """

    def __init__(self, descriptor: int) -> None:
        self._mapping = _mapped(descriptor, 0, mmap.ACCESS_COPY)

    def read(self, offset: int, count: int) -> "np.ndarray[Any, Any]":
        """As `Memory.read`."""
        import numpy as np

        return np.frombuffer(self._mapping, np.uint8, count, offset)


def make_file(size: int) -> int:
    """A new file of zeros in memory, as a descriptor.

    Raises:
        OSError: If there is no memory for it.
    """
    descriptor = os.memfd_create("practice", os.MFD_CLOEXEC)
    try:
        os.truncate(descriptor, size)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _mapped(descriptor: int, size: int, access: int) -> mmap.mmap:
    try:
        return mmap.mmap(descriptor, size, access=access)
    except OSError as error:
        raise MemoryError(error.strerror) from None
