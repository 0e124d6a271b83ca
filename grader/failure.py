"""A failed check as data: what the renderers draw and JSON carries."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from grader.words import Outcome


@dataclass(frozen=True)
class Failure:
    """Why a test did not pass.

    Attributes:
        message: One sentence: what differs.
        rows: (label, expected, got), in the order in which they were asked.
        facts: (label, text): first index, largest error, counts, the learner's own frames.
        note: One sentence that names the mistake, or "".
    """

    message: str
    rows: tuple[tuple[str, str, str], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Frame:
    """One line of the learner's own traceback."""

    line: int
    function: str
    source: str = ""


@dataclass(frozen=True)
class RemoteError:
    """An exception of the submission, as told by its worker: text only, cut to size.

    Attributes:
        type: Name of the class.
        bases: Names of the classes that it inherits from, so that `raises` can accept a subclass.
        message: Its text.
        frames: The learner's own frames, outermost first.
        stage: "compile", "import", "rule", "missing" while loading; "call" or "return" afterwards.
    """

    type: str
    message: str
    bases: tuple[str, ...] = ()
    frames: tuple[Frame, ...] = ()
    stage: str = "call"


class Failed(Exception):
    """Ends a hidden test: the submission did not do what the test asks.

    Args:
        outcome: The word for it.
        failure: What to show.
        error: The exception of the submission, where one was raised.
    """

    def __init__(self, outcome: Outcome, failure: Failure, error: RemoteError | None = None) -> None:
        super().__init__(failure.message)
        self.outcome = outcome
        self.failure = failure
        self.error = error


@dataclass
class Measurements:
    """Figures that a suite publishes with the `record` fixture; the judge computed them.

    Attributes:
        figures: By short name.
        curves: By short name; one value per step or epoch.
        reference_curves: The same of the reference solution, where the suite ran it beside the submission.
        facts: Text by short name: under which circumstances something was measured.
    """

    figures: dict[str, float] = field(default_factory=dict)
    curves: dict[str, list[float]] = field(default_factory=dict)
    reference_curves: dict[str, list[float]] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)

    def __call__(self, name: str, value: float) -> None:
        """Publish one figure under a short name."""
        self.figures[name] = float(value)

    def curve(self, name: str, values: Sequence[float], *, reference: Sequence[float] = ()) -> None:
        """Publish a curve: one value per step or epoch; with `reference`, the report draws both in one picture."""
        self.curves[name] = [float(value) for value in values]
        if len(reference):
            self.reference_curves[name] = [float(value) for value in reference]

    def fact(self, name: str, text: str) -> None:
        """Publish under which circumstances something was measured, e.g. the device."""
        self.facts[name] = str(text)
