"""Calls under the judge's clock: arguments sent before it starts, and whoever is not timed held still."""

import contextlib
import functools
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol, cast

from grader.checks import show
from grader.checks.differences import rough_difference
from grader.failure import Failed, Failure
from grader.metering import Usage, waited_seconds
from grader.words import Outcome

JUDGE = "thread-self"


@dataclass(frozen=True)
class Sample:
    """One call.

    Attributes:
        wall_seconds: From the request until the result had arrived.
        cpu_seconds: CPU time of its worker in between.
        waited_seconds: Part of the wall time during which worker or judge could have run and had no processor.
        outside_seconds: CPU time of its worker since its last call had ended: for the arguments, and for whatever else
            the submission did while no clock ran.
        result: What it returned.
    """

    wall_seconds: float
    cpu_seconds: float
    waited_seconds: float
    outside_seconds: float
    result: Any

    @property
    def seconds(self) -> float:
        """Time of the call: wall time but for the time others had the processor, and never less than its CPU time.

        So a busy machine does not look like a slow solution, and who lets the thread that answers wait for others that
        compute has gained nothing.
        """
        left = max(self.wall_seconds - self.waited_seconds, self.cpu_seconds)
        return min(self.wall_seconds, left) if left > 0 else self.wall_seconds  # the system counted more than there was


class Timeable(Protocol):
    """A function whose calls can be prepared, held still and metered."""

    def prepare(self, *args: Any, **kwargs: Any) -> Callable[[], Any]:
        """Bring the arguments to where the function is; gives a function that makes the call."""

    def held(self) -> AbstractContextManager[None]:
        """Hold it still for as long as the block lasts."""

    def usage(self) -> Usage:
        """What it has used so far."""


class Side:
    """A function under the clock.

    Args:
        function: Function of a worker, or any other, which then runs in the judge.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = cast(Timeable, function) if hasattr(function, "prepare") else _Here(function)
        self._call: Callable[[], Any] | None = None
        self._ended = self._function.usage()

    def prepare(self, args: Sequence[Any], kwargs: Mapping[str, Any] | None = None) -> None:
        """Bring the arguments of the next call to where the function is."""
        self._call = self._function.prepare(*args, **(kwargs or {}))

    def run(self) -> Sample:
        """Make the call that was prepared."""
        assert self._call is not None
        call, self._call = self._call, None
        began, judge_waited = self._function.usage(), waited_seconds(JUDGE)
        start = time.perf_counter()
        result = call()
        wall = time.perf_counter() - start
        judge_waited = waited_seconds(JUDGE) - judge_waited
        ended = self._function.usage()
        outside, self._ended = began.cpu_seconds - self._ended.cpu_seconds, ended
        waited = ended.waited_seconds - began.waited_seconds + judge_waited
        return Sample(wall, ended.cpu_seconds - began.cpu_seconds, waited, outside, result)

    def held(self) -> AbstractContextManager[None]:
        """Hold it still for as long as the block lasts."""
        return self._function.held()


class Pairs:
    """A function beside a baseline: pairs of calls with the same fresh arguments, in random order.

    Args:
        function: Function of the submission.
        baseline: The yardstick.
        make_args: Gives fresh arguments.
        check: Called with both results of each pair.
        kwargs: Keyword arguments of every call.
        order: Tosses the coin for each pair.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        baseline: Callable[..., Any],
        make_args: Callable[[], Sequence[Any]],
        check: Callable[[Any, Any], None],
        kwargs: Mapping[str, Any] | None = None,
        order: random.Random | None = None,
    ) -> None:
        self._mine, self._other = Side(function), Side(baseline)
        self._make_args, self._check, self._kwargs = make_args, check, kwargs
        self._order = order or random.Random(0)

    def next(self) -> tuple[Sample, Sample]:
        """Time one call of each: (function, baseline)."""
        args = self._make_args()
        sides = [self._mine, self._other]
        for side in sides:
            side.prepare(args, self._kwargs)
        if self._order.random() < 0.5:
            sides.reverse()
        samples = {}
        for side, other in (sides, sides[::-1]):
            with other.held():
                samples[side] = side.run()
        mine, base = samples[self._mine], samples[self._other]
        self._check(mine.result, base.result)
        return mine, base


def counted_seconds(mine: Sample, base: Sample) -> float:
    """Time that a call of the submission counts: until its result was there, and CPU time that was moved elsewhere.

    Both workers are sent the same arguments; what the submission's uses beyond the baseline's while no clock runs is
    work that was done beforehand or left running.
    """
    return mine.seconds + max(0.0, mine.outside_seconds - base.outside_seconds)


def whole(result: Any) -> Any:
    """The whole of a result: all of it must resemble the baseline's."""
    return result


def must_resemble(name: str, answer: Callable[[Any], Any] | None) -> Callable[[Any, Any], None]:
    """A check that a timed answer resembles the baseline's, so that nobody is quick with nonsense.

    Args:
        name: The learner's own word for the function.
        answer: Gives the part of a result that must agree; None for nothing.

    Returns:
        A function of (result, result of the baseline) that raises `Failed` with `wrong answer`.
    """

    def check(got: Any, expected: Any) -> None:
        if answer is None:
            return
        place = rough_difference(answer(expected), answer(got), "result")
        if place:
            rows = ((place, show.brief(expected), show.brief(got)),) if place == "result" else ()
            note = "A quick answer counts only if it is right."
            message = f"`{name or 'the function'}` gives a wrong answer where its time is measured: `{place}`"
            raise Failed(Outcome.WRONG_ANSWER, Failure(message, rows, note=note))

    return check


class _Here:
    """A function of the judge itself, as a yardstick."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def prepare(self, *args: Any, **kwargs: Any) -> Callable[[], Any]:
        return functools.partial(self._function, *args, **kwargs)

    def held(self) -> AbstractContextManager[None]:
        return contextlib.nullcontext()

    def usage(self) -> Usage:
        return Usage()
