"""What the kit's own tests share: one zygote, a home for attempts that nobody else sees, and small problems."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader import catalogue
from grader.catalogue import Problem
from grader.processes import Zygote

CONTENT = Path(__file__).with_name("content")

collect_ignore = ["content"]  # hidden suites for the judge, not tests of the kit


@pytest.fixture(autouse=True)
def practice_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for attempts, so that no test sees those of another, or of the person."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("PRACTICE_HOME", str(home))
    monkeypatch.delenv("PRACTICE_PROBLEMS", raising=False)
    return home


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """A zygote for NumPy problems."""
    with Zygote("numpy") as opened:
        yield opened


@pytest.fixture(scope="session")
def probe() -> Problem:
    """A problem with one small function, whose suite calls it in two fresh workers."""
    return catalogue.load("probe", [CONTENT])


@pytest.fixture(scope="session")
def lasting() -> Problem:
    """A problem whose suite keeps one worker, names prerequisites and skips."""
    return catalogue.load("lasting", [CONTENT])
