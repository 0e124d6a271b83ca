"""The judge's end of the other processes: one zygote, and a worker for each test."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypeVar

from grader import frames
from grader.errors import GraderError
from grader.messages import Hatch, Home, Limits, Warm
from grader.output import Output
from grader.sandbox import folders
from grader.sandbox.limits import PYTHON, hide_memory
from grader.watching import end_marked
from grader.worker_process import WorkerEndedError, WorkerProcess, ZygoteEndedError

__all__ = ["WorkerEndedError", "WorkerProcess", "Zygote"]

START_SECONDS = 120.0
HOME_SECONDS = 10.0
END_SECONDS = 15.0
LAST_WORDS_SECONDS = 5.0
MARK = "PRACTICE_ZYGOTE"
PASSED_ON = (
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TZ",
    "SYSTEMROOT",
    "CUDA_VISIBLE_DEVICES",
)

T = TypeVar("T")


class Zygote:
    """A process that has imported the libraries of a backend and forks workers.

    Args:
        backend: Key of `grader.sandbox.zygote.LIBRARIES`.
        keras_backend: What Keras runs on.
        fork: Whether workers are forked; without, each is a new process (slower, same results).
    """

    _process: "subprocess.Popen[bytes]"
    _control: socket.socket
    _errors: IO[bytes]
    _mark: str
    _home: Home | None
    _warm: bool

    def __init__(self, backend: str, *, keras_backend: str = "tensorflow", fork: bool | None = None) -> None:
        self.backend = backend
        self.fork = _can_fork() if fork is None else fork
        self._keras_backend = keras_backend
        hide_memory()
        self._start()

    def wait_until_ready(self) -> None:
        """Wait for the imports.

        Raises:
            GraderError: If a library cannot be imported.
        """
        if self._warm:
            return
        if self._home is None:
            self._home = self._hear(Home, START_SECONDS)
        self._warm = self._home is not None and self._hear(Warm, START_SECONDS) is not None
        if not self._warm:
            try:
                self._process.wait(LAST_WORDS_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
            self._errors.seek(0)
            last = self._errors.read().decode("utf-8", "replace").strip().splitlines()[-1:]
            raise GraderError(
                f"the worker process cannot start: {last[0] if last else 'no reason given'}", "practice doctor"
            )

    def start_worker(self, limits: Limits) -> WorkerProcess:
        """Start a worker that has run no line of any submission yet.

        Raises:
            GraderError: If its set-up fails.
        """
        self.wait_until_ready()
        try:
            return self._hatch(limits)
        except ZygoteEndedError:  # a submission may have ended it
            self._end()
            self._start()
            self.wait_until_ready()
            return self._hatch(limits)

    def close(self) -> None:
        """End the zygote, after its keepers have ended their workers."""
        if self._control.fileno() >= 0:
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> None:
        self._home = None
        self._warm = False
        self._mark = secrets.token_hex(8)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `_end`
        self._control, there = socket.socketpair()
        role = [] if self.fork else ["spawn"]
        self._process = subprocess.Popen(
            [*PYTHON, "-m", "grader.sandbox.zygote", self.backend, str(there.fileno()), *role],
            stdin=subprocess.DEVNULL,
            stdout=self._errors,
            stderr=self._errors,
            pass_fds=[there.fileno()],
            cwd="/",
            env={**_clean_environment(self._keras_backend), MARK: self._mark},
            start_new_session=True,
        )
        there.close()

    def _hatch(self, limits: Limits) -> WorkerProcess:
        wire_here, wire_there = socket.socketpair()
        control_here, control_there = socket.socketpair()
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        hatch = Hatch(limits, secrets.randbits(62))
        worker = WorkerProcess(wire_here, control_here, Output(out_read, err_read), limits)
        there = [wire_there.fileno(), out_write, err_write, control_there.fileno()]
        try:
            self._process.send_signal(signal.SIGCONT)  # a submission may have stopped it
            socket.send_fds(self._control, [frames.encode(hatch)], there)
        except OSError as error:
            worker.close()
            raise ZygoteEndedError(f"the zygote has ended: {error}", "grade again") from None
        finally:
            wire_there.close()
            control_there.close()
            os.close(out_write)
            os.close(err_write)
        worker.wait_until_ready(hatch.nonce)
        return worker

    def _end(self) -> None:
        if self._home is None:
            self._home = self._hear(Home, HOME_SECONDS)
        self._control.close()
        killed = not self._warm  # it imports, which can take seconds, and has no worker yet
        if killed:
            self._process.kill()
        try:
            self._process.send_signal(signal.SIGCONT)
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.returncode and not killed:
            end_marked(MARK, self._mark)
        self._errors.close()
        if self._home is not None and Path(self._home.folder).exists():
            folders.remove(Path(self._home.folder))

    def _hear(self, kind: type[T], seconds: float) -> T | None:
        """The next message of the zygote, or None if it ends or is silent for so long."""
        self._control.settimeout(seconds)
        try:
            message: T | None = frames.receive(self._control, kind)
        except (TimeoutError, frames.ProtocolError):
            return None
        return message


def _can_fork() -> bool:
    """Forking after the import of a numeric library is safe on Linux; on macOS its BLAS may hang."""
    return sys.platform == "linux" and os.environ.get("PRACTICE_FORK", "1") != "0"


def _clean_environment(keras_backend: str) -> dict[str, str]:
    """What zygote and workers see: nothing of the person's own environment but what programs need to start."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    return {
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        **dict.fromkeys(threads, "1"),
        "KERAS_BACKEND": keras_backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "MALLOC_ARENA_MAX": "2",
    }
