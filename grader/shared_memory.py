"""Large arrays between judge and worker: in a file in memory that the judge makes, and that no folder holds.

A message says at which offset an array lies, and the file travels with it as a descriptor. What a worker has put there
is sealed before it is looked at, or copied where a worker prevents that: see memfd_create(2), F_ADD_SEALS in fcntl(2).
"""

import fcntl
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
        with _mapped(descriptor, self.size, mmap.MAP_SHARED) as mapping:
            for offset, data in self._parts:
                mapping[offset : offset + data.nbytes] = data


class Returned:
    """Bytes in a file that a worker has filled: nobody can change them any more, or each is copied.

    Arrays never share bytes, whatever the worker says of where they lie.

    Args:
        descriptor: The file, as `make_file` makes it.
        size: Its bytes.
    """

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor, self._size = descriptor, size
        self._taken: list[tuple[int, int]] = []
        self._mapping: mmap.mmap | None = None

    def read(self, offset: int, count: int) -> "np.ndarray[Any, Any]":
        """As `Memory.read`."""
        import numpy as np

        end = offset + count
        if not 0 <= offset <= end <= self._size or any(offset < e and start < end for start, e in self._taken):
            raise ProtocolError("an array that is not in the memory it should be in")
        self._taken.append((offset, end))
        if self._mapping is None and _seal(self._descriptor):
            self._mapping = _mapped(self._descriptor, self._size, mmap.MAP_PRIVATE)
        if self._mapping is not None:
            return np.frombuffer(self._mapping, np.uint8, count, offset)
        data = np.empty(count, np.uint8)
        view, done = data.data, 0
        while done < count:
            done += os.preadv(self._descriptor, [view[done:]], offset + done)  # it is no shorter: see `make_file`
        return data


class OwnView:
    """Bytes in a file that nobody else writes any more: what is changed in them is changed for this process alone.

    Args:
        descriptor: The file; may be closed afterwards.

    Raises:
        MemoryError: If this process may not use as much.
    """

    def __init__(self, descriptor: int) -> None:
        self._mapping = _mapped(descriptor, 0, mmap.MAP_PRIVATE)

    def read(self, offset: int, count: int) -> "np.ndarray[Any, Any]":
        """As `Memory.read`."""
        import numpy as np

        return np.frombuffer(self._mapping, np.uint8, count, offset)


def make_file(size: int) -> int:
    """A new file of zeros in memory, whose size nobody can change, as a descriptor.

    Raises:
        OSError: If there is no memory for it.
    """
    descriptor = os.memfd_create("practice", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.truncate(descriptor, size)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _seal(descriptor: int) -> bool:
    """Keep everybody from writing into a file from now on; gives whether the kernel promises that.

    It refuses as long as a mapping is left through which somebody could write, or where a worker forbade further seals.
    """
    try:
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
    except OSError:
        return False
    return True


def _mapped(descriptor: int, size: int, flags: int) -> mmap.mmap:
    try:
        return mmap.mmap(descriptor, size, flags=flags)
    except OSError as error:
        raise MemoryError(error.strerror) from None
