"""Frames: how a message travels between two processes, and what is refused before it is read.

A frame is four bytes of length (big endian) and a msgpack body. This module imports no NumPy: the zygote uses it before
it has imported anything heavy.
"""

import functools
import socket
from typing import Any

import msgspec

MAX_FRAME = 1 << 28
MAX_ITEMS = 1 << 20
COUNTED_FROM = 1 << 20
HEADER_BYTES = 4
MAX_DESCRIPTORS = 2

# For each first byte of a msgpack item: bytes of data that follow, or of the length field that says how many do.
_FIXED = {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8,
          0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17}  # fmt: skip
_SIZED = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xC7: 1, 0xC8: 2, 0xC9: 4}
_EXTENSIONS = frozenset({0xC7, 0xC8, 0xC9})
_CONTAINERS = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}

_ENCODER = msgspec.msgpack.Encoder()


class ProtocolError(Exception):
    """What arrived does not keep the rules of the wire."""


class UnsendableError(Exception):
    """A value that cannot travel, not even as a handle (too deep, too large)."""


def encode(message: msgspec.Struct) -> bytearray:
    """Encode a message as one frame.

    Raises:
        UnsendableError: If the frame would be larger than `MAX_FRAME` or hold more than `MAX_ITEMS` items.
    """
    frame = bytearray(HEADER_BYTES)
    _ENCODER.encode_into(message, frame, HEADER_BYTES)
    length = len(frame) - HEADER_BYTES
    if length > MAX_FRAME:
        raise UnsendableError(f"it takes {length >> 20} MiB; at most {MAX_FRAME >> 20} MiB can travel at once")
    if length > COUNTED_FROM and holds_too_much(memoryview(frame)[HEADER_BYTES:]):
        raise UnsendableError(f"it holds more than {MAX_ITEMS} items outside of arrays")
    frame[:HEADER_BYTES] = length.to_bytes(HEADER_BYTES, "big")
    return frame


def body_length(header: bytes | bytearray) -> int:
    """Length of the body that follows a header.

    Raises:
        ProtocolError: If it is above `MAX_FRAME`.
    """
    length = int.from_bytes(header, "big")
    if length > MAX_FRAME:
        raise ProtocolError("a frame above the size limit")
    return length


def decode(body: bytes | bytearray | memoryview, kind: Any) -> Any:
    """Decode the body of a frame as a message of the given kind.

    Raises:
        ProtocolError: If it is anything else.
    """
    if len(body) > COUNTED_FROM and holds_too_much(memoryview(body)):
        raise ProtocolError("a frame with too many items")
    try:
        return _decoder(kind).decode(body)
    except (msgspec.MsgspecError, RecursionError, MemoryError, ValueError, TypeError) as error:
        raise ProtocolError(f"not a message: {type(error).__name__}") from None


@functools.cache
def _decoder(kind: Any) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(kind)  # to make one takes longer than to read a small message


def receive(source: socket.socket, kind: Any, descriptors: list[int] | None = None) -> Any:
    """Wait for one message from a process of ours.

    Args:
        source: Where it comes from.
        kind: What it is.
        descriptors: Filled with those that travel with it, which then have to be closed.

    Returns:
        The message, or None once the other end is closed.

    Raises:
        TimeoutError: If the socket has a time limit and nothing comes.
        ProtocolError: If it is no message of that kind.
    """
    try:
        header = _receive_exactly(source, HEADER_BYTES, descriptors)
        body = None if header is None else _receive_exactly(source, body_length(header))
    except ConnectionError:
        return None
    return None if body is None else decode(body, kind)


def _receive_exactly(source: socket.socket, count: int, descriptors: list[int] | None = None) -> bytes | None:
    data = b""
    while len(data) < count:
        if descriptors is None:
            part = source.recv(count - len(data))
        else:
            part, arrived, _flags, _address = socket.recv_fds(source, count - len(data), MAX_DESCRIPTORS)
            descriptors += arrived
        if not part:
            return None
        data += part
    return data


def holds_too_much(body: memoryview) -> bool:
    """Whether a body has more items than `MAX_ITEMS`: a byte of msgpack can become a list of 64 bytes.

    What is malformed otherwise is left for the decoder to refuse.
    """
    position, waiting, items, end = 0, 1, 0, len(body)
    while waiting and position < end:
        first = body[position]
        position += 1
        waiting -= 1
        items += 1
        if first < 0x80 or first >= 0xE0:
            continue
        if first < 0xA0:
            waiting += (first & 0x0F) * (1 if first >= 0x90 else 2)
        elif first < 0xC0:
            position += first & 0x1F
        elif first in _FIXED:
            position += _FIXED[first]
        elif first in _SIZED:
            width = _SIZED[first]
            size = int.from_bytes(body[position : position + width], "big")
            position += width + size + (first in _EXTENSIONS)
        elif first in _CONTAINERS:
            width, each = _CONTAINERS[first]
            waiting += int.from_bytes(body[position : position + width], "big") * each
            position += width
        if items + waiting > MAX_ITEMS:
            return True
    return False
