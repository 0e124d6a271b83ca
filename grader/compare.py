"""A submission beside the reference solution: graded with the same inputs, and timed on the same calls."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from grader import judge
from grader.bench import Bench, Listener
from grader.catalogue import Problem
from grader.processes import Zygote
from grader.recorded_calls import Recorder
from grader.replay import TimeRatio, replay
from grader.report_data import CallTime, GradeReport
from grader.seeds import SEEDS

QUICK_SECONDS = 2.0
QUICK_SEEDS = 5
FEWEST_SEEDS = 3
CONFIDENCE = 0.95
MAIN_SHARE = 0.5
LEAST_BYTES = 1 << 20  # less says nothing of a solution

Answered = frozenset[tuple[str, float]]  # function and seconds, which tell one call from another
NOTHING: tuple[Answered, Answered] = frozenset(), frozenset()


@dataclass(frozen=True)
class FigureComparison:
    """A figure that the suite measured, on both sides, seed by seed.

    Attributes:
        yours: Of the submission.
        reference: Of the reference solution, with the same seeds.
    """

    yours: tuple[float, ...]
    reference: tuple[float, ...]

    @property
    def difference(self) -> float:
        """Mean of (submission minus reference) over seeds."""
        return statistics.fmean(self._differences())

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the mean difference (Student's t on pairs), or None if there are too few seeds."""
        differences = self._differences()
        count = len(differences)
        if count < FEWEST_SEEDS:
            return None
        from scipy.special import stdtrit  # it takes long to import

        quantile = float(stdtrit(count - 1, (1.0 + CONFIDENCE) / 2.0))
        half = quantile * statistics.stdev(differences) / count**0.5
        return self.difference - half, self.difference + half

    def _differences(self) -> list[float]:
        return [a - b for a, b in zip(self.yours, self.reference, strict=True)]


@dataclass(frozen=True)
class Comparison:
    """Two solutions of one problem.

    Attributes:
        yours: Grade of the submission, with the first seed.
        reference: Grade of the reference solution, with the same.
        times: Ratio of times by function, and of all calls together under "": of calls that the suite made, made again
            in turn. Empty if there are none that can be made again.
        figures: What the suite measured on both sides, by name.
        seeds: How many seeds the figures are of.
        answered: The calls that are known to have been answered, of the submission and of the reference solution.
    """

    yours: GradeReport
    reference: GradeReport
    times: dict[str, TimeRatio] = field(default_factory=dict)
    figures: dict[str, FigureComparison] = field(default_factory=dict)
    seeds: int = 1
    answered: tuple[Answered, Answered] = NOTHING

    @property
    def time_ratio(self) -> float | None:
        """Median ratio of times, or None if there are none.

        Of the calls that were made again, if those are of the functions that take most of the reference's time; else of
        all calls of the two grades.
        """
        if self._is_replayed():
            return self.times[""].median
        return time_ratio(self.yours.calls, self.reference.calls, self.answered)

    @property
    def time_interval(self) -> tuple[float, float] | None:
        """95 % interval of it, or None if there is but one round, or too few."""
        return self.times[""].interval if self._is_replayed() else None

    @property
    def times_once(self) -> dict[str, float]:
        """Ratio of times in the two grades, of functions whose calls cannot be made again: handles, or too long."""
        names = dict.fromkeys(call.function for call in self.reference.calls if call.function not in self.times)
        ratios = {name: time_ratio(_of(self.yours, name), _of(self.reference, name), self.answered) for name in names}
        return {name: ratio for name, ratio in ratios.items() if ratio is not None}

    @property
    def unanswered(self) -> list[str]:
        """Functions without a ratio of times: no call of theirs was answered by both."""
        timed = {*self.times, *self.times_once}
        return list(dict.fromkeys(call.function for call in self.reference.calls if call.function not in timed))

    def _is_replayed(self) -> bool:
        if "" not in self.times:
            return False
        again = sum(call.seconds for call in self.reference.calls if call.function in self.times)
        return again >= MAIN_SHARE * sum(call.seconds for call in self.reference.calls)

    @property
    def memory_ratio(self) -> float | None:
        """Ratio of the largest memory of a worker above what it started with; None where that is next to nothing."""
        yours, reference = self.yours.peak_bytes, self.reference.peak_bytes
        return yours / reference if min(yours, reference) >= LEAST_BYTES else None


