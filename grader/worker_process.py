"""A worker, seen from the judge: requests, replies, and everything that can go wrong in between."""

import contextlib
import os
import selectors
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

from grader import frames, metering, shared_memory
from grader.errors import GraderError
from grader.messages import Born, Call, Ended, Error, Keep, Lent, Limits, Load, Progress, Ready, Reply, Room, Value
from grader.output import Output
from grader.shared_memory import Outbox, Returned
from grader.watching import IdleWatch, ids_here, rouse

START_SECONDS = 60.0
END_SECONDS = 12.0
ROUSE_SECONDS = 2.0
KEEP_SECONDS = 60.0
LAST_WORDS_SECONDS = 0.5
PIECE_BYTES = 1 << 16  # each piece is allocated as large before it is read
IDLE_SECONDS = 5.0
WALL_PER_CPU = 3.0
WALL_EXTRA_SECONDS = 5.0

Reason = Literal["", "timeout", "idle", "output", "protocol", "closed", "keeper"]


LONGEST_PROGRESS = 500
NOT_KNOWN = Ended(0, "", 0.0, 0)


class ZygoteEndedError(GraderError):
    """The zygote, or the keeper that it forked, ended before the worker was set up."""


class WorkerEndedError(Exception):
    """The worker is gone in the middle of a call.

    Args:
        ended: How, as its keeper tells it.
        reason: Why the judge ended it ("closed": it gave up its end of the wire; "keeper": it did away with its
            keeper); "" where it ended by itself.
    """

    def __init__(self, ended: Ended, reason: Reason) -> None:
        super().__init__(reason)
        self.ended = ended
        self.reason = reason


