"""What the kit's own tests share: one zygote, a home for attempts that nobody else sees, and small problems."""

import re
import shutil
import signal
import textwrap
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader import catalogue, judge
from grader.catalogue import Problem
from grader.checks.calls import LAST_CALL, LastCall
from grader.failure import Failed
from grader.processes import Zygote
from grader.report_data import GradeReport
from grader.sandbox.levels import Level

CONTENT = Path(__file__).with_name("content")

# A shell ignores it on behalf of what it starts in the background, and what tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # `nohup`
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

collect_ignore = ["content", "corpus"]  # hidden suites for the judge, not tests of the kit


@pytest.fixture(autouse=True)
def practice_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for attempts, so that no test sees those of another, or of the person."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("PRACTICE_HOME", str(home))
    monkeypatch.delenv("PRACTICE_PROBLEMS", raising=False)
    monkeypatch.setenv("PRACTICE_WARM", "0")  # nothing outlives its test
    return home


@pytest.fixture(autouse=True)
def no_call_before() -> Iterator[None]:
    """No test sees the last call of another."""
    token = LAST_CALL.set(None)
    yield
    LAST_CALL.reset(token)


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """A zygote for NumPy problems."""
    with Zygote("numpy") as opened:
        yield opened


@pytest.fixture(scope="session")
def lowest() -> Iterator[Zygote]:
    """A zygote at the level `process`, for what the levels above refuse: children, signals to others."""
    with Zygote("numpy", level=Level.PROCESS) as opened:
        yield opened


@pytest.fixture(scope="session")
def probe() -> Problem:
    """A problem with one small function, whose suite calls it in two fresh workers."""
    return catalogue.load("probe", [CONTENT])


@pytest.fixture(scope="session")
def lasting() -> Problem:
    """A problem whose suite keeps one worker, names prerequisites and skips."""
    return catalogue.load("lasting", [CONTENT])


@pytest.fixture
def grade(zygote: Zygote, probe: Problem) -> Callable[..., GradeReport]:
    """`grade(source)` grades a submission of the problem `probe`, or of another one."""

    def call(source: str | bytes, problem: Problem = probe, seed: int = 1, **options: Any) -> GradeReport:
        code = textwrap.dedent(source).encode() if isinstance(source, str) else source
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pytest.PytestDeprecationWarning)  # errors here, and only here
            return judge.grade(problem, code, **{"zygote": zygote, "seed": seed, **options})

    return call


@pytest.fixture
def make_problem(tmp_path: Path, probe: Problem) -> Callable[..., Problem]:
    """`make_problem(suite)` makes a problem like `probe` with another hidden suite."""

    def call(suite: str, *, support: str = "", reference: str = "", **entries: str) -> Problem:
        folder = shutil.copytree(probe.folder, tmp_path / "problems" / "made")
        solutions = shutil.copytree(probe.solutions, tmp_path / "solutions" / "made")
        (folder / "test_hidden.py").write_text(textwrap.dedent(suite), encoding="utf-8")
        if support:
            (folder / "support.py").write_text(textwrap.dedent(support), encoding="utf-8")
        if reference:
            (solutions / "reference.py").write_text(textwrap.dedent(reference), encoding="utf-8")
        toml = (folder / "problem.toml").read_text(encoding="utf-8")
        for key, value in entries.items():
            toml = re.sub(rf"(?m)^{key} = .*$", f"{key} = {value}", toml)
        (folder / "problem.toml").write_text(toml, encoding="utf-8")
        return catalogue.load("made", [tmp_path])

    return call


@pytest.fixture
def failing() -> Callable[..., Failed]:
    """`failing(check, ...)` gives the failure of a check that must not pass."""

    def call(check: Callable[..., Any], *args: Any, **kwargs: Any) -> Failed:
        with pytest.raises(Failed) as caught:
            check(*args, **kwargs)
        return caught.value

    return call


@pytest.fixture
def called_with() -> Iterator[Callable[..., None]]:
    """`called_with(x=...)` makes the checks believe that the submission was called with these arguments."""
    token = LAST_CALL.set(None)
    yield lambda **arguments: LAST_CALL.set(LastCall("double", arguments))
    LAST_CALL.reset(token)
