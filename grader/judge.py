"""The judge: runs the hidden suite of a problem against one solution and gives the grade.

Its own process holds the expected values, the labels, the clock and the verdict, and never runs a line of the solution.
"""

import contextlib
import io
import os
import sys
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from grader import isolation, seeds
from grader.catalogue import Problem, content_root
from grader.errors import ContentError, GraderError, UsageError
from grader.failure import Failed, Measurements
from grader.messages import Limits, Load
from grader.processes import MOST_SPARES, WorkerProcess, Zygote
from grader.recorded_calls import Recorder
from grader.report_data import CallTime, GradeReport, Group
from grader.scoring import tidy, with_points
from grader.submission import Connection, Submission
from grader.words import Outcome

if TYPE_CHECKING:
    from grader.plugin import JudgePlugin, TestResult

PYTEST_OPTIONS = (
    "--assert=plain", "--import-mode=importlib", "--noconftest", "--strict-markers", "--capture=no",
    "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:logging", "-p", "no:doctest", "-p", "no:junitxml",
    "-p", "no:pastebin", "-p", "no:debugging", "-p", "no:stepwise", "-p", "no:setuponly", "-p", "no:setupplan",
    "-p", "no:unraisableexception", "-p", "no:threadexception", "-p", "no:faulthandler", "-p", "no:warnings",
    "-p", "no:legacypath", "-p", "no:recwarn", "-p", "no:subtests", "-p", "no:unittest", "-c", os.devnull,
)  # fmt: skip
TOLD_BY_PYTEST = (0, 1, 2)
INTERRUPTED = 2
BAD_EXPRESSION = 4


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
    """What the workers of a grade used."""

    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    output: str = ""
    device: str = "cpu"
    calls: list[CallTime] = field(default_factory=list)

    def add(self, worker: WorkerProcess) -> None:
        """Count a worker that has ended."""
        self.output = self.output or worker.output.text()
        if worker.ended is not None:
            self.cpu_seconds += worker.ended.cpu_seconds
            self.peak_bytes = max(self.peak_bytes, worker.ended.peak_bytes - worker.start_bytes)


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
        running: Title of the test that runs.
    """

    problem: Problem
    source: bytes
    zygote: Zygote
    seed: int
    listener: Listener = Listener()
    recorder: Recorder | None = None
    usage: Usage = field(default_factory=Usage)
    running: str = ""
    _keep_rules: set[bytes] = field(default_factory=set)
    _loaded: tuple[contextlib.ExitStack, Submission] | None = None
    _ending: list[tuple[WorkerProcess, Usage | None]] = field(default_factory=list)

    def note_test(self, title: str) -> None:
        """Know which test runs, and tell the person."""
        self.running = title
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
            self._ending.append((worker, usage))
            self.wait_for_ends(but=1 if further else 0)  # it ends while the next one works
            if usage is not None:
                usage.calls += [CallTime(self.running, name, seconds) for name, seconds in connection.timings]

    def close(self) -> None:
        """End the workers that are left, and wait for it."""
        if self._loaded is not None:
            self._loaded[0].close()
        self.wait_for_ends()

    def wait_for_ends(self, but: int = 0) -> None:
        """Wait until the workers that were left have ended, but for the last ones, and count what they used."""
        while len(self._ending) > but:
            worker, usage = self._ending.pop(0)
            worker.close()
            if usage is not None:
                usage.add(worker)

    def _load_message(self, source: bytes) -> Load:
        file = self.problem.file
        return Load(
            id=0, source=source, entry_points=list(file.entry_points), support=self.problem.support(),
            forbid=[name for name in file.forbid if name != self.zygote.keras_backend],  # Keras stands on it
            forbid_names=list(file.forbid_names), backend=file.backend, seed=seeds.apart(self.seed, "worker"),
            rules_kept=source in self._keep_rules,
        )  # fmt: skip


def grade(
    problem: Problem,
    source: bytes,
    *,
    zygote: Zygote,
    seed: int,
    file: str = "solution.py",
    select: str = "",
    fail_fast: bool = False,
    first: Collection[str] = (),
    listener: Listener | None = None,
    recorder: Recorder | None = None,
) -> GradeReport:
    """Grade one solution.

    Args:
        problem: The problem.
        source: The solution's source.
        zygote: Where its workers come from.
        seed: Decides every random input.
        file: What the report calls the solution.
        select: An expression as for pytest's `-k`; leaves the other tests out.
        fail_fast: Stop at the first test that fails; the score is then meaningless.
        first: Ids of hidden tests to run before the others, with those that they need.
        listener: Told of progress.
        recorder: Keeps calls of the solution, to make them again.

    Returns:
        The grade.

    Raises:
        UsageError: If the sandbox cannot be what was asked for, or the problem lies where submissions can read.
        GraderError: If the suite itself or the machine fails; never for what the solution does.
        KeyboardInterrupt: If the person interrupts.
    """
    start = time.perf_counter()
    bench = Bench(problem, source, zygote, seed, listener or Listener(), recorder)
    from grader import plugin as judge_plugin  # imports pytest, while the zygote imports its libraries

    if content_root() not in problem.folder.parents:
        isolation.refuse_shown(problem.folder, zygote.isolation.level)
    try:
        bench.load()
    except Failed as failed:
        bench.close()
        zygote.dismiss_spares()
        return _report(bench, (), Measurements(), file, time.perf_counter() - start, select, failed)
    from grader import data

    opener = judge_plugin.Opener(bench.submission, bench.reference, data.load)
    plugin = judge_plugin.JudgePlugin(
        opener, seed, bench.note_test, first=frozenset(first), chosen=problem.dataset
    )
    try:
        _run_pytest(problem, plugin, select, fail_fast)
    finally:
        bench.close()
    results = tuple(plugin.results.values())
    return _report(bench, results, plugin.measurements, file, time.perf_counter() - start, select, None,
                   fail_fast=fail_fast)  # fmt: skip


def _run_pytest(problem: Problem, plugin: "JudgePlugin", select: str, fail_fast: bool) -> None:
    import pytest

    options = [*PYTEST_OPTIONS, f"--rootdir={problem.folder.parent}"]
    if select:
        options += ["-k", select]
    if fail_fast:
        options.append("--exitfirst")
    printed = io.StringIO()
    before = set(sys.modules)
    with _own_environment(), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        status = int(pytest.main([*options, str(problem.suite)], plugins=[plugin]))
    for name in set(sys.modules) - before:
        if Path(str(getattr(sys.modules[name], "__file__", None))).parent == problem.folder:
            del sys.modules[name]  # a problem of the same slug in another root has a suite of its own
    if status == INTERRUPTED and plugin.error is None and not fail_fast:
        raise KeyboardInterrupt
    if plugin.error is not None:
        where, error = plugin.error
        raise GraderError(
            f"the hidden suite of `{problem.slug}` failed in `{where}`: {type(error).__name__}: {error}",
            "this is a mistake of the kit: please report it with your solution",
        ) from error
    if status == BAD_EXPRESSION and select:
        raise UsageError(f"`-k {select}` is no expression", "e.g. -k 'gate or bias', as in pytest")
    if not plugin.results:
        if select:
            raise ContentError(f"no hidden test of `{problem.slug}` matches `-k {select}`")
        lines = [line for line in printed.getvalue().splitlines() if line.strip()] or ["no test was found"]
        raise GraderError(
            f"the hidden suite of `{problem.slug}` cannot be run: {' '.join(lines[:3])}",
            f"practice verify {problem.slug}",
        )
    if status not in TOLD_BY_PYTEST:
        raise GraderError(f"pytest ended with status {status}: {printed.getvalue().strip()[-200:]}")


@contextlib.contextmanager
def _own_environment() -> Iterator[None]:
    """No option and no plugin of the person's own pytest reaches the hidden suite."""
    kept = {name: os.environ.pop(name, None) for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")}
    kept["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _report(
    bench: Bench,
    results: "tuple[TestResult, ...]",
    measurements: Measurements,
    file: str,
    seconds: float,
    select: str,
    refused: Failed | None,
    *,
    fail_fast: bool = False,
) -> GradeReport:
    tests = with_points(bench.problem, results)
    stopped = fail_fast and any(result.outcome is None for result in results)
    if stopped:
        tests = tuple(t for t, result in zip(tests, results, strict=True) if result.outcome is not None)
    groups = tuple(
        Group(rubric.group, rubric.title, tidy(sum(t.points for t in tests if t.group == rubric.group)), rubric.points)
        for rubric in bench.problem.file.rubric
        if not (select or stopped) or any(t.group == rubric.group for t in tests)
    )
    first = next((t for t in tests if not t.outcome.keeps_points and t.outcome is not Outcome.SKIPPED), None)
    skipped = any(t.outcome is Outcome.SKIPPED for t in tests)
    verdict = first.outcome if first else Outcome.SKIPPED if skipped else Outcome.PASSED
    return GradeReport(
        problem=bench.problem.slug,
        file=file,
        seed=bench.seed,
        verdict=refused.outcome if refused else verdict,
        score=tidy(sum(t.points for t in tests)),
        max_score=tidy(sum(group.max_points for group in groups)),
        seconds=round(seconds, 3),
        sandbox=str(bench.zygote.isolation.level),
        sandbox_notices=bench.zygote.isolation.notices,
        device=bench.usage.device,
        backend=bench.zygote.keras_backend or bench.problem.file.backend,
        groups=groups,
        tests=tests,
        failure=refused.failure if refused else None,
        partial=bool(select) or stopped,
        stopped=stopped,
        output=bench.usage.output,
        figures=measurements.figures,
        curves=measurements.curves,
        reference_curves=measurements.reference_curves,
        facts=measurements.facts,
        calls=tuple(bench.usage.calls),
        cpu_seconds=bench.usage.cpu_seconds,
        peak_bytes=bench.usage.peak_bytes,
    )
