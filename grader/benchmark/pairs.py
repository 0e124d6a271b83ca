"""Two ways of doing a thing, timed in turn."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from grader.checks.sequential import median_interval

ALPHA = 0.05
FEWEST = 6  # the extremes of five pairs are an interval of 93.75 % only


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        what: What is timed.
        beside: Beside what.
        bar: The ratio that is aimed at.
        ratios: Of each pair.
    """

    what: str
    beside: str
    bar: float
    ratios: list[float]

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the median ratio; without bounds if there are fewer than `FEWEST` pairs."""
        return median_interval(self.ratios, alpha=ALPHA)


def ratios(ours: Callable[[], float], yardstick: Callable[[], float], rounds: int) -> Iterator[float]:
    """Ratio of each pair, in alternating order; a pair before that fills caches and is not counted.

    Args:
        ours: Does the thing and gives seconds.
        yardstick: Does the other and gives seconds.
        rounds: How many pairs count.
    """
    for number in range(-1, rounds):
        if number % 2:
            first, second = ours(), yardstick()
        else:
            second, first = yardstick(), ours()
        if number >= 0:
            yield first / second


def seconds_of(action: Callable[[], object]) -> float:
    """Wall time of a call."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
