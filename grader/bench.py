"""Where a grade gets its workers: each with one solution loaded in it, ended and counted afterwards."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from grader import seeds
from grader.catalogue import Problem
from grader.messages import Limits, Load
from grader.processes import MOST_SPARES, WorkerProcess, Zygote
from grader.recorded_calls import Recorder
from grader.report_data import CallTime
from grader.submission import Connection, Submission


@dataclass(frozen=True)
class Listener:
    """Who is told of progress while the grade runs.

    Attributes:
        test: Called with the title of each test.
        line: Called with a line of a long call, e.g. an epoch and its loss; the text is the submission's.
    """

    test: Callable[[str], None] = lambda title: None
    line: Callable[[str], None] = lambda text: None


@dataclass
class Usage:
    """What the workers of a grade used.

    Attributes:
        outputs: What they printed, by the test that each of them served; under "" those of no single test.
    """

    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    outputs: dict[str, str] = field(default_factory=dict)
    device: str = "cpu"
    calls: list[CallTime] = field(default_factory=list)

    def add(self, worker: WorkerProcess, test: str) -> None:
        """Count a worker that has ended."""
        self.outputs[test] = self.outputs.get(test) or worker.output.text()
        if worker.ended is not None:
            self.cpu_seconds += worker.ended.cpu_seconds
            self.peak_bytes = max(self.peak_bytes, worker.ended.peak_bytes - worker.start_bytes)

    def output(self, failed: Iterable[str]) -> str:
        """What was printed in the first of these tests that printed, or else in any."""
        tests = (*failed, "", *self.outputs)
        return next((self.outputs[test] for test in tests if self.outputs.get(test)), "")


@dataclass
class Bench:
    """Opens workers for one grade.

    Attributes:
        problem: What is graded.
        source: The solution.
        zygote: Forks the workers.
        seed: The seed of the grade.
        listener: Told of progress.
        recorder: Keeps calls of the submission, if it is given.
        usage: Filled as workers end.
        running: Id, with its case, and title of the test that runs.
    """

    problem: Problem
    source: bytes
    zygote: Zygote
    seed: int
    listener: Listener = Listener()
    recorder: Recorder | None = None
    usage: Usage = field(default_factory=Usage)
    running: tuple[str, str] = ("", "")
    _keep_rules: set[bytes] = field(default_factory=set)
    _loaded: tuple[contextlib.ExitStack, Submission] | None = None
    _ending: list[tuple[WorkerProcess, Usage | None, str]] = field(default_factory=list)

    def note_test(self, test: str, title: str) -> None:
        """Know which test runs, and tell the person."""
        self.running = test, title
        self.listener.test(title)

    def load(self) -> None:
        """Have the worker of the first test ready, with the submission in it.

        Raises:
            Failed: With the verdict of a submission that cannot be graded.
        """
        with contextlib.ExitStack() as stack:
            submission = stack.enter_context(self.submission(False, MOST_SPARES))
            self._loaded = stack.pop_all(), submission

    @contextlib.contextmanager
    def submission(self, lasting: bool, further: int = 0) -> Iterator[Submission]:
        """A worker with the submission in it, ended afterwards with all that it started."""
        if self._loaded is not None and not lasting:
            (stack, submission), self._loaded = self._loaded, None
            with stack:
                yield submission
            return
        with self._open(self.source, lasting, further, self.usage) as connection:
            yield Submission(connection)

    @contextlib.contextmanager
    def reference(self, lasting: bool, further: int = 0) -> Iterator[Submission]:
        """A worker with the reference solution in it; it may not be told to anybody."""
        with self._open(self.problem.reference.read_bytes(), lasting, further, None) as connection:
            yield Submission(connection)

    @contextlib.contextmanager
    def _open(self, source: bytes, lasting: bool, further: int, usage: Usage | None) -> Iterator[Connection]:
        allowed = self.problem.file.limits
        seconds = allowed.suite_cpu_seconds if lasting else allowed.cpu_seconds
        limits = Limits(cpu_seconds=seconds, memory_bytes=allowed.memory_mib << 20)
        worker = self.zygote.start_worker(limits, further)
        worker.on_progress = self.listener.line
        recorder = self.recorder if usage is not None else None
        parameters = self.problem.parameters
        connection = Connection(worker, limits, parameters, is_submission=usage is not None, recorder=recorder)
        try:
            device = connection.load(self._load_message(source))
            self._keep_rules.add(source)
            if usage is not None:
                usage.device = device
            yield connection
        finally:
            worker.hang_up()
            test, title = self.running
            self._ending.append((worker, usage, "" if lasting else test))
            self.wait_for_ends(but=1 if further else 0)  # it ends while the next one works
            if usage is not None:
                usage.calls += [CallTime(title, name, seconds) for name, seconds in connection.timings]

    def close(self) -> None:
        """End the workers that are left, and wait for it."""
        if self._loaded is not None:
            self._loaded[0].close()
        self.wait_for_ends()

    def wait_for_ends(self, but: int = 0) -> None:
        """Wait until the workers that were left have ended, but for the last ones, and count what they used."""
        while len(self._ending) > but:
            worker, usage, test = self._ending.pop(0)
            worker.close()
            if usage is not None:
                usage.add(worker, test)

    def _load_message(self, source: bytes) -> Load:
        file = self.problem.file
        return Load(
            id=0, source=source, entry_points=list(file.entry_points), support=self.problem.support(),
            forbid=[name for name in file.forbid if name != self.zygote.keras_backend],  # Keras stands on it
            forbid_names=list(file.forbid_names), backend=file.backend, seed=seeds.apart(self.seed, "worker"),
            rules_kept=source in self._keep_rules,
        )  # fmt: skip
