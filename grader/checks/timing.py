"""A speed check that noise cannot flip: a ratio to a baseline, measured in turn until its interval decides."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from grader.checks import show
from grader.checks.rounds import Pairs, Sample, counted_seconds, must_resemble, whole
from grader.checks.sequential import Decision, decide
from grader.failure import Failed, Failure
from grader.words import Outcome

WARM_UP_PAIRS = 2
BUDGET_SECONDS = 20.0
HOPELESS_PAIRS = 3
HOPELESS_FACTOR = 5.0
BUSY = 0.2
MOVED = 0.2


def not_slower(
    function: Callable[..., Any],
    baseline: Callable[..., Any],
    make_args: Callable[[], Sequence[Any]],
    limit: float,
    *,
    name: str = "",
    note: str = "",
    answer: Callable[[Any], Any] | None = whole,
    budget_seconds: float = BUDGET_SECONDS,
) -> float:
    """Check that a function takes at most `limit` times as long as a baseline, and gives the same meanwhile.

    Both are called in turn, in random order, with the same fresh arguments, which are in their workers before the
    clock starts; the judge's clock runs until the result has arrived, and the worker of the other is held still so that
    it cannot take the processor. CPU time that the submission's worker uses between calls, beyond the baseline's,
    counts too. Pairs go on until the interval of the median ratio lies on one side of the limit
    (`grader.checks.sequential`): either error is rarer than 1 in 1,000. Three calls that all exceed five times what the
    slowest of the baseline's may take decide at once.

    Args:
        function: Function of the submission.
        baseline: The same function of the reference solution, or any other yardstick.
        make_args: Gives fresh arguments.
        limit: Largest allowed ratio.
        name: The learner's own word for the function.
        note: Shown when the check fails.
        answer: Gives the part of a result that must resemble that of the baseline, so that nobody is quick with
            nonsense; None where they cannot be compared.
        budget_seconds: Wall time after which the pairs that there are decide; the first 13 are always taken.

    Returns:
        The median ratio.

    Raises:
        Failed: `too slow`; `wrong answer` for nonsense; or `inconclusive` if noise hides the answer.
    """
    pairs = Pairs(function, baseline, make_args, must_resemble(name, answer))
    for _ in range(WARM_UP_PAIRS):  # tracing, compilation, autotuning, first pages
        pairs.next()
    end = time.perf_counter() + budget_seconds
    decision, seen = decide_pairs(pairs.next, limit, lambda: time.perf_counter() >= end)
    if decision.is_above:
        _too_slow(decision, seen, name, note)
    if not decision.is_within:
        text = f"{_range(decision)}; the limit is {show.number_text(limit)} ×"
        facts = (("ratio", text), *seen.moved_facts(), *seen.busy_facts())
        message = "the time lies too close to the limit to tell them apart here"
        raise Failed(Outcome.INCONCLUSIVE, Failure(message, facts=facts, note="It costs no points."))
    return decision.median


def decide_pairs(
    draw: Callable[[], tuple[Sample, Sample]], limit: float, is_spent: Callable[[], bool] = lambda: False
) -> tuple[Decision, "Seen"]:
    """Draw pairs of calls until they decide whether the median ratio of times is at most a limit.

    Args:
        draw: Gives a call of the submission and one of the baseline.
        limit: Largest allowed ratio.
        is_spent: Whether the time is spent.

    Returns:
        The decision, and what the pairs had in common.
    """
    seen = Seen()
    try:
        return decide(_ratios(draw, limit, seen), limit, is_spent), seen
    except _HopelessError:
        ratios = [mine / base for mine, base in seen.seconds]
        return Decision(statistics.median(ratios), min(ratios), max(ratios), limit, len(ratios)), seen


@dataclass
class Seen:
    """What the pairs so far had in common.

    Attributes:
        seconds: (counted time of the function, time of the baseline) of each pair.
        moved: Part of the counted time that was spent outside of the calls, of each pair.
        waited: Part of the wall time of the baseline during which it waited for a processor, of each pair.
    """

    seconds: list[tuple[float, float]] = field(default_factory=list)
    moved: list[float] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    def add(self, mine: Sample, base: Sample) -> float:
        """Count a pair; gives its ratio."""
        counted = counted_seconds(mine, base)
        self.seconds.append((counted, base.seconds))
        self.moved.append(1.0 - mine.seconds / counted)
        self.waited.append(base.waited_seconds / base.wall_seconds)
        return counted / base.seconds

    def is_hopeless(self, limit: float) -> bool:
        """Whether the fastest call exceeds by far what the slowest of the baseline allows."""
        fastest, slowest = min(mine for mine, _ in self.seconds), max(base for _, base in self.seconds)
        return fastest > HOPELESS_FACTOR * limit * slowest

    def moved_facts(self) -> Iterator[tuple[str, str]]:
        """Work outside of the calls, if it matters."""
        moved = statistics.median(self.moved)
        if moved > MOVED:
            yield "outside", f"{moved:.0%} of the time was spent before a call began or after its result had come"

    def busy_facts(self) -> Iterator[tuple[str, str]]:
        """What the wall saw and the processor did not."""
        waited = statistics.median(self.waited)
        if waited > BUSY:
            yield "processor", f"the reference waited for one for {waited:.0%} of its time, which is taken out"


class _HopelessError(Exception):
    """Nothing that is still to be measured can change the verdict."""


def _ratios(draw: Callable[[], tuple[Sample, Sample]], limit: float, seen: Seen) -> Iterator[float]:
    while True:
        ratio = seen.add(*draw())
        if len(seen.seconds) == HOPELESS_PAIRS and seen.is_hopeless(limit):
            raise _HopelessError
        yield ratio


def _range(decision: Decision) -> str:
    return f"{decision.low:.3g} to {decision.high:.3g} × over {decision.rounds} pairs of calls"


def _too_slow(decision: Decision, seen: Seen, name: str, note: str) -> NoReturn:
    rows = (("time", f"at most {show.number_text(decision.limit)} × the reference", f"{decision.median:.3g} ×"),)
    facts = (("ratio", _range(decision)), *seen.moved_facts())
    raise Failed(Outcome.TOO_SLOW, Failure(f"`{name or 'the function'}` is too slow", rows, facts, note))
