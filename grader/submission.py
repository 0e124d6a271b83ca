"""The submission as a hidden suite sees it: functions to call and handles on what stays in the worker."""

import os
import secrets
import signal
import time
from typing import Any, NoReturn

from grader import wire
from grader.checks import show
from grader.checks.calls import LAST_CALL, LastCall
from grader.failure import Failed, Failure, Frame, RemoteError
from grader.messages import Call, Error, ErrorInfo, Limits, Load, Value
from grader.processes import WorkerEndedError, WorkerProcess
from grader.words import Outcome

LONGEST_MESSAGE = 600
LONGEST_DEVICE = 40


class Connection:
    """A worker with one solution in it.

    Args:
        worker: The worker; nothing is loaded in it yet.
        limits: Its limits, for the words of a failure.
        parameters: Parameter names of the functions of the stub.
        is_submission: Whether its calls are those that a report speaks of; not so for the reference solution.
    """

    def __init__(
        self, worker: WorkerProcess, limits: Limits, parameters: dict[str, list[str]], *, is_submission: bool = True
    ) -> None:
        self.worker = worker
        self.timings: list[tuple[str, float]] = []
        self._limits = limits
        self._parameters = parameters
        self._is_submission = is_submission

    def load(self, load: Load) -> str:
        """Load the solution.

        Returns:
            The device that it runs on, as its worker says; for the report only.

        Raises:
            Failed: With the verdict of a solution that cannot be graded.
        """
        answer = self._request(load, "the import of the solution")
        if isinstance(answer, Error):
            raise _load_failure(answer.error)
        return show.cut(str(answer.value), LONGEST_DEVICE)

    def call(
        self, target: str | int, name: str, args: Any, kwargs: Any, *, attribute: bool = False, echo: bool = False
    ) -> tuple[Any, Any]:
        """Call a function in the worker.

        Returns:
            (result, [args, kwargs] afterwards if `echo`).

        Raises:
            Failed: If it raised, ended the worker, or returned what cannot travel.
        """
        if self._is_submission and not attribute and (target != "support" or name in self._parameters):
            LAST_CALL.set(LastCall(name, self._named(name, args, kwargs)))
        message = Call(
            secrets.randbits(62), target, name,
            wire.to_tree(list(args), self._token), wire.to_tree(kwargs, self._token), attribute, echo,
        )  # fmt: skip
        start = time.perf_counter()
        answer = self._request(message, f"`{name}`")
        if target == "solution":
            self.timings.append((name, time.perf_counter() - start))
        if isinstance(answer, Error):
            raise _call_failure(answer.error, name)
        try:
            result = wire.from_tree(answer.value, self._handle)
            after = wire.from_tree(answer.echo, self._handle) if echo else None
            if echo and not (isinstance(after, list) and len(after) == 2 and len(after[0]) == len(args)):
                raise wire.ProtocolError("no arguments came back")
        except (wire.ProtocolError, TypeError):
            self.worker.close()
            raise Failed(Outcome.CRASH, Failure(f"`{name}` sent back something unreadable")) from None
        return result, after

    def _request(self, message: Load | Call, what: str) -> Value | Error:
        try:
            return self.worker.request(message)
        except WorkerEndedError as error:
            raise self._end_failure(error, what) from None

    def _end_failure(self, error: WorkerEndedError, what: str) -> Failed:
        printed = tuple(("printed", show.cut(line)) for line in self.worker.output.text().strip().splitlines()[-3:])
        seconds, ended = self._limits.cpu_seconds, error.ended
        if error.reason == "idle":
            text = f"{what} waits for something that does not come"
            return Failed(
                Outcome.TIMEOUT,
                Failure(text, note="It neither computes nor returns: is there a sleep, a lock or an input()?"),
            )
        if error.reason == "timeout" or ended.reason == "timeout":
            text = f"{what} did not finish within its time limit ({seconds} s of CPU time)"
            return Failed(
                Outcome.TIMEOUT,
                Failure(text, note="Is there a loop that does not end, or a loop where an array operation would do?"),
            )
        if ended.reason == "memory":
            text = f"{what} took more than {self._limits.memory_bytes >> 20} MiB of memory"
            return Failed(Outcome.MEMORY_LIMIT, Failure(text))
        if error.reason == "output":
            return Failed(Outcome.OUTPUT_LIMIT, Failure(f"{what} printed without end", facts=printed))
        if error.reason == "protocol":
            return Failed(Outcome.CRASH, Failure(f"{what} broke the connection to the judge", facts=printed))
        if os.WIFSIGNALED(ended.status):
            number = os.WTERMSIG(ended.status)
            how = f"ended its process by {signal.Signals(number).name}"
        else:
            how = f"ended its process with exit status {os.waitstatus_to_exitcode(ended.status)}"
        return Failed(Outcome.CRASH, Failure(f"{what} {how}", facts=printed))

    def _named(self, name: str, args: Any, kwargs: Any) -> dict[str, Any]:
        names = self._parameters.get(name, [])
        padded = [*names[: len(args)], *(f"argument {i + 1}" for i in range(len(names), len(args)))]
        return {**dict(zip(padded, args, strict=True)), **kwargs}

    def _handle(self, token: wire.HandleToken) -> "Handle":
        return Handle(self, token)

    def _token(self, value: Any) -> wire.HandleToken | None:
        return value._token if isinstance(value, Handle) and value._connection is self else None


