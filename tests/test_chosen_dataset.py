"""`practice grade --dataset`: what a problem can be run on, and what is said where that cannot be had."""

import shutil

import pytest

from grader import catalogue, data
from grader.cli import status_of
from grader.errors import GraderError, UsageError

SUITE = """
from grader import checks


class TestDouble:
    def test_double(self, submission, chosen_dataset, dataset, record):
        record.fact("data", chosen_dataset)
        record("images", len(dataset(chosen_dataset or "digits").x))
        checks.equal(submission.double(1), 2, name="doubled")
"""
SOURCE = "def double(x):\n    return 2 * x\n"


@pytest.fixture
def choosing(tmp_path, probe):
    """A problem that can be run on two data sets."""
    folder = shutil.copytree(probe.folder, tmp_path / "problems" / "choosing")
    shutil.copytree(probe.solutions, tmp_path / "solutions" / "choosing")
    (folder / "test_hidden.py").write_text(SUITE)
    text = (folder / "problem.toml").read_text()
    (folder / "problem.toml").write_text(f'datasets = ["digits", "cifar-10"]\n{text}')
    return catalogue.load("choosing", [tmp_path])


def test_the_suite_is_told(grade, choosing):
    report = grade(SOURCE, choosing.on("digits"))
    assert report.passed
    assert report.facts == {"data": "digits"}
    assert report.figures == {"images": 1797}


def test_by_itself_the_suite_chooses(grade, choosing):
    assert grade(SOURCE, choosing).facts == {"data": ""}


def test_a_larger_data_set_gets_more_time(choosing):
    limits, more = choosing.file.limits, choosing.on("digits").file.limits
    assert more.suite_cpu_seconds == 5 * limits.suite_cpu_seconds
    assert more.cpu_seconds == limits.cpu_seconds


def test_a_data_set_that_the_problem_cannot_use(choosing, probe):
    with pytest.raises(UsageError, match="`choosing` cannot use the data set `mnist`") as error:
        choosing.on("mnist")
    assert error.value.hint == "one of digits, cifar-10"
    with pytest.raises(UsageError, match="`probe` cannot use the data set `digits`"):
        probe.on("digits")


@pytest.fixture
def refused(tmp_path, choosing, monkeypatch, capsys):
    """`refused(name)` gives exit status and first line of the error of a grade on that data set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRACTICE_PROBLEMS", str(tmp_path))
    (tmp_path / "solution.py").write_text(SOURCE)
    monkeypatch.setattr("grader.processes.Zygote.__init__", lambda *_, **__: pytest.fail("a worker was started"))

    def call(name):
        status = status_of(["grade", "choosing", "--file", "solution.py", "--dataset", name])
        return status, capsys.readouterr().err.strip().splitlines()[0]

    return call


def test_a_data_set_that_is_not_there(refused, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "none"))
    assert refused("cifar-10") == (2, "error: the data set `cifar-10` is not on this machine")


def test_a_damaged_data_set_is_named_before_anything_is_graded(refused, monkeypatch):
    def damaged(_name):
        raise GraderError("the data set `cifar-10` is damaged: `x_test` does not have the SHA-256 of its card")

    monkeypatch.setattr(data, "load", damaged)
    status, message = refused("cifar-10")
    assert status == 3
    assert "`cifar-10` is damaged: `x_test`" in message
