"""Checks of how a call behaves, and what is known of the last call."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

from grader import wire
from grader.checks import show
from grader.checks.differences import first_difference
from grader.failure import Failed, Failure
from grader.metering import Memory
from grader.words import Outcome

MOST_ARGUMENTS_TEXT = 300


@dataclass(frozen=True)
class LastCall:
    """A call of the submission, for the report.

    Attributes:
        function: Its name.
        arguments: By the learner's own parameter names where they are known.
    """

    function: str
    arguments: dict[str, Any]

    def __str__(self) -> str:
        parts = [f"{name}: {show.brief(value)}" for name, value in self.arguments.items()]
        return f"{self.function}({show.cut(', '.join(parts), MOST_ARGUMENTS_TEXT)})"


LAST_CALL: ContextVar[LastCall | None] = ContextVar("last_call", default=None)


class Remote(Protocol):
    """A function of the submission."""

    @property
    def name(self) -> str:
        """Its name."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it in the worker."""

    def echo(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """Call it and give its result, and its arguments as they are afterwards."""


class Metered(Protocol):
    """A function of a worker whose memory the system tells."""

    def prepare(self, *args: Any, tidy: bool) -> Callable[[], Any]:
        """Send the arguments of a call, with unused memory given back; gives a function that makes it."""

    def memory(self) -> Memory | None:
        """Resident memory of its worker above what it started with."""

    def forget_peak(self) -> bool:
        """Have the peak begin anew; whether the system can."""


def last_arguments() -> dict[str, Any]:
    """Arguments of the last call of the submission."""
    call = LAST_CALL.get()
    return call.arguments if call is not None else {}


def generator(seed: int) -> wire.Generator:
    """An argument that becomes `numpy.random.default_rng(seed)` in the worker."""
    return wire.Generator(int(seed))


def unchanged(function: Remote, *args: Any, **kwargs: Any) -> Any:
    """Check that a call leaves its arguments as they were.

    Args:
        function: Function of the submission.
        *args: Its arguments.
        **kwargs: Its keyword arguments.

    Returns:
        What the call returned.

    Raises:
        Failed: `wrong answer` that names the argument that changed.
    """
    result, args_after, kwargs_after = function.echo(*args, **kwargs)
    names = list(last_arguments())
    before = [*args, *kwargs.values()]
    after = [*args_after, *(kwargs_after.get(key) for key in kwargs)]
    for position, (old, new) in enumerate(zip(before, after, strict=True)):
        name = names[position] if position < len(names) else f"argument {position + 1}"
        difference = first_difference(old, new, name)
        if difference is not None:
            rows = ((difference.place, difference.expected, difference.got),)
            message = f"`{function.name}` changed its argument `{difference.path}`"
            note = "Work on a copy: the caller still needs its input."
            raise Failed(Outcome.WRONG_ANSWER, Failure(message, rows, note=note))
    return result


def raises(function: Callable[..., Any], *args: Any, error: str = "ValueError", note: str = "", **kwargs: Any) -> str:
    """Check that a call raises an exception of this class, or of a subclass.

    Args:
        function: Function of the submission.
        *args: Its arguments.
        error: Name of the class.
        note: Shown when the check fails.
        **kwargs: Its keyword arguments.

    Returns:
        The exception's message.

    Raises:
        Failed: `wrong answer` if it returns or raises something else.
    """
    try:
        result = function(*args, **kwargs)
    except Failed as failed:
        raised = failed.error
        if raised is None or raised.stage != "call":
            raise
        if error in (raised.type, *raised.bases):
            return raised.message
        got = f"{raised.type}: {show.cut(raised.message)}"
    else:
        got = f"returned {show.brief(result)}"
    name = getattr(function, "name", "the function")
    rows = (("outcome", f"raises {error}", got),)
    raise Failed(Outcome.WRONG_ANSWER, Failure(f"`{name}` does not raise `{error}`", rows, note=note))
