"""`start`, `hint` and `reset`: a folder to work in, and what a person types there."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from grader import history
from grader.cli import status_of

GOLDEN = Path(__file__).with_name("golden")
CHECKOUT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def practice(capsys):
    """Run a command; gives exit status, standard output and standard error."""

    def run(*arguments):
        status = status_of([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def answer(monkeypatch):
    """What a person types at the next question."""

    def give(text):
        def read(question):
            sys.stdout.write(question)
            if text is None:
                raise EOFError
            return text

        monkeypatch.setattr("builtins.input", read)

    return give


class TestStart:
    def test_says_what_to_type_next(self, practice):
        status, out, err = practice("start", "relu-backprop")
        assert (status, err) == (0, "")
        assert out == (
            "Two-layer ReLU network, forward and backward · medium · 35 min\n\n"
            "In relu-backprop:\n\n"
            "  README.md         the statement\n"
            "  solution.py       write your solution here\n"
            "  test_examples.py  the examples of the statement; run them with pytest\n\n"
            "The clock runs. Next:\n\n"
            "  cd relu-backprop\n"
            "  practice grade\n"
        )
        assert history.summary("relu-backprop").started is not None

    def test_what_it_says_to_type_can_be_typed(self, practice, here):
        parent = here / "it's a $HOME & co"
        _, out, _ = practice("--problems", GOLDEN, "start", "tiny-relu", "--dir", parent)
        cd, grade = (line.strip() for line in out.splitlines()[-2:])
        shown = subprocess.run(["sh", "-c", f"{cd} && pwd"], capture_output=True, text=True, check=True).stdout
        assert shown == f"{parent}/tiny-relu\n"
        assert shlex.split(grade) == ["practice", "--problems", str(GOLDEN), "grade"]

    def test_never_overwrites(self, practice, here):
        practice("start", "relu-backprop")
        (here / "relu-backprop" / "solution.py").write_text("mine")
        status, out, err = practice("start", "relu-backprop")
        assert (status, out) == (2, "")
        assert err.startswith("error: `relu-backprop/solution.py` exists already; nothing was changed\n")
        assert (here / "relu-backprop" / "solution.py").read_text() == "mine"

    def test_a_name_that_is_no_text(self, practice, here):
        folder = here / "caf\udce9"
        status, out, _ = practice("--problems", GOLDEN, "start", "tiny-relu", "--dir", folder)
        assert status == 0
        assert r"caf\xe9/tiny-relu" in out
        assert history.last_folder("tiny-relu") == folder / "tiny-relu"

    def test_a_history_that_fails_costs_no_folder(self, practice, practice_home, here):
        (practice_home / history.FILE).mkdir()
        status, _, err = practice("start", "relu-backprop")
        assert status == 0
        assert err.startswith("warning: this is not stored: ")
        assert (here / "relu-backprop" / "solution.py").is_file()

    def test_the_examples_run_with_pytest(self, practice, here):
        practice("start", "relu-backprop")
        folder = here / "relu-backprop"
        assert self.pytest_in(folder) == 1  # the stub
        reference = CHECKOUT / "solutions" / "relu-backprop" / "reference.py"
        (folder / "solution.py").write_text(reference.read_text())
        assert self.pytest_in(folder) == 0

    def pytest_in(self, folder):
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q"], cwd=folder, capture_output=True, check=False
        ).returncode


class TestHint:
    def test_one_after_the_other(self, practice):
        shown = [practice("--problems", GOLDEN, "hint", "tiny-relu")[1] for _ in range(4)]
        assert shown[0] == "Hint 1 of 3\n\nWhere is the slope 1?\n"
        assert shown[1] == "Hint 2 of 3\n\nThe gate depends on `x` alone.\n"
        last = f"practice --problems {GOLDEN} compare tiny-relu --give-up shows the reference solution.\n"
        assert shown[2].startswith("Hint 3 of 3\n\nA mask of booleans")
        assert shown[2].endswith(f"\n\nThat was the last one. {last}")
        assert shown[3].startswith("Hint 3 of 3 (you have seen all of them)\n")
        assert history.summary("tiny-relu").hints == 3

    def test_in_a_workspace(self, practice, here, monkeypatch):
        practice("start", "relu-backprop")
        monkeypatch.chdir(here / "relu-backprop")
        assert practice("hint")[1].startswith("Hint 1 of 3\n")

    def test_a_history_that_fails_shows_the_first(self, practice, practice_home):
        (practice_home / history.FILE).mkdir()
        status, out, err = practice("hint", "relu-backprop")
        assert status == 0
        assert out.startswith("Hint 1 of 3\n")
        assert "warning: " in err

    def test_malformed(self, practice, here):
        folder = here / "problems" / "bad"
        folder.mkdir(parents=True)
        (folder / "problem.toml").write_text((GOLDEN / "problems" / "tiny-relu" / "problem.toml").read_text())
        (folder / "hints.md").write_text("## Hint 1\n\nonly one\n")
        status, _, err = practice("--problems", here, "hint", "bad")
        assert status == 2
        assert err == f"error: `{folder / 'hints.md'}` has 1 hints, expected 3\n"


class TestReset:
    @pytest.fixture
    def solution(self, practice, here, monkeypatch):
        practice("start", "relu-backprop")
        monkeypatch.chdir(here / "relu-backprop")
        Path("solution.py").write_text("mine")
        return Path("solution.py")

    def test_asks_and_keeps_a_backup(self, practice, solution, answer):
        answer("y")
        status, out, _ = practice("reset")
        assert status == 0
        assert out.startswith("Replace solution.py by the stub? A backup is kept [y/N] solution.py is the stub again;")
        backup = next(Path().glob("solution-*.py"))
        assert backup.read_text() == "mine"
        assert out.endswith(f"your file is {backup}\n")
        assert "NotImplementedError" in solution.read_text()

    @pytest.mark.parametrize("text", ["n", "", "no", "ja"])
    def test_no_is_no(self, practice, solution, answer, text):
        answer(text)
        status, out, _ = practice("reset")
        assert status == 0
        assert out.endswith("nothing was changed\n")
        assert solution.read_text() == "mine"

    def test_nobody_there(self, practice, solution, answer):
        answer(None)
        status, _, err = practice("reset")
        assert (status, err) == (2, "error: nobody is there to confirm it\n\nhint: add --yes\n")
        assert solution.read_text() == "mine"

    def test_without_asking(self, practice, solution):
        assert practice("reset", "--yes")[0] == 0
        assert "NotImplementedError" in solution.read_text()

    def test_a_missing_file_is_made(self, practice, solution):
        solution.unlink()
        assert practice("reset") == (0, "solution.py is the stub again\n", "")

    def test_nowhere(self, practice, here):
        status, _, err = practice("reset", "--yes")
        assert status == 2
        assert err.startswith("error: no problem is named, and this folder is no workspace\n")
