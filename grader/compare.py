"""A submission beside the reference solution: both graded in turn in one session, with the same inputs."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from grader import judge
from grader.catalogue import Problem
from grader.processes import Zygote
from grader.report_data import CallTime, GradeReport

QUICK_SECONDS = 5.0


@dataclass(frozen=True)
class Comparison:
    """Two solutions of one problem.

    Attributes:
        yours: Grade of the submission.
        reference: Grade of the reference solution.
        time_ratios: Time of the submission over that of the reference, over the calls that both answered: one for each
            round in which there are such calls.
    """

    yours: GradeReport
    reference: GradeReport
    time_ratios: tuple[float, ...]

    @property
    def time_ratio(self) -> float | None:
        """The median ratio, or None if there is none."""
        return statistics.median(self.time_ratios) if self.time_ratios else None


def compare(
    problem: Problem, source: bytes, *, zygote: Zygote, seed: int, file: str, listener: judge.Listener
) -> Comparison:
    """Grade submission and reference in turn (A B, and B A again where a grade is quick).

    Args:
        problem: The problem.
        source: The submission.
        zygote: Where workers come from.
        seed: Of all grades, so that both get the same inputs.
        file: What the report calls the submission.
        listener: Told of progress.

    Returns:
        The grades of the first round, and the ratios of all.
    """
    reference_source = problem.reference.read_bytes()

    def grade(text: bytes, name: str) -> GradeReport:
        return judge.grade(problem, text, zygote=zygote, seed=seed, file=name, listener=listener)

    pairs = [(grade(source, file), grade(reference_source, "reference.py"))]
    if pairs[0][0].seconds < QUICK_SECONDS:
        for _ in range(2):
            reference = grade(reference_source, "reference.py")
            pairs.append((grade(source, file), reference))
    ratios = (time_ratio(yours.calls, reference.calls) for yours, reference in pairs)
    return Comparison(*pairs[0], tuple(ratio for ratio in ratios if ratio is not None))


def time_ratio(yours: Sequence[CallTime], reference: Sequence[CallTime]) -> float | None:
    """Ratio of the time of the calls that both sides answered: the n-th call of a function in a test, on each side."""
    ours: dict[tuple[str, str], list[float]] = {}
    for call in reference:
        ours.setdefault((call.test, call.function), []).append(call.seconds)
    theirs: dict[tuple[str, str], list[float]] = {}
    for call in yours:
        theirs.setdefault((call.test, call.function), []).append(call.seconds)
    matched = [(a, b) for key in theirs.keys() & ours.keys() for a, b in zip(theirs[key], ours[key], strict=False)]
    total = sum(b for _, b in matched)
    return sum(a for a, _ in matched) / total if total else None
