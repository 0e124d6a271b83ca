"""A check of the memory that a call takes, beside a baseline's."""

import statistics
from collections.abc import Callable, Sequence
from typing import Any

from grader.checks import show
from grader.checks.calls import Metered
from grader.checks.rounds import must_resemble, whole
from grader.failure import Failed, Failure
from grader.words import Outcome

ROUNDS = 3
MIB = 1 << 20
LEAST_BYTES = MIB  # what a system counts of a process is no more exact


def not_larger(
    function: Metered,
    baseline: Metered,
    make_args: Callable[[], Sequence[Any]],
    limit: float,
    *,
    name: str = "",
    note: str = "",
    answer: Callable[[Any], Any] | None = whole,
) -> float:
    """Check that a call takes at most `limit` times as much memory as that of a baseline, and gives the same.

    Measured is the peak of the resident memory of a worker during the call, as the system tells the judge, above what
    the baseline's worker holds before it: memory that the submission keeps ready beforehand is no gift. Arguments are
    there already; the result is not. The median of three calls counts, after one that warms up.

    Where the call of the baseline takes 20 MiB or more, what the submission imports besides matters little.

    Args:
        function: Function of the submission, in a fresh worker.
        baseline: The same function of the reference solution.
        make_args: Gives fresh arguments.
        limit: Largest allowed ratio.
        name: The learner's own word for the function.
        note: Shown when the check fails.
        answer: Gives the part of a result that must resemble that of the baseline; None for nothing.

    Returns:
        The median ratio.

    Raises:
        Failed: `memory limit`; `wrong answer` for nonsense; `inconclusive` where the system does not tell.
    """
    check = must_resemble(name, answer)
    pairs = [_peaks(function, baseline, make_args(), check) for _ in range(ROUNDS + 1)][1:]
    ratios = [max(mine, 0) / max(base, LEAST_BYTES) for mine, base in pairs]
    ratio = statistics.median(ratios)
    if ratio <= limit:
        return ratio
    rows = (("peak of memory", f"at most {show.number_text(limit)} × the reference", f"{ratio:.3g} ×"),)
    mine, base = (statistics.median(side) / MIB for side in zip(*pairs, strict=True))
    facts = (("memory", f"{mine:.1f} MiB; the reference takes {base:.1f} MiB"),)
    message = f"`{name or 'the function'}` takes too much memory"
    raise Failed(Outcome.MEMORY_LIMIT, Failure(message, rows, facts, note))


def _peaks(
    function: Metered, baseline: Metered, args: Sequence[Any], check: Callable[[Any, Any], None]
) -> tuple[int, int]:
    """Peaks of a call of each, above what the baseline's worker held before, in bytes."""
    calls = [each.prepare(*args, tidy=True) for each in (function, baseline)]
    before = baseline.memory()
    metered = all(each.forget_peak() for each in (function, baseline))
    check(*(call() for call in calls))
    mine, base = function.memory(), baseline.memory()
    if not metered or before is None or mine is None or base is None:
        message = "this system does not tell how much memory a call takes"
        raise Failed(Outcome.INCONCLUSIVE, Failure(message, note="It costs no points."))
    return mine.peak - before.now, base.peak - before.now
