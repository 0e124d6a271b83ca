"""The sequential decision: intervals of a median, looks, and what ends them."""

import itertools
import math
import random

import pytest

from grader.checks.sequential import ALPHA, ERROR, LOOKS, decide, median_interval


@pytest.mark.parametrize("n", [1, 5, 9, 12])
def test_too_few_values_say_nothing(n):
    assert median_interval(range(n)) == (-math.inf, math.inf)


@pytest.mark.parametrize(
    ("n", "alpha", "rank"),
    # largest r with 2 P(Binomial(n, 1/2) < r) <= alpha; the ranks for 0.05 stand in tables of the sign test
    [(6, 0.05, 1), (10, 0.05, 2), (15, 0.05, 4), (20, 0.05, 6), (25, 0.05, 8), (50, 0.05, 18), (13, ALPHA, 1),
     (11, 0.002, 1), (21, 0.002, 4), (31, 0.002, 7), (41, 0.002, 11), (61, 0.002, 19)],
)  # fmt: skip
def test_order_statistics(n, alpha, rank):
    values = random.Random(0).sample(range(1, n + 1), n)
    assert median_interval(values, alpha) == (rank, n + 1 - rank)


def test_interval_holds_the_median():
    dice = random.Random(2)
    missed = 0
    for _ in range(2000):
        low, high = median_interval([dice.expovariate(1.0) for _ in range(21)], 0.05)
        missed += not low <= math.log(2) <= high
    assert 0.01 < missed / 2000 < 0.05  # exactly 2 P(Binomial(21, 1/2) < 6) = 0.0266


def test_first_look_decides_what_is_clear():
    assert decide(itertools.repeat(1.0), 1.5).is_within
    assert decide(itertools.repeat(2.0), 1.5).is_above
    assert decide(itertools.repeat(2.0), 1.5).rounds == LOOKS[0]


def test_at_the_limit_is_within():
    assert decide(itertools.repeat(1.5), 1.5).is_within


def test_what_straddles_the_limit_stays_open_to_the_last_look():
    decision = decide(itertools.cycle([1.0, 2.0]), 1.5)
    assert not decision.is_within
    assert not decision.is_above
    assert (decision.low, decision.high, decision.rounds) == (1.0, 2.0, LOOKS[-1])


def test_spent_time_ends_it_after_the_first_look():
    decision = decide(itertools.cycle([1.0, 2.0]), 1.5, lambda: True)
    assert decision.rounds == LOOKS[0]
    spent = itertools.chain([False] * 5, itertools.repeat(True))
    assert decide(itertools.cycle([1.0, 2.0]), 1.5, lambda: next(spent)).rounds == LOOKS[0] + 4


def test_all_looks_together_err_less_than_promised():
    """Exactly, at the worst: the median lies at the limit, and each round above it with probability 1/2."""
    ranks = {n: max((r for r in range(n) if _tail(n, r) <= ALPHA / 2), default=-1) + 1 for n in LOOKS}
    alive, wrong = {0: 1.0}, 0.0  # by the count of rounds that lie below the limit
    for n in range(1, LOOKS[-1] + 1):
        after = {}
        for below, chance in alive.items():
            for step in (0, 1):
                after[below + step] = after.get(below + step, 0.0) + chance / 2
        if n in LOOKS:
            wrong += sum(chance for below, chance in after.items() if below < ranks[n])
            after = {below: chance for below, chance in after.items() if ranks[n] <= below <= n - ranks[n]}
        alive = after
    assert 0.0 < wrong < ERROR


def _tail(n, r):
    return sum(math.comb(n, k) for k in range(r + 1)) / 2**n
