"""A grade as plain data: what renderers draw, JSON carries and the history keeps."""

from dataclasses import dataclass, field

from grader.failure import Failure
from grader.words import Outcome

SCHEMA_VERSION = 1
AT_LOAD = "load"


@dataclass(frozen=True)
class TestReport:
    """One case of one hidden test.

    Attributes:
        id: `TestBackward::test_gate`.
        title: The rule in plain words.
        group: Rubric group.
        case: Name of the case, or "".
        outcome: What became of it.
        points: Earned.
        max_points: Its share of the points of the group.
        seconds: Wall time, fixtures included.
        failure: Why it did not pass, or None.
        call: The last call of the submission in it, with its arguments in short.
        repeats: Id of an earlier test that failed with the same error, or "".
    """

    __test__ = False

    id: str
    title: str
    group: str
    case: str
    outcome: Outcome
    points: float
    max_points: float
    seconds: float
    failure: Failure | None = None
    call: str = ""
    repeats: str = ""


@dataclass(frozen=True)
class Group:
    """A rubric group and what was earned in it."""

    group: str
    title: str
    points: float
    max_points: float


@dataclass(frozen=True)
class CallTime:
    """One call of the submission, by the judge's clock until its result had arrived.

    Attributes:
        test: Title of the test that made it.
        function: Its name.
        seconds: Wall time.
    """

    test: str
    function: str
    seconds: float


@dataclass(frozen=True)
class GradeReport:
    """One grade.

    Attributes:
        problem: Slug.
        file: The submission's file, as it was named.
        seed: Repeats the inputs.
        verdict: One word for the whole.
        score: Points earned.
        max_score: Points of the tests that were selected.
        seconds: Wall time.
        sandbox: Level of isolation in force.
        device: What the submission ran on.
        backend: numpy, or what Keras ran on.
        groups: In the order of the rubric.
        tests: In file order; empty if the solution could not be loaded.
        failure: Why the solution could not be loaded, or None.
        partial: Whether tests were left out: by `-k`, or because it stopped at a failure.
        stopped: Whether it stopped at the first failure; points then say nothing.
        output: The beginning of what the submission printed: in the first test that failed and printed, or else in any.
        figures: What the suite measured.
        curves: The same, one value per step or epoch.
        reference_curves: Of the reference solution, where the suite ran it beside the submission.
        facts: Text by short name: under which circumstances something was measured.
        calls: Each call of the submission by the judge's clock, in order.
        cpu_seconds: CPU time of all its workers.
        peak_bytes: Largest memory of a worker, above what it started with.
        sandbox_notices: What is missing of the highest level, and why.
    """

    problem: str
    file: str
    seed: int
    verdict: Outcome
    score: float
    max_score: float
    seconds: float
    sandbox: str
    device: str
    backend: str
    groups: tuple[Group, ...]
    tests: tuple[TestReport, ...]
    failure: Failure | None = None
    partial: bool = False
    stopped: bool = False
    output: str = ""
    figures: dict[str, float] = field(default_factory=dict)
    curves: dict[str, list[float]] = field(default_factory=dict)
    reference_curves: dict[str, list[float]] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    calls: tuple[CallTime, ...] = ()
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    sandbox_notices: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every point was earned."""
        return self.verdict is Outcome.PASSED

    def first_failed(self) -> TestReport | None:
        """The first test that did not pass, skipped ones aside."""
        failed = (t for t in self.tests if not t.outcome.keeps_points and t.outcome is not Outcome.SKIPPED)
        return next(failed, None)

    def caught_by(self) -> str:
        """Id of the first test that did not pass, `load` if the solution could not be loaded, or ""."""
        if self.failure is not None:
            return AT_LOAD
        first = self.first_failed()
        return first.id if first else ""
