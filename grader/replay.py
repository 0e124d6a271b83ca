"""Two solutions timed on the same calls: those that a suite made, made again in turn."""

import contextlib
import functools
import random
import statistics
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from grader.checks.rounds import Pairs
from grader.checks.sequential import median_interval
from grader.failure import Failed
from grader.recorded_calls import RecordedCall
from grader.submission import Submission

ROUNDS = 31
FEWEST_ROUNDS = 6  # the extremes of five are an interval of 93.75 % only
BUDGET_SECONDS = 10.0
ALPHA = 0.05

Opener = Callable[[], AbstractContextManager[Submission]]


@dataclass(frozen=True)
class TimeRatio:
    """Time of a submission over that of the reference.

    Attributes:
        ratios: One for each round.
        calls: Different calls in a round.
    """

    ratios: tuple[float, ...]
    calls: int

    @property
    def median(self) -> float:
        """The median ratio."""
        return statistics.median(self.ratios)

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the median (order statistics), or None if there are too few rounds."""
        return median_interval(self.ratios, ALPHA) if len(self.ratios) >= FEWEST_ROUNDS else None


def replay(yours: Opener, reference: Opener, recorded: Iterable[RecordedCall]) -> dict[str, TimeRatio]:
    """Time two solutions on recorded calls.

    Each round opens fresh workers, so that nothing that was remembered helps; in them each function is called once to
    warm up, and then each of its calls is made on both sides, in random order, its arguments there before the clock
    starts, the other worker held still. A round gives the ratio of the sums of times; a call that either side fails is
    left out from then on.

    Args:
        yours: Opens a worker with the submission.
        reference: Opens one with the reference solution.
        recorded: The calls.

    Returns:
        By function, and under "" for all calls together; empty if there is none that both answer in time.
    """
    calls, order = _affordable(recorded), random.Random(0)
    rounds: list[dict[str, tuple[float, float]]] = []
    end = time.perf_counter() + BUDGET_SECONDS
    while calls and len(rounds) < ROUNDS and (not rounds or time.perf_counter() < end):
        with yours() as mine, reference() as base:
            sums, failed = _round(mine, base, calls, order)
        if failed is None:
            rounds.append(sums)
        else:
            calls.remove(failed)
            rounds.clear()  # of other calls than those that are left
    counts = {name: sum(name in ("", call.function) for call in calls) for name in ("", *(c.function for c in calls))}
    return {
        name: TimeRatio(tuple(sums[name][0] / sums[name][1] for sums in rounds), count)
        for name, count in counts.items()
        if rounds
    }


def _affordable(recorded: Iterable[RecordedCall]) -> list[RecordedCall]:
    """The calls of which enough rounds fit into the budget, the quickest first where not all do."""
    left, taken = BUDGET_SECONDS / FEWEST_ROUNDS, []
    for call in sorted(recorded, key=lambda each: each.seconds):
        left -= 3 * call.seconds  # on both sides, and for warming up
        if left > 0:
            taken.append(call)
    return sorted(taken, key=lambda each: each.function)


def _round(
    mine: Submission, base: Submission, calls: list[RecordedCall], order: random.Random
) -> tuple[dict[str, tuple[float, float]], RecordedCall | None]:
    """Sums of times by function (submission, reference), or the call that one of them failed."""
    sums = {"": (0.0, 0.0)}
    for call in calls:
        args, kwargs = call.arguments()
        function, baseline = getattr(mine, call.function), getattr(base, call.function)
        pairs = Pairs(function, baseline, functools.partial(_same, args), _ignore, kwargs, order)
        with contextlib.suppress(Failed):
            if call.function not in sums:
                pairs.next()
            yours, other = pairs.next()
            for name in ("", call.function):
                a, b = sums.get(name, (0.0, 0.0))
                sums[name] = a + yours.seconds, b + other.seconds
            continue
        return sums, call
    return sums, None


def _same(args: list[Any]) -> list[Any]:
    return args


def _ignore(got: Any, expected: Any) -> None:
    """What a suite made of the answers stands in its report."""