def compare(
    problem: Problem,
    source: bytes,
    *,
    zygote: Zygote,
    seed: int,
    file: str,
    listener: Listener,
    seeds: int | None = None,
) -> Comparison:
    """Grade submission and reference in turn, and time them on calls that the suite made.

    Args:
        problem: The problem.
        source: The submission.
        zygote: Where workers come from.
        seed: Of the first two grades, so that both get the same inputs; further ones follow it.
        file: What the report calls the submission.
        listener: Told of progress.
        seeds: With how many seeds figures are measured; default 5 where a grade is quick and has any, else 1.

    Returns:
        The grades of the first seed, the ratios of times, and the figures of all seeds.
    """
    reference_source, recorder, notes = problem.reference.read_bytes(), _Answers(), _Answers(keeps=False)

    def grade(text: bytes, name: str, number: int, recorder: Recorder | None = None) -> GradeReport:
        def told(title: str) -> None:
            which = f"{number + 1} of {seeds}, " if seeds and seeds > 1 else ""
            listener.test(f"{which}{name}: {title}")

        return judge.grade(
            problem, text, zygote=zygote, seed=(seed + number) % SEEDS, file=name,
            listener=Listener(told, listener.line), recorder=recorder,
        )  # fmt: skip

    yours, reference = grade(source, file, 0, recorder), grade(reference_source, "reference.py", 0, notes)
    if seeds is None:
        seeds = QUICK_SEEDS if yours.seconds < QUICK_SECONDS and yours.figures else 1
    pairs = [(yours, reference)]
    for number in range(1, seeds):
        other = grade(reference_source, "reference.py", number)
        pairs.append((grade(source, file, number), other))
    listener.test("both timed in turn, on calls that the suite made")
    mine, base = (Bench(problem, text, zygote, seed, listener) for text in (source, reference_source))
    recorded = chain.from_iterable(recorder.calls.values())
    times = replay(lambda: mine.submission(True), lambda: base.submission(True), recorded)
    answered = frozenset(recorder.answered), frozenset(notes.answered)
    return Comparison(yours, reference, times, _figures(pairs), seeds, answered)


@dataclass
class _Answers(Recorder):
    """Notes each call that was answered, of those that the suite made itself; `support.py` calls without telling.

    Attributes:
        keeps: Whether their arguments are kept too.
        answered: Function and seconds of each.
    """

    keeps: bool = True
    answered: set[tuple[str, float]] = field(default_factory=set)

    def add(self, function: str, args: Any, kwargs: Any, seconds: float) -> None:
        """Note a call."""
        self.answered.add((function, seconds))
        if self.keeps:
            super().add(function, args, kwargs, seconds)


def time_ratio(
    yours: Sequence[CallTime], reference: Sequence[CallTime], answered: tuple[Answered, Answered] = NOTHING
) -> float | None:
    """Ratio of the time of the calls that both sides answered: the n-th call of a function in a test, on each side.

    Args:
        yours: Calls of the submission.
        reference: Calls of the reference solution.
        answered: What is known of the answers: what one side alone has answered is left out. What neither is known to
            have answered went through `support.py`, or had to raise: it counts.
    """
    ours: dict[tuple[str, str], list[float]] = {}
    for call in reference:
        ours.setdefault((call.test, call.function), []).append(call.seconds)
    theirs: dict[tuple[str, str], list[float]] = {}
    for call in yours:
        theirs.setdefault((call.test, call.function), []).append(call.seconds)
    matched = [
        (a, b)
        for key in theirs.keys() & ours.keys()
        for a, b in zip(theirs[key], ours[key], strict=False)
        if ((key[1], a) in answered[0]) == ((key[1], b) in answered[1])
    ]
    total = sum(b for _, b in matched)
    return sum(a for a, _ in matched) / total if total else None


def _of(report: GradeReport, function: str) -> list[CallTime]:
    return [call for call in report.calls if call.function == function]


def _figures(pairs: Sequence[tuple[GradeReport, GradeReport]]) -> dict[str, FigureComparison]:
    """The figures that every grade has."""
    names = [name for name in pairs[0][0].figures if all(name in side.figures for pair in pairs for side in pair)]
    return {
        name: FigureComparison(*(tuple(pair[side].figures[name] for pair in pairs) for side in (0, 1)))
        for name in names
    }