class RemoteFunction:
    """A function of the worker: calling it calls there."""

    def __init__(self, connection: Connection, target: str | int, name: str) -> None:
        self._connection = connection
        self._target = target
        self.name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it.

        Raises:
            Failed: If it raised, ended the worker, or returned what cannot travel.
        """
        return self._connection.call(self._target, self.name, args, kwargs)[0]

    def echo(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """Call it; gives its result, and its positional and keyword arguments as they are afterwards."""
        result, after = self._connection.call(self._target, self.name, args, kwargs, echo=True)
        return result, after[0], after[1]


class Owner:
    """The functions of a module in the worker, as attributes."""

    def __init__(self, connection: Connection, target: str) -> None:
        self._connection = connection
        self._target = target

    def __getattr__(self, name: str) -> RemoteFunction:
        if name.startswith("__"):
            raise AttributeError(name)
        return RemoteFunction(self._connection, self._target, name)


class Submission(Owner):
    """The functions of the solution, as attributes; `support` gives those of `support.py`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, "solution")
        self.support = Owner(connection, "support")


def _misused(self: "Handle", *_args: Any, **_kwargs: Any) -> NoReturn:
    """A suite treats the handle as a value: the submission returned the wrong kind of thing."""
    rows = (("type", "a plain value or array", self.type_name),)
    raise Failed(Outcome.BAD_RETURN_TYPE, Failure("the return value has the wrong type", rows))


class Handle:
    """An object that stays in the worker: call its methods, read its attributes, give it back as an argument.

    Attributes:
        type_name: What the worker says that it is; shown in failures, never believed.
    """

    def __init__(self, connection: Connection, token: wire.HandleToken) -> None:
        self._connection = connection
        self._token = token
        self.type_name = token.type_name

    def get(self, name: str) -> Any:
        """Read an attribute.

        Raises:
            Failed: If it has none of that name.
        """
        return self._connection.call(self._token.number, name, (), {}, attribute=True)[0]

    def __getattr__(self, name: str) -> RemoteFunction:
        if name.startswith("__"):
            raise AttributeError(name)
        return RemoteFunction(self._connection, self._token.number, name)

    def __repr__(self) -> str:
        return f"<{self.type_name}>"

    __array__ = __iter__ = __len__ = __getitem__ = __float__ = __int__ = __index__ = __bool__ = _misused
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _misused
    __matmul__ = __rmatmul__ = __neg__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = _misused


def _load_failure(error: ErrorInfo) -> Failed:
    remote = _remote(error)
    frames = _frame_facts(remote.frames)
    if error.memory:
        return Failed(
            Outcome.MEMORY_LIMIT, Failure("the import of the solution ran out of memory", facts=frames), remote
        )
    match error.stage:
        case "compile":
            message = f"{error.type}: {remote.message}"
            return Failed(Outcome.COMPILE_ERROR, Failure(message, facts=frames), remote)
        case "rule":
            outcome = Outcome.IMPORT_ERROR if error.type == "ImportError" else Outcome.WRONG_ANSWER
            return Failed(
                outcome, Failure(remote.message, facts=frames, note="The statement names what may be used."), remote
            )
        case "missing":
            note = "Keep the names of the stub: the hidden tests call them."
            return Failed(Outcome.MISSING_FUNCTION, Failure(f"{remote.message} is missing", note=note), remote)
    is_import = "ImportError" in (error.type, *error.bases)
    outcome = Outcome.IMPORT_ERROR if is_import else Outcome.RUNTIME_ERROR
    message = f"{error.type}: {remote.message}" if remote.message else error.type
    return Failed(outcome, Failure(message, facts=frames, note="It was raised while the file was loaded."), remote)


def _call_failure(error: ErrorInfo, name: str) -> Failed:
    remote = _remote(error)
    facts = _frame_facts(remote.frames)
    if error.memory:
        return Failed(Outcome.MEMORY_LIMIT, Failure(f"`{name}` ran out of memory", facts=facts), remote)
    if error.stage == "return":
        return Failed(
            Outcome.BAD_RETURN_TYPE, Failure(f"what `{name}` returned cannot be read: {remote.message}"), remote
        )
    note = ""
    if error.type == "NotImplementedError":
        note = f"`{name}` is still the stub."
    message = f"{error.type}: {remote.message}" if remote.message else error.type
    return Failed(Outcome.RUNTIME_ERROR, Failure(message, facts=facts, note=note), remote)


def _remote(error: ErrorInfo) -> RemoteError:
    frames = tuple(Frame(frame.line, frame.function, frame.source) for frame in error.frames)
    message = show.cut(error.message, LONGEST_MESSAGE)
    return RemoteError(error.type, message, tuple(error.bases), frames, error.stage)


def _frame_facts(frames: tuple[Frame, ...]) -> tuple[tuple[str, str], ...]:
    """The learner's own frames, the innermost last."""
    return tuple(
        (f"line {frame.line}", frame.source if frame.function == "<module>" else f"in {frame.function}: {frame.source}")
        for frame in frames
    )
