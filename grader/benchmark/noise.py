"""Noise of a machine, as a model: what a timed call takes when others want the processor too."""

import math
import random
from dataclasses import dataclass

from grader.checks.rounds import Sample


@dataclass(frozen=True)
class Load:
    """How a machine disturbs calls.

    Attributes:
        name: What to call it.
        spread: Standard deviation of the logarithm of the time of any call.
        burst_chance: Probability that a burst begins with a call.
        burst_calls: Mean length of a burst, in calls.
        burst_delay: Mean delay of a call within a burst, as a multiple of the time of the baseline; exponential.
    """

    name: str
    spread: float
    burst_chance: float
    burst_calls: float
    burst_delay: float


IDLE = Load("idle", spread=0.05, burst_chance=0.01, burst_calls=3.0, burst_delay=1.0)
BUSY = Load("every core busy", spread=0.1, burst_chance=0.05, burst_calls=3.0, burst_delay=1.0)
BLIND = Load("busy, and waits unseen", spread=0.25, burst_chance=0.08, burst_calls=5.0, burst_delay=3.0)
LOADS = (IDLE, BUSY, BLIND)


class Machine:
    """Calls on a machine under load.

    Args:
        load: How it disturbs them.
        seed: Of the noise.
    """

    def __init__(self, load: Load, seed: int) -> None:
        self._load, self._dice, self._burst = load, random.Random(seed), False

    def seconds(self, work: float) -> float:
        """Time of a call that takes `work` on a machine of its own; the baseline takes 1."""
        load, dice = self._load, self._dice
        self._burst = dice.random() < (1.0 - 1.0 / load.burst_calls if self._burst else load.burst_chance)
        delay = dice.expovariate(1.0 / load.burst_delay) if self._burst else 0.0
        return work * math.exp(dice.gauss(0.0, load.spread)) + delay

    def pair(self, ratio: float) -> tuple[Sample, Sample]:
        """A call that takes `ratio`, and one of the baseline, in random order."""
        if self._dice.random() < 0.5:
            mine, base = self.seconds(ratio), self.seconds(1.0)
        else:
            base, mine = self.seconds(1.0), self.seconds(ratio)
        return _sample(mine), _sample(base)


def _sample(seconds: float) -> Sample:
    return Sample(seconds, 0.0, 0.0, 0.0, None)
