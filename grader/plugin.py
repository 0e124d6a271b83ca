"""The judge inside pytest: fixtures for the hidden suite, and the outcome of each test from the exception itself."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from grader import seeds
from grader.checks.calls import LAST_CALL
from grader.data import DataMissingError
from grader.failure import Failed, Failure, Measurements
from grader.submission import Submission
from grader.words import Outcome

MOST_TIMEOUTS = 3


@dataclass(frozen=True)
class Opener:
    """How the plugin gets workers; given by `grader.judge`.

    Attributes:
        submission: Opens a worker with the submission. The arguments say whether it lasts for the suite, and how many
            workers that do not will be opened after this one.
        reference: Opens a worker with the reference solution; the arguments as above.
        dataset: Loads a data set by name.
    """

    submission: Callable[[bool, int], Any]
    reference: Callable[[bool, int], Any]
    dataset: Callable[[str], Any]


@dataclass
class TestResult:
    """What became of one case of one hidden test."""

    __test__ = False

    id: str
    case: str
    title: str
    outcome: Outcome | None = None
    failure: Failure | None = None
    call: str = ""
    seconds: float = 0.0
    repeats: str = ""
    root: str = ""

    @property
    def failed(self) -> bool:
        """Whether it ran and loses points."""
        return self.outcome is not None and self.outcome is not Outcome.SKIPPED and not self.outcome.keeps_points

    @property
    def key(self) -> str:
        """Its id with its case."""
        return f"{self.id}[{self.case}]"


@dataclass
class JudgePlugin:
    """One run of a hidden suite.

    Attributes:
        opener: Where workers come from.
        seed: The seed of the grade.
        on_test: Called with the key and the title of each test before it runs.
        first: Ids of the tests that run before the others, with those that they need.
        chosen: The data set that a person has chosen, or "".
        results: By pytest's node id, in file order.
        measurements: What the suite published.
        error: An exception of the suite itself: our fault.
    """

    opener: Opener
    seed: int
    on_test: Callable[[str, str], None] = lambda key, title: None
    first: frozenset[str] = frozenset()
    chosen: str = ""
    results: dict[str, TestResult] = field(default_factory=dict)
    measurements: Measurements = field(default_factory=Measurements)
    error: tuple[str, BaseException] | None = None
    _raised: list[tuple[BaseException, str]] = field(default_factory=list)
    _seen_errors: dict[tuple[Any, ...], str] = field(default_factory=dict)
    _timeouts: int = 0
    _to_open: int = 0

    @pytest.fixture
    def submission(self) -> Iterator[Submission]:
        """A fresh worker with the submission loaded."""
        yield from self._open(self.opener.submission(False, self._further()))

    @pytest.fixture(scope="session")
    def suite_submission(self) -> Iterator[Submission]:
        """One worker with the submission for the whole suite."""
        yield from self._open(self.opener.submission(True, 0))

    @pytest.fixture(scope="session")
    def second_submission(self) -> Iterator[Submission]:
        """Another worker with the submission for the whole suite, to be called while the first one computes."""
        yield from self._open(self.opener.submission(True, 0))

    @pytest.fixture
    def reference(self) -> Iterator[Submission]:
        """A fresh worker with the reference solution: a yardstick of time."""
        yield from self._open(self.opener.reference(False, self._further()))

    @pytest.fixture(scope="session")
    def suite_reference(self) -> Iterator[Submission]:
        """One worker with the reference solution for the whole suite."""
        yield from self._open(self.opener.reference(True, 0))

    @pytest.fixture
    def rng(self, request: pytest.FixtureRequest) -> np.random.Generator:
        """A generator from the seed of the grade and the name of the test."""
        return np.random.default_rng([self.seed, zlib.crc32(_test_id(request.node).encode())])

    @pytest.fixture(scope="session", name="seed")
    def _seed_fixture(self) -> int:
        """A seed that belongs to the grade; a suite may send it, so it is not the one that `rng` is made of."""
        return seeds.apart(self.seed, "suite")

    @pytest.fixture(scope="session")
    def dataset(self) -> Callable[[str], Any]:
        """`dataset("digits")` loads a data set into the judge."""
        return self.opener.dataset

    @pytest.fixture(scope="session")
    def chosen_dataset(self) -> str:
        """Name of the data set that a person has chosen, or ""."""
        return self.chosen

    @pytest.fixture(scope="session")
    def record(self) -> Measurements:
        """Publishes figures and curves for the report."""
        return self.measurements

    def pytest_configure(self, config: pytest.Config) -> None:
        """Declare the marker of prerequisites."""
        config.addinivalue_line("markers", "needs(test): skip unless that hidden test passed")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Know every test beforehand, in file order: one that goes missing has failed. Then say which runs first."""
        for item in session.items:
            doc = getattr(getattr(item, "obj", None), "__doc__", None) or item.name
            self.results[item.nodeid] = TestResult(_test_id(item), _case(item), doc.strip().splitlines()[0])
            self._to_open += len({"submission", "reference"}.intersection(getattr(item, "fixturenames", ())))
        if self.first:
            chosen = _with_needs(self.first, session.items)
            session.items.sort(key=lambda item: _test_id(item) not in chosen)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip what cannot be checked because a prerequisite failed, or because time ran out too often."""
        LAST_CALL.set(None)
        result = self.results[item.nodeid]
        self.on_test(result.key, result.title)
        if self._timeouts >= MOST_TIMEOUTS:
            raise Failed(Outcome.SKIPPED, Failure(f"not run: {MOST_TIMEOUTS} tests ran out of time"))
        for marker in item.iter_markers("needs"):
            for needed in marker.args:
                lost = (r for r in self.results.values() if r.id == needed and r.outcome and not r.outcome.keeps_points)
                blocked_by = next(lost, None)
                if blocked_by is not None:
                    root = blocked_by.root or blocked_by.title
                    self.results[item.nodeid].root = root
                    raise Failed(Outcome.SKIPPED, Failure(f"not run: it needs “{root}”"))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        """Take the outcome from the exception; pytest's own report is not used."""
        result = self.results[item.nodeid]
        result.seconds += call.duration
        if call.excinfo is not None:
            self._take(result, call.excinfo.value)
        elif call.when == "call" and result.outcome is None:
            result.outcome = Outcome.PASSED
        return (yield)

    def _take(self, result: TestResult, raised: BaseException) -> None:
        if isinstance(raised, KeyboardInterrupt):
            return
        if isinstance(raised, pytest.skip.Exception):
            raised = Failed(Outcome.INCONCLUSIVE, Failure(f"not checked on this machine: {raised.msg}"))
        if isinstance(raised, DataMissingError):
            raised = Failed(Outcome.INCONCLUSIVE, Failure(f"{raised.message}; to fetch it: {raised.hint}"))
        if not isinstance(raised, Failed):
            self.error = self.error or (result.id, raised)
            result.outcome = Outcome.SKIPPED
            return
        result.outcome, result.failure = raised.outcome, raised.failure
        result.call = str(LAST_CALL.get() or "")
        self._timeouts += raised.outcome is Outcome.TIMEOUT
        if any(raised is earlier and where != result.id for earlier, where in self._raised):
            result.outcome = Outcome.SKIPPED  # a fixture that lasts for the suite had failed before
            result.failure = Failure("not run: what it needs failed above")
            return
        self._raised.append((raised, result.id))
        if raised.error is not None:
            key = (raised.error.type, raised.error.message, raised.error.frames)
            first = self._seen_errors.setdefault(key, result.id)
            result.repeats = first if first != result.id else ""

    def _further(self) -> int:
        """How many workers will be opened after the one that is opened now."""
        self._to_open -= 1
        return self._to_open

    def _open(self, opened: Any) -> Iterator[Submission]:
        with opened as submission:
            yield submission


def _with_needs(ids: frozenset[str], items: list[pytest.Item]) -> set[str]:
    """Tests and, as far as it goes, those that they need."""
    needs: dict[str, set[str]] = {}
    for item in items:
        needs.setdefault(_test_id(item), set()).update(*(marker.args for marker in item.iter_markers("needs")))
    found: set[str] = set()
    waiting = list(ids)
    while waiting:
        if (each := waiting.pop()) not in found:
            found.add(each)
            waiting += needs.get(each, ())
    return found


def _test_id(item: Any) -> str:
    """`TestBackward::test_gate`, without file and case."""
    parts = item.nodeid.split("::")[1:]
    return "::".join([*parts[:-1], parts[-1].partition("[")[0]])


def _case(item: pytest.Item) -> str:
    callspec = getattr(item, "callspec", None)
    return str(callspec.id) if callspec is not None else ""
