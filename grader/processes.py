"""The judge's end of the other processes: one zygote, and a worker for each test."""

import contextlib
import os
import secrets
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from grader import wire
from grader.errors import GraderError
from grader.messages import Born, Call, Ended, Error, Hatch, Limits, Load, Ready, Reply, Value
from grader.output import Output

START_SECONDS = 120.0
WORKER_START_SECONDS = 60.0
END_SECONDS = 15.0
WALL_PER_CPU = 3.0
WALL_EXTRA_SECONDS = 5.0
IDLE_SECONDS = 5.0
PASSED_ON = (
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "LANG",
    "LC_ALL",
    "TZ",
    "SYSTEMROOT",
    "CUDA_VISIBLE_DEVICES",
)


class WorkerEndedError(Exception):
    """The worker is gone in the middle of a call.

    Args:
        ended: How, as its keeper tells it.
        reason: "timeout", "idle", "output", "protocol" where the judge ended it; "" where it ended by itself.
    """

    def __init__(self, ended: Ended, reason: str) -> None:
        super().__init__(reason)
        self.ended = ended
        self.reason = reason


class Zygote:
    """A process that has imported the libraries of a backend and forks workers.

    Args:
        backend: Key of `grader.sandbox.zygote.LIBRARIES`.
        keras_backend: What Keras runs on.
        fork: Whether workers are forked; without, each is a new process (slower, same results).
    """

    def __init__(self, backend: str, *, keras_backend: str = "tensorflow", fork: bool | None = None) -> None:
        self.backend = backend
        self.fork = _can_fork() if fork is None else fork
        self._home = Path(tempfile.mkdtemp(prefix="practice-"))
        self._environment = _clean_environment(self._home, keras_backend)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `close`
        self._ready = False
        if self.fork:
            self._control, self._process = self._start([])

    def wait_until_ready(self) -> None:
        """Wait for the imports.

        Raises:
            GraderError: If a library cannot be imported.
        """
        if self._ready or not self.fork:
            return
        self._control.settimeout(START_SECONDS)
        try:
            self._ready = self._control.recv(1) == b"\x01"
        except TimeoutError:
            self._process.kill()
        if not self._ready:
            self._errors.seek(0)
            last = self._errors.read().decode("utf-8", "replace").strip().splitlines()[-1:]
            raise GraderError(
                f"the worker process cannot start: {last[0] if last else 'no reason given'}", "practice doctor"
            )

    def start_worker(self, limits: Limits) -> "WorkerProcess":
        """Start a worker that has run no line of any submission yet.

        Raises:
            GraderError: If its set-up fails.
        """
        self.wait_until_ready()
        folder = Path(tempfile.mkdtemp(prefix="worker-", dir=self._home))
        wire_here, wire_there = socket.socketpair()
        control_here, control_there = socket.socketpair()
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        hatch = Hatch(str(folder), limits, secrets.randbits(62))
        process = None
        if self.fork:
            zygote = self._control
        else:
            zygote, process = self._start(["keeper"])
        there = [wire_there.fileno(), out_write, err_write, control_there.fileno()]
        try:
            socket.send_fds(zygote, [wire.encode_message(hatch)], there)
        except OSError as error:
            raise GraderError(f"the zygote has ended: {error}", "grade again") from None
        finally:
            wire_there.close()
            control_there.close()
            os.close(out_write)
            os.close(err_write)
            if not self.fork:
                zygote.close()
        worker = WorkerProcess(wire_here, control_here, Output(out_read, err_read), folder, limits, process)
        worker.wait_until_ready(hatch.nonce)
        return worker

    def close(self) -> None:
        """End the zygote; its keepers end their workers by themselves."""
        if self.fork:
            self._control.close()
            try:
                self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._errors.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self, role: list[str]) -> tuple[socket.socket, "subprocess.Popen[bytes]"]:
        here, there = socket.socketpair()
        command = [sys.executable, "-I", "-m", "grader.sandbox.zygote", self.backend, str(there.fileno()), *role]
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._errors,
            stderr=self._errors,
            pass_fds=[there.fileno()],
            cwd=self._home,
            env=self._environment,
            start_new_session=True,
        )
        there.close()
        return here, process


