"""A speed check that noise cannot flip: a ratio to a baseline, measured in turn until its interval decides."""

import contextlib
import math
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from grader.checks import show
from grader.checks.differences import rough_difference
from grader.failure import Failed, Failure
from grader.words import Outcome

WARM_UP_CALLS = 2
LOOKS = (11, 21, 31, 41, 61)
ALPHA = 0.002
HOPELESS_PAIRS = 3
HOPELESS_FACTOR = 5.0


def _whole(result: Any) -> Any:
    return result


def not_slower(
    function: Callable[..., Any],
    baseline: Callable[..., Any],
    make_args: Callable[[], Sequence[Any]],
    limit: float,
    *,
    name: str = "",
    note: str = "",
    answer: Callable[[Any], Any] | None = _whole,
) -> float:
    """Check that a function takes at most `limit` times as long as a baseline, and gives the same meanwhile.

    Both are called in turn, in random order, with the same fresh arguments; the judge's clock runs until the result has
    arrived, and the worker of the other is held still so that it cannot take the processor. After 11, 21, 31, 41 and 61
    pairs the distribution-free interval of the median ratio (order statistics, alpha = 0.002) decides; three pairs that
    all exceed five times the limit decide at once.

    Args:
        function: Function of the submission.
        baseline: The same function of the reference solution, or any other yardstick.
        make_args: Gives fresh arguments.
        limit: Largest allowed ratio.
        name: The learner's own word for the function.
        note: Shown when the check fails.
        answer: Gives the part of a result that must resemble that of the baseline, so that nobody is quick with
            nonsense; None where they cannot be compared.

    Returns:
        The median ratio.

    Raises:
        Failed: `too slow`; `wrong answer` for nonsense; or `inconclusive` if noise hides the answer.

    Source:
        Interval of a median: David & Nagaraja, Order Statistics, 3rd ed., section 7.1.
    """
    order = random.Random(0)
    for _ in range(WARM_UP_CALLS):
        args = make_args()
        _compare(function(*args), baseline(*args), answer, name)
    ratios: list[float] = []
    for look in LOOKS:
        while len(ratios) < look:
            ratios.append(_pair(function, baseline, make_args(), order, answer, name))
            if len(ratios) == HOPELESS_PAIRS and min(ratios) > HOPELESS_FACTOR * limit:
                break
        low, high = median_interval(ratios)
        if len(ratios) == HOPELESS_PAIRS:
            low = min(ratios)
        median = statistics.median(ratios)
        if high <= limit:
            return median
        if low > limit:
            rows = (("time", f"at most {show.number_text(limit)} × the reference", f"{median:.3g} ×"),)
            text = f"{low:.3g} to {high:.3g} × over {len(ratios)} pairs of calls"
            raise Failed(
                Outcome.TOO_SLOW, Failure(f"`{name or 'the function'}` is too slow", rows, (("ratio", text),), note)
            )
    text = f"{low:.3g} to {high:.3g} × over {len(ratios)} pairs of calls; the limit is {show.number_text(limit)} ×"
    raise Failed(
        Outcome.INCONCLUSIVE,
        Failure("this machine is too busy to measure the time", facts=(("ratio", text),), note="It costs no points."),
    )


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


def _pair(
    function: Callable[..., Any],
    baseline: Callable[..., Any],
    args: Sequence[Any],
    order: random.Random,
    answer: Callable[[Any], Any] | None,
    name: str,
) -> float:
    """Ratio of the times of one call each."""
    first = order.random() < 0.5
    one = _timed(function, baseline, args) if first else _timed(baseline, function, args)
    other = _timed(baseline, function, args) if first else _timed(function, baseline, args)
    (seconds, result), (base_seconds, base_result) = (one, other) if first else (other, one)
    _compare(result, base_result, answer, name)
    return seconds / base_seconds


def _timed(called: Callable[..., Any], other: Callable[..., Any], args: Sequence[Any]) -> tuple[float, Any]:
    hold = getattr(other, "held", contextlib.nullcontext)
    with hold():
        start = time.perf_counter()
        result = called(*args)
        return time.perf_counter() - start, result


def _compare(got: Any, expected: Any, answer: Callable[[Any], Any] | None, name: str) -> None:
    if answer is None:
        return
    what = name or "the function"
    place = rough_difference(answer(expected), answer(got), "result")
    if place:
        rows = ((place, show.brief(expected), show.brief(got)),) if place == "result" else ()
        note = "A quick answer counts only if it is right."
        message = f"`{what}` gives a wrong answer where its time is measured: `{place}`"
        raise Failed(Outcome.WRONG_ANSWER, Failure(message, rows, note=note))
