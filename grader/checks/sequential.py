"""A decision that is made as soon as the figures allow it: rounds go on until their interval lies beside the limit."""

import itertools
import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

LOOKS = (13, 21, 31, 41, 61)
ERROR = 0.001  # of a decision for the wrong side, over all looks together
ALPHA = 2 * ERROR / (len(LOOKS) + 1)  # of one look, both sides; one more look is taken when the time is spent


@dataclass(frozen=True)
class Decision:
    """On which side of a limit a median lies.

    Attributes:
        median: Of the rounds.
        low: Lower end of its interval.
        high: Upper end of its interval.
        limit: The limit.
        rounds: How many there were.
    """

    median: float
    low: float
    high: float
    limit: float
    rounds: int

    @property
    def is_within(self) -> bool:
        """Whether it is at most the limit."""
        return self.high <= self.limit

    @property
    def is_above(self) -> bool:
        """Whether it is above the limit."""
        return self.low > self.limit


def decide(rounds: Iterator[float], limit: float, is_spent: Callable[[], bool] = lambda: False) -> Decision:
    """Draw rounds until the interval of their median lies on one side of a limit.

    Looks are taken after 13, 21, 31, 41 and 61 rounds. At each the distribution-free interval of the median (order
    statistics) is so wide that all looks together err with a probability of at most `ERROR` on either side, whatever
    the distribution, if rounds are independent.

    Args:
        rounds: One figure each; endless.
        limit: The limit.
        is_spent: Whether the time is spent; asked from the first look on, so that nobody gains by being slow.

    Returns:
        The decision; neither within nor above if the rounds or the time did not suffice.

    Source:
        Interval of a median: David & Nagaraja, Order Statistics, 3rd ed., section 7.1. Several looks: Bonferroni.
    """
    values = list(itertools.islice(rounds, LOOKS[0]))
    while True:
        low, high = median_interval(values)
        decision = Decision(statistics.median(values), low, high, limit, len(values))
        if decision.is_within or decision.is_above or len(values) >= LOOKS[-1] or is_spent():
            return decision
        target = next(look for look in LOOKS if look > len(values))
        while len(values) < target and not is_spent():
            values.append(next(rounds))


def median_interval(values: Sequence[float], alpha: float = ALPHA) -> tuple[float, float]:
    """Distribution-free confidence interval of a median.

    Args:
        values: At least one; with too few for `alpha` the interval is unbounded.
        alpha: Probability of missing the median, both sides together.

    Returns:
        (lower end, upper end).
    """
    n = len(values)
    tail, rank = 0.0, 0
    while (tail := tail + math.comb(n, rank) / 2**n) <= alpha / 2:
        rank += 1
    if rank == 0:
        return -math.inf, math.inf
    ordered = sorted(values)
    return ordered[rank - 1], ordered[n - rank]
