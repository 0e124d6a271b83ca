"""The judge: runs the hidden suite of a problem against one solution and gives the grade.

Its own process holds the expected values, the labels, the clock and the verdict, and never runs a line of the solution.
"""

import contextlib
import io
import os
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from grader import isolation
from grader.bench import Bench, Listener
from grader.catalogue import Problem, content_root
from grader.errors import ContentError, GraderError, UsageError
from grader.failure import Failed, Measurements
from grader.processes import Zygote
from grader.recorded_calls import Recorder
from grader.report_data import GradeReport, Group
from grader.scoring import tidy, with_points
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
        output=bench.usage.output(result.key for result in results if result.failed),
        figures=measurements.figures,
        curves=measurements.curves,
        reference_curves=measurements.reference_curves,
        facts=measurements.facts,
        calls=tuple(bench.usage.calls),
        cpu_seconds=bench.usage.cpu_seconds,
        peak_bytes=bench.usage.peak_bytes,
    )
