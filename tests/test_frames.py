"""Frames: whatever bytes arrive, they are a message or a `ProtocolError`, and take bounded memory."""

import contextlib
import socket
import threading
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import frames
from grader.messages import Born, Ended, Progress, Ready, Reply, Request, Value

SETTINGS = settings(derandomize=True, database=None, deadline=None, max_examples=200)


def body_of(message):
    return bytes(frames.encode(message))[frames.HEADER_BYTES :]


def test_round_trip():
    for message in (Ready(3, 4), Value(1, [0, 1, "a"], None), Progress(1, "é")):
        frame = frames.encode(message)
        assert frames.body_length(frame[: frames.HEADER_BYTES]) == len(frame) - frames.HEADER_BYTES
        assert frames.decode(frame[frames.HEADER_BYTES :], Reply) == message


def test_length_above_the_limit():
    assert frames.body_length(frames.MAX_FRAME.to_bytes(4, "big")) == frames.MAX_FRAME
    with pytest.raises(frames.ProtocolError, match="size limit"):
        frames.body_length(b"\xff\xff\xff\xff")


@SETTINGS
@given(st.binary(max_size=200))
def test_any_bytes(body):
    for kind in (Reply, Request, Born | Ended):
        with pytest.raises(frames.ProtocolError):
            frames.decode(body, kind)


@SETTINGS
@given(st.data())
def test_damaged_message(data):
    body = bytearray(body_of(Value(1, [0, 1.5, "text", b"bytes", [3, "<f8", [1], b"12345678"]], [0])))
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(frames.ProtocolError):
        frames.decode(body[: data.draw(st.integers(0, len(body)))], Reply)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        b"\x93",
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\xc9\xff\xff\xff\xff\x00",
        b"\x91" * 100_000,
        b"\x81" * 100_000,
        b"\xdc\xff\xff" * 10_000,
        b"\x81\x81\x01\x02\x03",
        b"\xa1\xff",
        b"\xd6\xff\x00\x00\x00\x01",
        b"\xc7\x0c\xff" + b"\xff" * 12,
        body_of(Value(1, None)) + b"\x00",
        body_of(Value(1, None))[:-1],
        body_of(Ready(1, 2)).replace(b"Ready", b"Wrong"),
        body_of(Progress(1, "a")).replace(b"\xa1a", b"\xa1\xff"),
    ],
    ids=lambda body: f"{body[:8]!r} of {len(body)}",
)
def test_no_message(body):
    with pytest.raises(frames.ProtocolError):
        frames.decode(body, Reply)


@pytest.mark.parametrize("filler", [b"\x90", b"\x80", b"\xc0", b"\x91\x90", b"\xa0", b"\xc4\x00"])
def test_many_small_items_take_bounded_memory(filler):
    count = 3 << 20
    body = body_of(Value(1, "XX")).replace(b"\xa2XX", b"\xdd" + count.to_bytes(4, "big") + filler * count)
    tracemalloc.start()
    try:
        with pytest.raises(frames.ProtocolError, match="too many items"):
            frames.decode(body, Reply)
        assert tracemalloc.get_traced_memory()[1] < len(body)
    finally:
        tracemalloc.stop()


def test_large_data_is_not_many_items():
    for value in (b"\x90" * (2 << 20), "\x10" * (2 << 20), [b"\x90" * 1000] * 3000):
        body = body_of(Value(1, value))
        assert not frames.holds_too_much(memoryview(body))
        assert frames.decode(body, Reply).value == value


@settings(SETTINGS, max_examples=50)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(1 << 63), (1 << 64) - 1)
        | st.floats()
        | st.text(max_size=300)
        | st.binary(max_size=300)
        | st.just("a" * 70_000)
        | st.just(b"a" * 70_000),
        lambda inner: st.lists(inner, max_size=40) | st.dictionaries(st.text(max_size=3), inner, max_size=20),
        max_leaves=60,
    )
)
def test_items_are_counted_right(value):
    def count(part):
        if isinstance(part, list):
            return 1 + sum(map(count, part))
        if isinstance(part, dict):
            return 1 + sum(1 + count(item) for item in part.values())
        return 1

    items = 1 + 2 * 4 + count(value) - 1  # the message itself: a map of type, id, value and echo
    body = memoryview(body_of(Value(1, value)))
    kept = frames.MAX_ITEMS
    try:
        frames.MAX_ITEMS = items
        assert not frames.holds_too_much(body)
        frames.MAX_ITEMS = items - 1
        assert frames.holds_too_much(body)
    finally:
        frames.MAX_ITEMS = kept


class TestReceive:
    @pytest.fixture
    def ends(self):
        here, there = socket.socketpair()
        here.settimeout(10)
        with here, there:
            yield here, there

    def test_message_in_pieces(self, ends):
        here, there = ends
        frame = frames.encode(Ended(9, "memory", 0.5, 1))

        def trickle():
            for byte in frame:
                there.send(bytes([byte]))

        thread = threading.Thread(target=trickle)
        thread.start()
        assert frames.receive(here, Born | Ended) == Ended(9, "memory", 0.5, 1)
        thread.join()

    @pytest.mark.parametrize("beginning", [b"", b"\x00\x00", b"\x00\x00\x00\x09abc"])
    def test_end(self, ends, beginning):
        here, there = ends
        there.sendall(beginning)
        there.close()
        assert frames.receive(here, Born | Ended) is None

    def test_nothing_comes(self, ends):
        here, _ = ends
        here.settimeout(0.01)
        with pytest.raises(TimeoutError):
            frames.receive(here, Born | Ended)

    def test_another_message(self, ends):
        here, there = ends
        there.sendall(frames.encode(Ready(1, 2)))
        with pytest.raises(frames.ProtocolError):
            frames.receive(here, Born | Ended)
