"""What the kit's own tests share: one zygote, a home for attempts that nobody else sees, and small problems."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from grader import catalogue
from grader.catalogue import Problem
from grader.checks.calls import LAST_CALL, LastCall
from grader.failure import Failed
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