class WorkerProcess:
    """One worker, seen from the judge: send a request, wait for the reply within its limits."""

    def __init__(
        self,
        wire_socket: socket.socket,
        control: socket.socket,
        output: Output,
        folder: Path,
        limits: Limits,
        process: "subprocess.Popen[bytes] | None",
    ) -> None:
        self.output = output
        self.start_bytes = 0
        self.pid = 0
        self.ended: Ended | None = None
        self.on_progress: Callable[[str], None] | None = None
        self._socket = wire_socket
        self._control = control
        self._folder = folder
        self._limits = limits
        self._process = process
        self._wall_left = WALL_PER_CPU * limits.cpu_seconds + WALL_EXTRA_SECONDS
        wire_socket.setblocking(False)

    def wait_until_ready(self, nonce: int) -> None:
        """Wait for the frame that proves the set-up.

        Raises:
            GraderError: If it does not come.
        """
        self._control.settimeout(WORKER_START_SECONDS)
        born = _read_control(self._control)
        deadline = time.monotonic() + WORKER_START_SECONDS
        try:
            ready = self._exchange(b"", deadline) if isinstance(born, Born) else None
        except WorkerEndedError:
            ready = None
        if not isinstance(ready, Ready) or ready.nonce != nonce or not isinstance(born, Born):
            self.close()
            raise GraderError(
                f"a worker could not be set up: {self.output.text()[-300:].strip() or 'no reason given'}",
                "practice doctor",
            )
        self.pid, self.start_bytes = born.pid, ready.resident_bytes

    def request(self, message: Load | Call) -> Value | Error:
        """Send a request and wait for its reply.

        Raises:
            WorkerEndedError: If the worker ended, was ended for a limit, or broke the rules of the wire.
            wire.UnsendableError: If the request is too large.
        """
        frame = wire.encode_message(message)
        if self.ended is not None:
            raise WorkerEndedError(self.ended, "")
        start = time.perf_counter()
        try:
            while True:
                reply = self._exchange(frame, time.monotonic() + self._wall_left)
                frame = b""
                if isinstance(reply, Ready) or reply.id != message.id:
                    raise self._end("protocol")
                if isinstance(reply, Value | Error):
                    return reply
                if self.on_progress is not None:
                    self.on_progress(reply.text)
        finally:
            self._wall_left -= time.perf_counter() - start

    def close(self) -> Ended | None:
        """Kill the worker and all that it started; gives how it ended, or None if the keeper is gone too."""
        if self.ended is None:
            with contextlib.suppress(OSError):
                self._control.shutdown(socket.SHUT_WR)
            self._control.settimeout(END_SECONDS)
            message = _read_control(self._control)
            while message is not None and not isinstance(message, Ended):
                message = _read_control(self._control)
            self.ended = message
            self.output.drain()
            self._socket.close()
            self._control.close()
            self.output.close()
            if self._process is not None:
                self._process.wait()
            shutil.rmtree(self._folder, ignore_errors=True)
        return self.ended

    def _exchange(self, frame: bytes, deadline: float) -> Any:
        """Send `frame`, then read one message, while reading what the worker prints."""
        idle = _IdleWatch(self.pid)
        unsent = memoryview(frame)
        received = bytearray()
        wanted = wire.HEADER_BYTES
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ | (selectors.EVENT_WRITE if unsent else 0))
            for descriptor in self.output.descriptors():
                selector.register(descriptor, selectors.EVENT_READ)
            while True:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise self._end("timeout")
                events = selector.select(min(left, 1.0))
                if not events and idle.has_lasted(IDLE_SECONDS):
                    raise self._end("idle")
                for key, mask in events:
                    if key.fileobj is not self._socket:
                        if not self.output.read(key.fd):
                            selector.unregister(key.fileobj)
                        if self.output.too_much:
                            raise self._end("output")
                        continue
                    if mask & selectors.EVENT_WRITE:
                        unsent = unsent[self._send(unsent) :]
                        if not unsent:
                            selector.modify(self._socket, selectors.EVENT_READ)
                    if mask & selectors.EVENT_READ:
                        received += self._receive(wanted - len(received))
                        if len(received) == wanted and wanted == wire.HEADER_BYTES:
                            try:
                                wanted += wire.frame_length(bytes(received))
                            except wire.ProtocolError:
                                raise self._end("protocol") from None
                        if len(received) == wanted and wanted > wire.HEADER_BYTES:
                            return self._decode(bytes(received[wire.HEADER_BYTES :]))

    def _send(self, data: memoryview) -> int:
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            raise self._end("") from None

    def _receive(self, count: int) -> bytes:
        try:
            data = self._socket.recv(min(count, 1 << 20))
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            raise self._end("")
        return data

    def _decode(self, body: bytes) -> Any:
        try:
            return wire.decode_message(body, Reply)
        except wire.ProtocolError:
            raise self._end("protocol") from None

    def _end(self, reason: str) -> WorkerEndedError:
        ended = self.close() or Ended(0, "", 0.0, 0)
        self.ended = ended
        return WorkerEndedError(ended, reason)


class _IdleWatch:
    """Notices that a worker which owes an answer sleeps: no CPU time used, and none waited for."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._since = time.monotonic()
        self._cpu = -1.0

    def has_lasted(self, seconds: float) -> bool:
        """Whether nothing below the worker has computed, or wanted to, for so long."""
        import psutil  # only a call that takes seconds comes here

        if not self._pid:
            return False
        cpu, busy = 0.0, False
        try:
            worker = psutil.Process(self._pid)
            for process in (worker, *worker.children(recursive=True)):
                times = process.cpu_times()
                cpu += times.user + times.system
                busy |= process.status() in (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP)
        except psutil.Error:
            return False
        now = time.monotonic()
        if busy or cpu > self._cpu + 0.01:
            self._since, self._cpu = now, cpu
        return now - self._since >= seconds


def _read_control(control: socket.socket) -> Born | Ended | None:
    try:
        header = control.recv(wire.HEADER_BYTES, socket.MSG_WAITALL)
        if len(header) < wire.HEADER_BYTES:
            return None
        body = control.recv(wire.frame_length(header), socket.MSG_WAITALL)
        return msgspec.msgpack.decode(body, type=Born | Ended)
    except (OSError, msgspec.MsgspecError, wire.ProtocolError):
        return None


def _can_fork() -> bool:
    """Forking after the import of a numeric library is safe on Linux; on macOS its BLAS may hang."""
    return sys.platform == "linux" and os.environ.get("PRACTICE_FORK", "1") != "0"


def _clean_environment(home: Path, keras_backend: str) -> dict[str, str]:
    """What zygote and workers see: nothing of the person's own environment but what programs need to start."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    return {
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        **dict.fromkeys(threads, "1"),
        "HOME": str(home),
        "KERAS_HOME": str(home / "keras"),
        "KERAS_BACKEND": keras_backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "MALLOC_ARENA_MAX": "2",
    }
