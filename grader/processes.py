"""The judge's end of the other processes: one zygote, and a worker for each test."""

import os
import secrets
import signal
import socket
import weakref
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from grader import frames, isolation, warm
from grader.errors import GraderError, UsageError
from grader.isolation import Isolation
from grader.messages import Hatch, Home, Imported, Limits
from grader.output import Output
from grader.sandbox import folders, levels
from grader.sandbox.levels import Level
from grader.sandbox.limits import hide_memory
from grader.worker_process import WorkerEndedError, WorkerProcess, ZygoteEndedError
from grader.zygote_process import ZygoteProcess, can_fork, clean_environment

__all__ = ["WorkerEndedError", "WorkerProcess", "Zygote"]

START_SECONDS = 120.0
HOME_SECONDS = 10.0
MOST_SPARES = 3

T = TypeVar("T")


@dataclass(frozen=True)
class Spare:
    """A worker that has been ordered before somebody asks for it.

    Attributes:
        worker: The worker, which may not be set up yet.
        nonce: What proves its set-up.
        limits: What it may use.
    """

    worker: WorkerProcess
    nonce: int
    limits: Limits


class Zygote:
    """A process that has imported the libraries of a backend and forks workers.

    It tries how far workers can be kept apart on this machine, from the highest level down, before it forks any. From
    then on the level stays, whatever a submission does.

    Args:
        backend: Key of `grader.sandbox.zygote.LIBRARIES`.
        keras_backend: What Keras runs on.
        fork: Whether workers are forked; without, each is a new process (slower, same results).
        level: The level of isolation; default the one that `PRACTICE_SANDBOX` names, or the highest that works.
        shared: Take one that an earlier grade has left warm, and leave it warm for a later one, where that is wanted:
            see `grader.warm.idle_seconds`.

    Raises:
        UsageError: If `PRACTICE_SANDBOX` names no level, or one that this system does not have at all.
    """

    _process: ZygoteProcess | None  # None if somebody else has started it
    _control: socket.socket
    _home: Home | None
    _is_ready: bool
    _root: int

    def __init__(
        self,
        backend: str,
        *,
        keras_backend: str = "tensorflow",
        fork: bool | None = None,
        level: Level | None = None,
        shared: bool = False,
    ) -> None:
        self.backend, self.keras_backend = backend, keras_backend if backend == "keras" else ""
        self.fork = can_fork() if fork is None else fork
        self._environment = clean_environment(keras_backend)
        self._asked = level or isolation.asked_for()
        self._slot: warm.Slot | None = None
        if shared and self.fork and warm.idle_seconds():
            self._slot = warm.Slot(backend, self._environment, str(self._asked or ""))
        self._listener: socket.socket | None = None
        self._notices: list[str] = []
        self._ways = isolation.ways(self._asked, backend, self._notices, outlives=self._slot is not None)
        self._isolation: Isolation | None = None
        self._workers: weakref.WeakSet[WorkerProcess] = weakref.WeakSet()
        self._spares: list[Spare] = []
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
        if self._is_ready:
            return
        while not self._is_ready:
            self._hear_home(START_SECONDS)
            self._is_ready = self._home is not None and self._hear(Imported, START_SECONDS) is not None
            if not self._is_ready:
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

    def start_worker(self, limits: Limits, further: int = 0) -> WorkerProcess:
        """Start a worker that has run no line of any submission yet.

        Args:
            limits: What it may use.
            further: How many more with these limits will be asked for: some are set up while this one works.

        Raises:
            GraderError: If its set-up fails.
        """
        self.wait_until_ready()
        try:
            worker = self._spare(limits) or self._hatch(limits)
            self._order_spares(limits, further)
        except ZygoteEndedError:  # a submission may have ended it
            self._end()
            self._start()
            self.wait_until_ready()
            worker = self._hatch(limits)
        return worker

    def dismiss_spares(self) -> None:
        """End the workers that nobody has asked for yet."""
        spares, self._spares = self._spares, []
        for spare in spares:
            spare.worker.hang_up()
        for spare in spares:
            spare.worker.close()

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
        self._home, self._is_ready, self._root = None, False, os.getpid()
        self._process = None
        if self._slot is None:
            self._launch(None)
            return
        with self._slot.taken() as is_ours:
            found = self._slot.connect() if is_ours else None
            if found is not None:
                self._control = found
                return
            self._listener = self._slot.listen() if is_ours else None
            if self._listener is None:
                self._slot = None
            self._launch(self._listener)

    def _launch(self, listener: socket.socket | None) -> None:
        self._process = ZygoteProcess(
            self.backend, self._ways[0], self._environment, fork=self.fork, listener=listener, notices=self._notices
        )
        self._control = self._process.control

    def _start_another_way(self) -> None:
        """Start with less isolation as long as there has been no worker; where nothing is left to try, fail."""
        if self._process is None:  # the warm one that was found has ended just now
            self._end()
            self._slot = None
            self._start()
            return
        said = self._process.last_words()
        listener, self._listener = self._listener, None
        self._end()
        if self._isolation is not None or len(self._ways) == 1:
            if listener is not None:
                listener.close()
            raise GraderError(f"the worker process cannot start: {said or 'no reason given'}", "practice doctor")
        level, _ = self._ways.pop(0)
        if self._ways[0][0] is not level:
            self._notices.append(f"`{level}` does not work here: {said or 'no reason given'}")
            isolation.NOT_HERE.setdefault(level, self._notices[-1])
        self._home = None
        self._listener = listener
        self._launch(listener)

    def _settle(self) -> None:
        """Hold on to the level that was found, and never accept another one."""
        assert self._home is not None
        if self._listener is not None and self._slot is not None:
            self._slot.remember_home("" if self._is_boxed() else self._home.folder)
            self._listener.close()  # with ours open, nobody would see the zygote end
            self._listener = None
        found = Isolation(Level(self._home.level), tuple(self._home.notices))
        if self._asked not in (None, found.level):
            raise UsageError(f"the sandbox cannot be `{self._asked}` here: {found.notices[-1]}", "practice doctor")
        if self._isolation is not None and found.level is not self._isolation.level:
            raise GraderError(f"the sandbox was `{self._isolation.level}` and can only be `{found.level}` now")
        self._isolation = found

    def _spare(self, limits: Limits) -> WorkerProcess | None:
        """A worker that was ordered before, if one is left that nothing has happened to."""
        for spare in [each for each in self._spares if each.limits == limits]:
            self._spares.remove(spare)
            try:
                spare.worker.wait_until_ready(spare.nonce)
            except GraderError:  # a submission may have ended it
                continue
            if spare.worker.is_waiting():
                return spare.worker
            spare.worker.close()
        return None

    def _order_spares(self, limits: Limits, further: int) -> None:
        wanted = min(further, MOST_SPARES if self.fork else 1)
        if wanted and any(spare.limits != limits for spare in self._spares):
            self.dismiss_spares()
        while len(self._spares) < wanted:
            self._spares.append(self._order(limits))

    def _hatch(self, limits: Limits) -> WorkerProcess:
        ordered = self._order(limits)
        ordered.worker.wait_until_ready(ordered.nonce)
        return ordered.worker

    def _order(self, limits: Limits) -> Spare:
        """Have a worker forked, without waiting for it."""
        wire_here, wire_there = socket.socketpair()
        control_here, control_there = socket.socketpair()
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        hatch = Hatch(limits, secrets.randbits(62))
        worker = WorkerProcess(wire_here, control_here, Output(out_read, err_read), limits, self._root)
        self._workers.add(worker)
        there = [wire_there.fileno(), out_write, err_write, control_there.fileno()]
        try:
            self._rouse()  # a submission may have stopped it
            socket.send_fds(self._control, [frames.encode(hatch)], there)
        except OSError as error:
            worker.close()
            raise ZygoteEndedError(f"the zygote has ended: {error}", "grade again") from None
        finally:
            wire_there.close()
            control_there.close()
            os.close(out_write)
            os.close(err_write)
        return Spare(worker, hatch.nonce, limits)

    def _end(self) -> None:
        if self._home is None and self._process is not None and not self._listener:
            self._hear_home(HOME_SECONDS)
        self.dismiss_spares()
        for worker in list(self._workers):
            worker.close()  # an interruption may have come before anybody held it
        self._control.close()
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if self._process is None or not self._process.end(importing=not self._is_ready):
            return
        if self._home is not None and not self._is_boxed() and Path(self._home.folder).exists():
            folders.remove(Path(self._home.folder))

    def _is_boxed(self) -> bool:
        """Whether its folders are not ours to see."""
        return self._home is not None and self._home.level == Level.BUBBLEWRAP

    def _rouse(self) -> None:
        if self._process is not None:
            self._process.rouse()
        elif self._root > 0:
            os.kill(self._root, signal.SIGCONT)

    def _hear_home(self, seconds: float) -> None:
        if self._home is None:
            self._home, pid = warm.hear_home(self._control, seconds)
            if self._process is None:
                self._root = pid

    def _hear(self, kind: type[T], seconds: float) -> T | None:
        """The next message of the zygote, or None if it ends or is silent for so long."""
        self._control.settimeout(seconds)
        try:
            message: T | None = frames.receive(self._control, kind)
        except (TimeoutError, frames.ProtocolError):
            return None
        return message