class WorkerProcess:
    """One worker: send a request, wait for the reply within its limits.

    Args:
        wire_end: The wire.
        control: To its keeper.
        output: What it prints.
        limits: What it may use; they decide how long to wait.
        root: The process below which it is, as this process sees it; 0 if that is not known.
    """

    def __init__(
        self, wire_end: socket.socket, control: socket.socket, output: Output, limits: Limits, root: int
    ) -> None:
        self.output = output
        self.start_bytes = 0
        self.pid = 0
        self.root = root
        self.ended: Ended | None = None
        self.on_progress: Callable[[str], None] | None = None
        self.memory: Returned | None = None  # with the large arrays of the last reply
        self._lent = -1
        self._received = bytearray()
        self._selector: selectors.BaseSelector | None = None
        self._keeper = 0
        self._keeper_is_gone = False
        self._socket = wire_end
        self._control = control
        self._wall_left = WALL_PER_CPU * limits.cpu_seconds + WALL_EXTRA_SECONDS
        wire_end.setblocking(False)

    def wait_until_ready(self, nonce: int) -> None:
        """Wait for the frame that proves the set-up.

        Raises:
            ZygoteEndedError: If the zygote ended before, or the keeper did.
            GraderError: If the set-up fails.
        """
        deadline = time.monotonic() + START_SECONDS
        descriptors: list[int] = []
        born = self._hear(START_SECONDS, descriptors)
        ready = None
        if isinstance(born, Born):
            self.pid, self._keeper = ids_here(descriptors) or (born.pid, born.keeper)
            with contextlib.suppress(WorkerEndedError):
                ready = self._exchange(b"", deadline)
        if isinstance(ready, Ready) and ready.nonce == nonce:
            self.start_bytes = ready.resident_bytes
            return
        self.close()
        said = self.output.text()[-300:].strip()
        if self._keeper_is_gone:  # it tells of every end but its own, and nothing of the submission has run here
            raise ZygoteEndedError(f"the zygote has ended{': ' if said else ''}{said}", "grade again")
        raise GraderError(f"a worker could not be set up: {said or 'no reason given'}", "practice doctor")

    def request(self, message: Load | Keep | Call, outbox: Outbox | None = None) -> Value | Error:
        """Send a request and wait for its reply. What `Keep` takes is no time of the submission's.

        Args:
            message: The request.
            outbox: The large arrays of it; none if it is empty.

        Raises:
            WorkerEndedError: If the worker ended, was ended for a limit, or broke the rules of the wire.
            UnsendableError: If the request is too large.
        """
        frame = frames.encode(message)
        if self.ended is not None:
            raise WorkerEndedError(self.ended, "")
        start = time.monotonic()
        is_free = isinstance(message, Keep)
        deadline = start + (KEEP_SECONDS if is_free else self._wall_left)  # one for all that it says before its reply
        self.forget_memory()  # a reply that was an error left it
        shared = [outbox.make_file()] if outbox is not None and outbox.size else []
        try:
            reply = self._exchange(frame, deadline, shared)
            while True:
                if isinstance(reply, Ready) or reply.id != message.id:
                    raise self._end("protocol")
                if isinstance(reply, Room):
                    reply = self._exchange(frames.encode(Lent(message.id)), deadline, [self._lend(reply.size)])
                elif isinstance(reply, Progress):
                    if self.on_progress is not None:
                        self.on_progress(reply.text[:LONGEST_PROGRESS])
                    reply = self._exchange(b"", deadline)
                else:
                    assert isinstance(reply, Value | Error)
                    return reply
        finally:
            for descriptor in shared:
                os.close(descriptor)
            self._wall_left -= 0.0 if is_free else time.monotonic() - start

    def _lend(self, size: int) -> int:
        """Memory for the large arrays of one reply."""
        if self.memory is not None or not 0 < size <= frames.MAX_FRAME:
            raise self._end("protocol")
        self._lent = shared_memory.make_file(size)
        self.memory = Returned(self._lent, size)
        return self._lent

    def forget_memory(self) -> None:
        """The arrays of the last reply have been read."""
        self.memory = None
        if self._lent >= 0:
            os.close(self._lent)
            self._lent = -1

    def is_waiting(self) -> bool:
        """Whether nothing has happened since it was set up: neither it nor its keeper has said or closed anything."""
        return not self._received and all(_is_silent(each) for each in (self._socket, self._control))

    def hang_up(self) -> None:
        """Let its keeper end it, without waiting."""
        if self._control.fileno() >= 0:
            with contextlib.suppress(OSError):
                self._control.shutdown(socket.SHUT_WR)

    def usage(self) -> metering.Usage:
        """What it and all that it started have used so far, as the system tells."""
        return metering.usage(self.pid, self._keeper)

    def close(self) -> Ended | None:
        """Kill the worker and all that it started; gives how it ended, or None if its keeper is gone too."""
        if self._control.fileno() < 0:
            return self.ended
        self.hang_up()
        self._hear_end(ROUSE_SECONDS)
        if self.ended is None and not self._keeper_is_gone and self._keeper:
            rouse(self._keeper)
            self._hear_end(END_SECONDS)
        if self.ended is not None:
            self._wait_for_keeper()
        self.output.drain()
        self.forget_memory()
        if self._selector is not None:
            self._selector.close()
        self._socket.close()
        self._control.close()
        self.output.close()
        return self.ended

    def _exchange(self, frame: bytes | bytearray, deadline: float, descriptors: Sequence[int] = ()) -> Any:
        """Send `frame`, then read one message, while reading what the worker prints."""
        idle = IdleWatch(self.pid)
        unsent = memoryview(frame)
        if unsent:  # no other is on its way: there is room for the beginning at least, and descriptors travel with it
            unsent = unsent[self._send(unsent, descriptors) :]
        selector = self._watched()
        if unsent:
            selector.modify(self._socket, selectors.EVENT_READ | selectors.EVENT_WRITE)
        while (body := self._whole_frame()) is None:
            left = deadline - time.monotonic()
            events = selector.select(max(0.0, min(left, 1.0)))
            if left <= 0 and not events:  # an answer that has arrived counts, however late we look
                raise self._end("timeout")
            if not events and idle.has_lasted(IDLE_SECONDS):
                raise self._end("idle")
            for key, mask in events:
                if key.fileobj is self._control:
                    selector.unregister(self._control)
                    self._hear_end(LAST_WORDS_SECONDS)
                    if self._keeper_is_gone:
                        raise self._end("")
                elif key.fileobj is not self._socket:
                    if not self.output.read(key.fd):
                        selector.unregister(key.fileobj)
                    if self.output.too_much:
                        raise self._end("output")
                elif mask & selectors.EVENT_WRITE and unsent:
                    unsent = unsent[self._send(unsent) :]
                    if not unsent:
                        selector.modify(self._socket, selectors.EVENT_READ)
                else:
                    self._received += self._receive()
        return self._decode(body)

    def _watched(self) -> selectors.BaseSelector:
        """What to wait for: the wire, the keeper, and what the worker prints."""
        if self._selector is None:
            self._selector = selectors.DefaultSelector()
            sources: tuple[socket.socket | int, ...] = (self._socket, self._control, *self.output.descriptors())
            for each in sources:
                self._selector.register(each, selectors.EVENT_READ)
        return self._selector

    def _whole_frame(self) -> bytes | None:
        """Take the body of the next frame out of what has arrived; None if it is not all there."""
        if len(self._received) < frames.HEADER_BYTES:
            return None
        end = frames.HEADER_BYTES + self._body_length(self._received[: frames.HEADER_BYTES])
        if len(self._received) < end:
            return None
        body = bytes(memoryview(self._received)[frames.HEADER_BYTES : end])
        del self._received[:end]
        return body

    def _send(self, data: memoryview, descriptors: Sequence[int] = ()) -> int:
        try:
            return socket.send_fds(self._socket, [data], descriptors) if descriptors else self._socket.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            raise self._end_of_wire() from None

    def _receive(self) -> bytes:
        try:
            data = self._socket.recv(PIECE_BYTES)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            raise self._end_of_wire()
        return data

    def _body_length(self, header: bytearray) -> int:
        try:
            return frames.body_length(header)
        except frames.ProtocolError:
            raise self._end("protocol") from None

    def _decode(self, body: bytes) -> Any:
        try:
            return frames.decode(body, Reply)
        except frames.ProtocolError:
            raise self._end("protocol") from None

    def _end_of_wire(self) -> WorkerEndedError:
        """The other side has closed the wire: the worker has ended, unless its keeper does not notice any end."""
        self._hear_end(LAST_WORDS_SECONDS)
        return self._end("" if self.ended is not None else "closed")

    def _end(self, reason: Reason) -> WorkerEndedError:
        self.ended = self.close() or NOT_KNOWN
        return WorkerEndedError(self.ended, "keeper" if self._keeper_is_gone else reason)

    def _wait_for_keeper(self) -> None:
        """Wait until it has removed the folder of its worker, too, and ends."""
        self._control.settimeout(END_SECONDS)
        with contextlib.suppress(OSError):
            while self._control.recv(1 << 12):
                continue

    def _hear_end(self, seconds: float) -> None:
        """Wait for the keeper to say how the worker ended."""
        while self.ended is None and not self._keeper_is_gone:
            message = self._hear(seconds)
            if message is None:
                return
            self.ended = message if isinstance(message, Ended) else None

    def _hear(self, seconds: float, descriptors: list[int] | None = None) -> Born | Ended | None:
        """The next message of the keeper, or None if nothing comes; then it may be gone."""
        self._control.settimeout(seconds)
        try:
            message: Born | Ended | None = frames.receive(self._control, Born | Ended, descriptors)
        except TimeoutError:
            return None
        except frames.ProtocolError:
            message = None
        self._keeper_is_gone = message is None
        return message


def _is_silent(end: socket.socket) -> bool:
    """Whether a socket is open and has nothing to read."""
    if end.fileno() < 0:
        return False
    end.setblocking(False)
    try:
        end.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
