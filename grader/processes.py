"""The judge's end of the other processes: one zygote, and a worker for each test."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import weakref
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypeVar

from grader import frames, isolation
from grader.errors import GraderError, UsageError
from grader.isolation import Isolation
from grader.messages import Hatch, Home, Limits, Warm
from grader.output import Output
from grader.sandbox import bubblewrap, folders, levels
from grader.sandbox.levels import Level
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

    It tries how far workers can be kept apart on this machine, from the highest level down, before it forks any. From
    then on the level stays, whatever a submission does.

    Args:
        backend: Key of `grader.sandbox.zygote.LIBRARIES`.
        keras_backend: What Keras runs on.
        fork: Whether workers are forked; without, each is a new process (slower, same results).
        level: The level of isolation; default the one that `PRACTICE_SANDBOX` names, or the highest that works.

    Raises:
        UsageError: If `PRACTICE_SANDBOX` names no level, or one that this system does not have at all.
    """

    _process: "subprocess.Popen[bytes]"
    _control: socket.socket
    _errors: IO[bytes]
    _mark: str
    _home: Home | None
    _warm: bool

    def __init__(
        self,
        backend: str,
        *,
        keras_backend: str = "tensorflow",
        fork: bool | None = None,
        level: Level | None = None,
    ) -> None:
        self.backend = backend
        self.fork = _can_fork() if fork is None else fork
        self._keras_backend = keras_backend
        self._asked = level or isolation.asked_for()
        self._notices: list[str] = []
        self._ways = isolation.ways(self._asked, backend, self._notices)
        self._isolation: Isolation | None = None
        self._workers: weakref.WeakSet[WorkerProcess] = weakref.WeakSet()
        hide_memory()
        self._start()

    @property
    def isolation(self) -> Isolation:
        """How far its workers are kept apart; waits until that is known.

        Raises:
            UsageError, GraderError: As `wait_until_ready`.
        """
        self.wait_until_ready()
        assert self._isolation is not None
        return self._isolation

    def wait_until_ready(self) -> None:
        """Wait for the imports.

        Raises:
            UsageError: If the level that was asked for cannot be had.
            GraderError: If a library cannot be imported, or the level is not what it was before.
        """
        if self._warm:
            return
        while not self._warm:
            if self._home is None:
                self._home = self._hear(Home, START_SECONDS)
            self._warm = self._home is not None and self._hear(Warm, START_SECONDS) is not None
            if not self._warm:
                self._start_another_way()
        self._settle()

    def require(self, level: Level) -> None:
        """Refuse to go on with less isolation.

        Raises:
            UsageError: If there is less of it here.
        """
        found = self.isolation
        if found.level.rank < level.rank:
            why = found.notices[-1] if found.notices else f"`{levels.VARIABLE}` asks for no more"
            raise UsageError(f"the sandbox is `{found.level}` here, `{level}` is required: {why}", "practice doctor")

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
        environment = {**_clean_environment(self._keras_backend), MARK: self._mark}
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `_end`
        self._control, there = socket.socketpair()
        level, before = self._ways[0]
        role = [] if self.fork else ["spawn"]
        if before:
            environment["TMPDIR"] = bubblewrap.TEMPORARY
        self._process = subprocess.Popen(
            [*before, *PYTHON, "-m", "grader.sandbox.zygote", self.backend, str(there.fileno()), level, *role],
            stdin=subprocess.DEVNULL,
            stdout=self._errors,
            stderr=self._errors,
            pass_fds=[there.fileno()],
            cwd="/",
            env=environment,
            start_new_session=True,
        )
        there.close()

    def _start_another_way(self) -> None:
        """Start with less isolation as long as there has been no worker; where nothing is left to try, fail."""
        said = self._last_words()
        self._end()
        if self._isolation is not None or len(self._ways) == 1:
            raise GraderError(f"the worker process cannot start: {said or 'no reason given'}", "practice doctor")
        level, _ = self._ways.pop(0)
        if self._ways[0][0] is not level:
            self._notices.append(f"`{level}` does not work here: {said or 'no reason given'}")
            isolation.NOT_HERE.setdefault(level, self._notices[-1])
        self._start()

    def _settle(self) -> None:
        """Hold on to the level that was found, and never accept another one."""
        assert self._home is not None
        found = Isolation(Level(self._home.level), (*self._notices, *self._home.notices))
        if self._asked not in (None, found.level):
            raise UsageError(f"the sandbox cannot be `{self._asked}` here: {found.notices[-1]}", "practice doctor")
        if self._isolation is not None and found.level is not self._isolation.level:
            raise GraderError(f"the sandbox was `{self._isolation.level}` and can only be `{found.level}` now")
        self._isolation = found

    def _last_words(self) -> str:
        try:
            self._process.wait(LAST_WORDS_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""

    def _hatch(self, limits: Limits) -> WorkerProcess:
        wire_here, wire_there = socket.socketpair()
        control_here, control_there = socket.socketpair()
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        hatch = Hatch(limits, secrets.randbits(62))
        worker = WorkerProcess(wire_here, control_here, Output(out_read, err_read), limits)
        self._workers.add(worker)
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
        for worker in list(self._workers):
            worker.close()  # an interruption may have come before anybody held it
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
        _, boxed = self._ways[0]
        if self._home is not None and not boxed and Path(self._home.folder).exists():
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
