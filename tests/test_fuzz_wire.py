"""Whatever a worker sends, the judge gets a plain value, or ends that worker; and it takes bounded memory and time.

A few hundred frames here. 100,000 by command:

    PRACTICE_FUZZ=100000 python -m pytest -q tests/test_fuzz_wire.py
"""

import contextlib
import os
import resource
import socket
import sys
import unicodedata
from collections.abc import Iterator

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader import frames, wire
from grader.failure import Failed
from grader.messages import Born, Call, Ended, Error, ErrorInfo, FrameInfo, Limits, Progress, Ready, Reply, Room, Value
from grader.output import Output
from grader.shared_memory import Outbox
from grader.submission import Connection, Handle
from grader.words import Outcome
from grader.worker_process import WorkerEndedError, WorkerProcess

EXAMPLES = int(os.environ.get("PRACTICE_FUZZ", "100"))
ROUNDS = range(max(1, EXAMPLES // 1000))  # Hypothesis remembers what it has tried: many examples take much memory
SETTINGS = settings(
    derandomize="PRACTICE_FUZZ" not in os.environ, database=None, deadline=None, max_examples=min(EXAMPLES, 1000),
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
WILD = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")  # what may write elsewhere on a screen, or break a line
LIMITS = Limits(cpu_seconds=1, memory_bytes=1 << 20)
DTYPES = (
    "|b1",
    "<f8",
    "<f4",
    "<f2",
    "<f16",
    "<c16",
    "<c8",
    "<i8",
    "|u1",
    ">f8",
    "|O",
    "|V8",
    "<U2",
    "<M8[s]",
    "f8",
    "",
)
SIZES = st.integers(-2, 5) | st.sampled_from([1 << 31, 1 << 62, (1 << 63) - 1, (1 << 64) - 1])

scalars = (
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.floats() | st.text(max_size=8)
    | st.binary(max_size=24) | st.just("\ud7ff\x1b[2J") | st.integers(0, 9)
)  # fmt: skip
arrays = st.tuples(
    st.just(3), st.sampled_from(DTYPES), st.lists(SIZES, max_size=4) | scalars, st.binary(max_size=64) | scalars
)  # fmt: skip
honest_arrays = st.builds(
    lambda dtype, shape, byte: [3, dtype, shape, bytes([byte]) * (int(np.prod(shape)) * np.dtype(dtype).itemsize)],
    st.sampled_from(DTYPES[:10]), st.lists(st.integers(0, 3), max_size=4), st.integers(0, 255),
)  # fmt: skip
others = st.one_of(
    st.tuples(st.just(4), st.sampled_from(DTYPES), st.binary(max_size=17)),
    st.tuples(st.just(5), st.floats() | scalars, st.floats() | scalars),
    st.tuples(st.just(6), st.from_regex(r"-?0x[0-9a-f]{1,40}", fullmatch=True) | scalars),
    st.tuples(st.just(7), st.integers(-5, 1 << 62) | scalars, st.text(max_size=20) | scalars),
    st.tuples(st.just(8), st.integers() .filter(lambda n: -(1 << 63) <= n < 1 << 64)),
)  # fmt: skip
trees = st.recursive(
    scalars | (arrays | honest_arrays | others).map(list),
    lambda inner: (
        st.lists(inner, max_size=6).map(lambda items: [0, *items])
        | st.lists(inner, max_size=6).map(lambda items: [1, *items])
        | st.lists(inner, max_size=6).map(lambda items: [2, *items])
        | st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=25,
)
infos = st.builds(
    ErrorInfo, st.text(), st.lists(st.text(), max_size=3), st.text(),
    st.lists(st.builds(FrameInfo, st.integers(-(1 << 63), (1 << 63) - 1), st.text(), st.text()), max_size=3),
    st.sampled_from(["compile", "import", "rule", "missing", "call", "return"]), st.booleans(),
)  # fmt: skip
numbers = st.integers(-(1 << 63), (1 << 63) - 1)
messages = st.one_of(
    st.builds(Value, numbers, trees, trees), st.builds(Error, numbers, infos), st.builds(Progress, numbers, st.text()),
    st.builds(Ready, numbers, numbers), st.builds(Born, numbers, numbers), st.builds(Ended, numbers, st.just(""),
    st.floats(), numbers), st.builds(Call, numbers, numbers, st.text(), trees, trees),
)  # fmt: skip


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Bodies of frames: messages, damaged messages, msgpack of anything, and noise."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(st.binary(max_size=300))
    if kind == 1:
        return msgspec.msgpack.encode(draw(trees))
    body = bytearray(frames.encode(draw(messages)))[frames.HEADER_BYTES :]
    if kind < 6:
        return bytes(body)
    for _ in range(draw(st.integers(1, 5))):
        at = draw(st.integers(0, len(body) - 1))
        change = draw(st.integers(0, 3))
        if change == 0:
            body[at] = draw(st.integers(0, 255))
        elif change == 1:
            body[at] ^= 1 << draw(st.integers(0, 7))
        elif change == 2:
            body[at:at] = draw(st.binary(min_size=1, max_size=6))
        else:
            del body[at : at + draw(st.integers(1, 6))]
        if not body:
            return b""
    return bytes(body)


@pytest.fixture(scope="module")
def measured() -> Iterator[None]:
    """Whatever the frames of this module do, they take little memory."""
    before = peak_bytes()
    yield
    assert peak_bytes() - before < 256 << 20


def peak_bytes() -> int:
    """Most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def is_plain(value: object) -> bool:
    """Whether a value is made of exactly the types that the judge may meet."""
    if type(value) in (list, tuple):
        return all(map(is_plain, value))  # type: ignore[call-overload]
    if type(value) is dict:
        return all(map(is_plain, value)) and all(map(is_plain, value.values()))
    if type(value) is np.ndarray:
        owner = value if value.base is None else value.base
        return (
            value.dtype.kind in "biufc" and type(owner) is np.ndarray and owner.flags.owndata and value.flags.writeable
        )
    if isinstance(value, np.generic):
        return value.dtype.kind in "biufc"
    return value is None or type(value) in (bool, int, float, complex, str, bytes, Handle)


@pytest.mark.parametrize("again", ROUNDS)
@SETTINGS
@given(bodies())
def test_decoder(measured: None, again: int, body: bytes) -> None:
    """A frame is a reply made of plain values, or a ProtocolError and nothing else."""
    try:
        reply = frames.decode(body, Reply)
        value = wire.from_tree(reply.value, lambda reference: None) if isinstance(reply, Value) else None
    except frames.ProtocolError:
        return
    assert isinstance(reply, Ready | Value | Error | Progress | Room)
    assert is_plain(value)


@pytest.mark.parametrize("again", ROUNDS)
@SETTINGS
@given(bodies())
def test_connection(measured: None, again: int, body: bytes) -> None:
    """What a hidden suite gets from a call is a plain value, a handle, or a failure of the submission."""

    class Worker:
        """Answers with what was drawn, as the wire would carry it."""

        output = Output(*os.pipe())
        pid = 0
        memory = None

        def request(self, message: Call, outbox: Outbox | None) -> Value | Error:
            try:
                reply = frames.decode(body, Reply)
            except frames.ProtocolError:
                raise WorkerEndedError(Ended(0, "", 0.0, 0), "protocol") from None
            if not isinstance(reply, Value | Error):
                raise WorkerEndedError(Ended(0, "", 0.0, 0), "protocol")
            return reply

        def close(self) -> None:
            return

        def forget_memory(self) -> None:
            return

    try:
        connection = Connection(Worker(), LIMITS, {})  # type: ignore[arg-type]
        try:
            result, after = connection.call("solution", "f", (1.5, [2]), {}, echo=True)
        except Failed as failed:
            assert failed.outcome in set(Outcome) - {Outcome.PASSED, Outcome.INCONCLUSIVE, Outcome.SKIPPED}
            text = f"{failed.failure.message}{failed.failure.rows}{failed.failure.facts}{failed.failure.note}"
            assert len(text) < 10_000
            assert not any(unicodedata.category(c) in WILD and c != "\n" for c in text)
            return
        assert is_plain(result)
        assert is_plain(after)
        assert len(after[0]) == 2
    finally:
        Worker.output.close()


@pytest.mark.parametrize("again", ROUNDS)
@SETTINGS
@given(st.lists(bodies(), max_size=3), st.integers(1, 50), st.booleans(), st.binary(max_size=9))
def test_exchange(measured: None, again: int, drawn: list[bytes], piece: int, keeps_id: bool, rest: bytes) -> None:
    """Bytes in pieces of any size: a reply to the request, or the end of the worker."""
    here, there = socket.socketpair()
    control, keeper = socket.socketpair()
    worker = WorkerProcess(here, control, Output(*os.pipe()), LIMITS, 0)
    stream = b"".join(len(body).to_bytes(4, "big") + body for body in drawn) + rest
    with there, keeper:
        keeper.sendall(frames.encode(Ended(0, "", 0.0, 0)))
        keeper.shutdown(socket.SHUT_WR)
        piece = max(piece, len(stream) // 40 + 1)  # nobody reads yet: more pieces would fill the socket
        for start in range(0, len(stream), piece):
            there.sendall(stream[start : start + piece])
        there.shutdown(socket.SHUT_WR)
        with contextlib.suppress(WorkerEndedError):
            number = 1
            if keeps_id and drawn:
                with contextlib.suppress(frames.ProtocolError):
                    number = getattr(frames.decode(drawn[0], Reply), "id", 1)
            reply = worker.request(Call(number, "solution", "f", [0], [2]))
            assert isinstance(reply, Value | Error)
            assert reply.id == number
        worker.close()


@pytest.mark.parametrize("again", ROUNDS)
@SETTINGS
@given(st.binary(min_size=0, max_size=400))
def test_items_are_counted_without_an_end(again: int, body: bytes) -> None:
    """The look through a body before it is decoded ends, whatever the body says of its lengths."""
    assert frames.holds_too_much(memoryview(body)) in (True, False)
