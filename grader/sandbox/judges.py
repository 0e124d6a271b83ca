"""The judges that a zygote serves: the one that started it and, if it is to stay warm, those that come later."""

import os
import select
import socket
import struct
import time
from collections.abc import Iterator

from grader import frames
from grader.messages import Hatch, Home, Imported, Leave

DESCRIPTORS = 4
BACKLOG = 16
_CREDENTIALS = struct.Struct("3i")  # process, user, group


def peer(connection: socket.socket) -> tuple[int, int]:
    """Process and user at the other end, as the kernel tells; of a listening socket, who listened last.

    Raises:
        OSError: If the connection has broken.
    """
    process, user, _group = _CREDENTIALS.unpack(
        connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    )
    return process, user


class Judges:
    """Connections to judges.

    Args:
        first: To the judge that started this process.
        listener: Where others come in; None for a zygote that ends with its first judge.
        idle_seconds: How long to wait for another judge.
    """

    def __init__(self, first: socket.socket, listener: socket.socket | None, idle_seconds: float) -> None:
        self._connections = [first]
        self._listener = listener
        self._idle_seconds = idle_seconds
        self._alone_since = time.monotonic()
        self._greeting: list[bytes | bytearray] = []
        if listener is not None:
            listener.setblocking(False)
            listener.listen(BACKLOG)  # again: who comes in learns from it which process we are

    def introduce(self, home: Home) -> None:
        """Tell who we are, before the libraries are imported.

        Raises:
            BrokenPipeError: If the first judge has ended and no other can come.
        """
        self._greeting = [frames.encode(home), frames.encode(Imported())]
        for connection in list(self._connections):
            self._say(connection, self._greeting[0], introduce=True)

    def invite(self) -> None:
        """Tell that the libraries are imported: from now on workers can be asked for.

        Raises:
            BrokenPipeError: If the first judge has ended and no other can come.
        """
        for connection in list(self._connections):
            self._say(connection, self._greeting[1])

    def hatches(self, awake: int) -> Iterator[tuple[Hatch, list[int]] | None]:
        """What judges ask for, with its descriptors, until nobody is there and nobody can come any more.

        Args:
            awake: A descriptor that is readable once a child has ended.

        Yields:
            A request, or None where `awake` is readable.
        """
        while self._connections or self._can_come():
            sources: list[socket.socket | int] = [*self._sockets(), awake]
            ready, _, _ = select.select(sources, [], [], None if self._connections else self._patience())
            if awake in ready:
                os.read(awake, 1 << 10)
                yield None
            if self._listener in ready:
                self._let_in()
            for connection in [c for c in self._connections if c in ready]:
                request = self._request(connection)
                if request is not None:
                    yield request

    def close(self) -> None:
        """Leave all of them, as a forked child has to."""
        for each in self._sockets():
            each.close()

    def _sockets(self) -> list[socket.socket]:
        return [*self._connections, *([self._listener] if self._listener is not None else [])]

    def _can_come(self) -> bool:
        return self._listener is not None and self._patience() > 0

    def _patience(self) -> float:
        return max(0.0, self._alone_since + self._idle_seconds - time.monotonic())

    def _let_in(self) -> None:
        assert self._listener is not None
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return  # it has gone again
        connection.setblocking(True)
        if peer(connection)[1] != os.geteuid():
            connection.close()
            return
        self._connections.append(connection)
        self._say(connection, self._greeting[0], introduce=True)
        self._say(connection, self._greeting[1])

    def _say(self, connection: socket.socket, frame: bytes | bytearray, *, introduce: bool = False) -> None:
        """Send a frame, and with it a descriptor of this process: its number may mean nothing to the judge."""
        me = os.pidfd_open(os.getpid()) if introduce and hasattr(os, "pidfd_open") else None
        try:
            if me is None:
                connection.sendall(frame)
            else:
                socket.send_fds(connection, [frame], [me])
        except OSError:
            if self._listener is None:
                raise BrokenPipeError from None  # otherwise its last word is still to be read
        finally:
            if me is not None:
                os.close(me)

    def _request(self, connection: socket.socket) -> tuple[Hatch, list[int]] | None:
        """The next request of a judge, or None if it has left."""
        if connection not in self._connections:
            return None
        descriptors: list[int] = []
        try:
            data, descriptors, _flags, _address = socket.recv_fds(connection, 1 << 16, DESCRIPTORS)
            message = frames.decode(data[frames.HEADER_BYTES :], Hatch | Leave) if data else None
        except (OSError, frames.ProtocolError):
            message = None
        if isinstance(message, Hatch) and len(descriptors) == DESCRIPTORS:
            return message, list(descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        if isinstance(message, Leave) and self._listener is not None:
            self._listener.close()
            self._listener = None
        self._drop(connection)
        return None

    def _drop(self, connection: socket.socket) -> None:
        if connection in self._connections:
            self._connections.remove(connection)
            connection.close()
        self._alone_since = time.monotonic()
