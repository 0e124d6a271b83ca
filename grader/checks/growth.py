"""A check of how time grows with size: the exponent, measured until its interval lies beside the limit."""

import itertools
import math
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

from grader.checks import show
from grader.checks.rounds import Pairs, Side, counted_seconds, must_resemble, whole
from grader.checks.sequential import Decision, decide
from grader.failure import Failed, Failure
from grader.words import Outcome

BUDGET_SECONDS = 30.0
FEWEST_SIZES = 3
HOPELESS_ROUNDS = 5
HOPELESS_FACTOR = 1.25


def not_steeper(
    function: Callable[..., Any],
    make_args: Callable[[int], Sequence[Any]],
    sizes: Sequence[int],
    limit: float,
    *,
    name: str = "",
    note: str = "",
    baseline: Callable[..., Any] | None = None,
    answer: Callable[[Any], Any] | None = whole,
    budget_seconds: float = BUDGET_SECONDS,
) -> float:
    """Check that the time of a function grows at most as size to the power of `limit`.

    A round times one call of each size, in random order, with fresh arguments that are in the worker before the clock
    starts; the slope of log time against log size (least squares) is its exponent. Rounds go on until the interval of
    their median lies on one side of the limit: either error is rarer than 1 in 1,000. Five rounds that all exceed the
    limit by a quarter decide at once.

    A call costs the same for its way, however small it is, so that small sizes look flatter than they are: the
    smallest should take a millisecond or more. Sizes at least a factor of 8 apart from end to end tell 1 from 2. CPU
    time that the submission's worker uses between calls counts; receiving arguments is part of that, unless a baseline
    tells how much it takes.

    Args:
        function: Function of the submission.
        make_args: Gives fresh arguments of a size.
        sizes: At least three, all different.
        limit: Largest allowed exponent, e.g. 1.5 where linear is asked and quadratic is a mistake.
        name: The learner's own word for the function.
        note: Shown when the check fails.
        baseline: The same function of the reference solution: its answers must be resembled at every size.
        answer: Gives the part of a result that must resemble that of the baseline; None for nothing.
        budget_seconds: Wall time after which the rounds that there are decide; the first 13 are always taken.

    Returns:
        The median exponent.

    Raises:
        Failed: `too slow`; `wrong answer` for nonsense; or `inconclusive` if noise hides the answer.
        ValueError: If there are too few sizes.
    """
    if len(set(sizes)) < FEWEST_SIZES:
        raise ValueError(f"a slope takes {FEWEST_SIZES} different sizes, not {sorted(set(sizes))}")
    times = _Times(function, baseline, make_args, sizes, must_resemble(name, answer))
    times.exponent()  # warms up: tracing, compilation, first pages
    times.forget()
    end = time.perf_counter() + budget_seconds
    try:
        decision = decide(_exponents(times, limit), limit, lambda: time.perf_counter() >= end)
    except _HopelessError as hopeless:
        found = hopeless.exponents
        decision = Decision(statistics.median(found), min(found), max(found), limit, len(found))
    if decision.is_above:
        _too_steep(decision, times, name, note)
    if not decision.is_within:
        facts = (("exponent", f"{_range(decision)}; the limit is {show.number_text(limit)}"), *times.facts())
        message = "the growth of time lies too close to the limit to tell them apart here"
        raise Failed(Outcome.INCONCLUSIVE, Failure(message, facts=facts, note="It costs no points."))
    return decision.median


def slope(x: Sequence[float], y: Sequence[float]) -> float:
    """Least-squares slope of y against x, both of shape (n,)."""
    return statistics.linear_regression(x, y).slope


class _HopelessError(Exception):
    """Nothing that is still to be measured can change the verdict."""

    def __init__(self, exponents: list[float]) -> None:
        super().__init__()
        self.exponents = exponents


class _Times:
    """Times of calls by size."""

    def __init__(
        self,
        function: Callable[..., Any],
        baseline: Callable[..., Any] | None,
        make_args: Callable[[int], Sequence[Any]],
        sizes: Sequence[int],
        check: Callable[[Any, Any], None],
    ) -> None:
        self._sizes = sorted(set(sizes))
        self._size = self._sizes[0]
        self._make_args = make_args
        self._alone = Side(function)
        self._pairs = None if baseline is None else Pairs(function, baseline, lambda: make_args(self._size), check)
        self._order = random.Random(0)
        self.mine: dict[int, list[float]] = {}
        self.base: dict[int, list[float]] = {}
        self.forget()

    def exponent(self) -> float:
        """Time a call of each size; gives the slope of this round."""
        for size in self._order.sample(self._sizes, len(self._sizes)):
            self._time(size)
        return slope(*zip(*((math.log(size), math.log(self.mine[size][-1])) for size in self._sizes), strict=True))

    def forget(self) -> None:
        """Forget the times so far."""
        self.mine = {size: [] for size in self._sizes}
        self.base = {size: [] for size in self._sizes}

    def facts(self) -> Iterator[tuple[str, str]]:
        """Median times, and how those of the baseline grow."""
        medians = [f"{1000 * statistics.median(times):.3g}" for times in self.mine.values()]
        yield "time", f"{', '.join(medians)} ms at size {', '.join(map(str, self._sizes))}"
        if self._pairs is not None:
            logs = ((math.log(size), math.log(statistics.median(times))) for size, times in self.base.items())
            yield "reference", f"its time grows as size^{slope(*zip(*logs, strict=True)):.2f}"

    def _time(self, size: int) -> None:
        self._size = size
        if self._pairs is not None:
            mine, base = self._pairs.next()
            self.mine[size].append(counted_seconds(mine, base))
            self.base[size].append(base.seconds)
            return
        self._alone.prepare(self._make_args(size))
        sample = self._alone.run()
        self.mine[size].append(sample.seconds + sample.outside_seconds)


def _exponents(times: _Times, limit: float) -> Iterator[float]:
    found: list[float] = []
    for number in itertools.count(1):
        found.append(times.exponent())
        if number == HOPELESS_ROUNDS and min(found) > HOPELESS_FACTOR * limit:
            raise _HopelessError(found)
        yield found[-1]


def _range(decision: Decision) -> str:
    return f"{decision.low:.2f} to {decision.high:.2f} over {decision.rounds} rounds"


def _too_steep(decision: Decision, times: _Times, name: str, note: str) -> NoReturn:
    limit = f"at most size^{show.number_text(decision.limit)}"
    rows = (("growth of time", limit, f"size^{decision.median:.2f}"),)
    facts = (("exponent", _range(decision)), *times.facts())
    message = f"the time of `{name or 'the function'}` grows too steeply with the size"
    raise Failed(Outcome.TOO_SLOW, Failure(message, rows, facts, note))
