"""Work of several workers at once, where nothing is timed: trainings that would wait for one another."""

import contextvars
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from grader.checks.calls import LAST_CALL, LastCall
from grader.metering import usable_cores

if TYPE_CHECKING:
    from concurrent.futures import Future


class Workplace(Protocol):
    """A solution in a worker of its own."""

    def abandon(self) -> None:
        """Have its worker end, whatever it does."""


S = TypeVar("S", bound=Workplace)
T = TypeVar("T")


@dataclass(frozen=True)
class Done(Generic[T]):
    """A job that has ended."""

    _future: "Future[T]"
    _last_call: LastCall | None

    def result(self) -> T:
        """What the job returned, or raises what it raised; a report then speaks of the last call that it made."""
        LAST_CALL.set(self._last_call)
        return self._future.result()


def at_once(*jobs: tuple[S, Callable[[S], T]]) -> list[Done[T]]:
    """Do jobs side by side, as many as there are cores; the verdict may not depend on how long one takes.

    Args:
        *jobs: Each a solution and a function that calls it, and nothing of the other jobs: each solution is in a worker
            of its own, as `suite_submission` and `second_submission` are.

    Returns:
        The jobs in their order, after all have ended.

    Raises:
        ValueError: If two jobs share a solution.
        KeyboardInterrupt: If the person interrupts; the workers of the jobs end.
    """
    if len({id(solution) for solution, _ in jobs}) < len(jobs):
        raise ValueError("each job needs a worker of its own")
    from concurrent.futures import ThreadPoolExecutor, wait  # few suites come here

    contexts = [contextvars.copy_context() for _ in jobs]
    with ThreadPoolExecutor(min(len(jobs), usable_cores())) as threads:
        try:
            futures = [
                threads.submit(context.run, function, solution)
                for context, (solution, function) in zip(contexts, jobs, strict=True)
            ]
            wait(futures)
        except BaseException:  # its threads are waited for: without their workers they end
            for solution, _ in jobs:
                solution.abandon()
            raise
    return [Done(future, context.get(LAST_CALL)) for future, context in zip(futures, contexts, strict=True)]
