"""The submission as a hidden suite sees it: functions to call and handles on what stays in the worker."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, NoReturn

from grader import outcomes, shared_memory, wire
from grader.checks import show
from grader.checks.calls import LAST_CALL, LastCall
from grader.errors import GraderError
from grader.failure import Failed, Failure
from grader.frames import ProtocolError, UnsendableError
from grader.messages import Call, Error, Keep, Limits, Load, Value
from grader.metering import Memory, Usage, forget_peak, memory
from grader.recorded_calls import Recorder
from grader.shared_memory import Outbox
from grader.watching import held
from grader.words import Outcome
from grader.worker_process import WorkerEndedError, WorkerProcess

IDS_AT_ONCE = 512
LONGEST_DEVICE = 40
LONGEST_TYPE_NAME = 80


class Connection:
    """A worker with one solution in it.

    Args:
        worker: The worker; nothing is loaded in it yet.
        limits: Its limits, for the words of a failure.
        parameters: Parameter names of the functions of the stub.
        is_submission: Whether its calls are those that a report speaks of; not so for the reference solution.
        recorder: Keeps calls of the solution, if it is given.
    """

    def __init__(
        self,
        worker: WorkerProcess,
        limits: Limits,
        parameters: dict[str, list[str]],
        *,
        is_submission: bool = True,
        recorder: Recorder | None = None,
    ) -> None:
        self.worker = worker
        self.timings: list[tuple[str, float]] = []
        self._limits = limits
        self._parameters = parameters
        self._is_submission = is_submission
        self._recorder = recorder
        self._ids = _new_ids()  # its own: another thread may make calls to another worker meanwhile
        self._end = ""

    def load(self, load: Load) -> str:
        """Load the solution.

        Returns:
            The device that it runs on, as its worker says; for the report only.

        Raises:
            Failed: With the verdict of a solution that cannot be graded.
        """
        answer = self._request(load, "the import of the solution")
        if isinstance(answer, Error):
            raise self._blamed(outcomes.of_load(answer.error))
        return show.cut(show.printable(str(answer.value)[: 2 * LONGEST_DEVICE]), LONGEST_DEVICE)

    def call(
        self, target: str | int, name: str, args: Any, kwargs: Any, *, attribute: bool = False, echo: bool = False
    ) -> tuple[Any, Any]:
        """Call a function in the worker.

        Returns:
            (result, [args, kwargs] afterwards if `echo`).

        Raises:
            Failed: If it raised, ended the worker, or returned what cannot travel.
        """
        if not attribute:
            self._note(target, name, args, kwargs)
        outbox = Outbox() if shared_memory.IS_HERE else None
        trees = self._trees(name, args, kwargs, outbox)
        shared = outbox is not None and outbox.size > 0
        message = Call(next(self._ids), target, name, *trees, attribute, echo, shared=shared)
        return self._answered(message, args, kwargs, outbox)

    def keep(self, name: str, args: Any, kwargs: Any, *, tidy: bool) -> None:
        """Send the arguments of the next call, so that they are there when its clock starts.

        Raises:
            Failed: If they cannot travel, or the worker ends.
        """
        trees = self._trees(name, args, kwargs)
        try:
            answer = self._request(Keep(next(self._ids), *trees, tidy), f"`{name}`")
        except UnsendableError as error:
            raise self._unsendable(name, error) from None
        if isinstance(answer, Error):
            raise self._blamed(outcomes.of_call(answer.error, name))

    def call_kept(self, target: str | int, name: str, args: Any, kwargs: Any) -> Any:
        """Call a function with the arguments that were kept, and are given again for the report.

        Raises:
            Failed: If it raised, ended the worker, or returned what cannot travel.
        """
        self._note(target, name, args, kwargs)
        message = Call(next(self._ids), target, name, [wire.Tag.LIST], [wire.Tag.DICT], kept=True)
        return self._answered(message, args, kwargs)[0]

    def _note(self, target: str | int, name: str, args: Any, kwargs: Any) -> None:
        """Remember a call for the report of its failure."""
        if self._is_submission and (target != "support" or self._is_of_the_stub(target, name)):
            LAST_CALL.set(LastCall(name, self._named(name, args, kwargs)))

    def _is_of_the_stub(self, target: str | int, name: str) -> bool:
        """Whether a call is of a function that the learner wrote: in the solution, or wrapped by `support.py`."""
        return target == "solution" or (target == "support" and name in self._parameters)

    def _trees(self, name: str, args: Any, kwargs: Any, outbox: Outbox | None = None) -> tuple[Any, Any]:
        try:
            return wire.to_tree(list(args), self._token, outbox), wire.to_tree(kwargs, self._token, outbox)
        except UnsendableError as error:  # an argument that came from the submission, e.g. its cache
            raise self._unsendable(name, error) from None

    def _unsendable(self, name: str, error: UnsendableError) -> Exception:
        text = f"`{name}` cannot be called with these arguments: {error}"
        return self._blamed(Failed(Outcome.BAD_RETURN_TYPE, Failure(text)))

    def _answered(self, message: Call, args: Any, kwargs: Any, outbox: Outbox | None = None) -> tuple[Any, Any]:
        """Result of a call, and its arguments afterwards where they were asked for."""
        name = message.name
        start = time.perf_counter()
        try:
            answer = self._request(message, f"`{name}`", outbox)
        except UnsendableError as error:
            raise self._unsendable(name, error) from None
        seconds = time.perf_counter() - start
        if self._is_of_the_stub(message.target, name):
            self.timings.append((name, seconds))
        if isinstance(answer, Error):
            raise self._blamed(outcomes.of_call(answer.error, name))
        if message.target == "solution" and not message.attribute and self._recorder is not None:
            self._recorder.add(name, args, kwargs, seconds)
        try:
            result = wire.from_tree(answer.value, self._found, self.worker.memory)
            return result, self._echoed(answer.echo, args) if message.echo else None
        except ProtocolError:
            self.worker.close()
            self._end = f"`{name}` sent back something unreadable"
            raise self._blamed(Failed(Outcome.CRASH, Failure(self._end))) from None
        finally:
            self.worker.forget_memory()

    def _request(self, message: Load | Keep | Call, what: str, outbox: Outbox | None = None) -> Value | Error:
        if self._end:
            raise self._blamed(Failed(Outcome.SKIPPED, Failure(f"not run: {self._end} in an earlier test")))
        try:
            return self.worker.request(message, outbox)
        except WorkerEndedError as error:
            limits = self._limits
            failed = outcomes.of_end(error, what, self.worker.output.text(), limits.cpu_seconds, limits.memory_bytes)
            self._end = failed.failure.message
            raise self._blamed(failed) from None

    def _blamed(self, failed: Failed) -> Exception:
        """The failure, or a defect of ours where it is not the submission that failed."""
        if self._is_submission:
            return failed
        return GraderError(f"the reference solution failed: {failed.failure.message}", "grade again")

    def _echoed(self, tree: Any, args: Any) -> Any:
        """The arguments of a call as they are afterwards: [positional, by name]."""
        after = wire.from_tree(tree, self._found, self.worker.memory)
        match after:
            case [list(positional), dict()] if len(positional) == len(args):
                return after
        raise ProtocolError("no arguments came back")

    def _named(self, name: str, args: Any, kwargs: Any) -> dict[str, Any]:
        names = self._parameters.get(name, [])
        padded = [*names[: len(args)], *(f"argument {i + 1}" for i in range(len(names), len(args)))]
        return {**dict(zip(padded, args, strict=True)), **kwargs}

    def _found(self, reference: wire.HandleToken | wire.Generator) -> "Handle":
        if isinstance(reference, wire.Generator):
            raise ProtocolError("a generator, which only the judge may send")
        return Handle(self, reference)

    def _token(self, value: Any) -> wire.HandleToken | None:
        return value._token if isinstance(value, Handle) and value._connection is self else None


def _new_ids() -> Iterator[int]:
    """Ids that no worker can foresee: an answer that was sent before its question would have taken no time."""
    while True:  # many at once, because each look at the system's generator takes as long as reading a message
        yield from memoryview(os.urandom(IDS_AT_ONCE * 8)).cast("Q")


class RemoteFunction:
    """A function of the worker: calling it calls there."""

    def __init__(self, connection: Connection, target: str | int, name: str, first: tuple[Any, ...] = ()) -> None:
        self._connection = connection
        self._target = target
        self._first = first
        self.name = name

    def partial(self, *args: Any) -> "RemoteFunction":
        """The same function with its first arguments given, e.g. a network that belongs to this worker."""
        return RemoteFunction(self._connection, self._target, self.name, (*self._first, *args))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it.

        Raises:
            Failed: If it raised, ended the worker, or returned what cannot travel.
        """
        return self._connection.call(self._target, self.name, (*self._first, *args), kwargs)[0]

    def echo(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """Call it; gives its result, and its positional and keyword arguments as they are afterwards."""
        result, after = self._connection.call(self._target, self.name, (*self._first, *args), kwargs, echo=True)
        return result, after[0], after[1]

    def prepare(self, *args: Any, tidy: bool = False, **kwargs: Any) -> Callable[[], Any]:
        """Send the arguments of a call; gives a function that makes it, once, before anything else is prepared.

        Args:
            *args: Its arguments.
            tidy: Whether the worker gives memory that it does not use back to the system first.
            **kwargs: Its keyword arguments.

        Raises:
            Failed: If they cannot travel.
        """
        args = (*self._first, *args)
        self._connection.keep(self.name, args, kwargs, tidy=tidy)
        return lambda: self._connection.call_kept(self._target, self.name, args, kwargs)

    def held(self) -> AbstractContextManager[None]:
        """Hold its worker still for as long as the block lasts."""
        return held(self._connection.worker.pid, self._connection.worker.root)

    def usage(self) -> Usage:
        """What its worker has used so far, as the system tells the judge."""
        return self._connection.worker.usage()

    def memory(self) -> Memory | None:
        """Resident memory of its worker above what it started with, or None where the system does not tell."""
        return memory(self._connection.worker.pid, self._connection.worker.start_bytes)

    def forget_peak(self) -> bool:
        """Have the peak of the memory of its worker begin anew; whether the system can."""
        return forget_peak(self._connection.worker.pid)


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

    def abandon(self) -> None:
        """Have its worker end, whatever it does; another thread that waits for an answer fails."""
        self._connection.worker.hang_up()


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
        self.type_name = show.cut(show.printable(token.type_name[: 2 * LONGEST_TYPE_NAME]), LONGEST_TYPE_NAME)

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
