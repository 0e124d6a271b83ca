"""Slips of a person who types: the wrong word, a folder, two files, no answer. Each is told in one line."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from terminals import Terminal

from grader.cli import status_of

GOLDEN = Path(__file__).with_name("golden")
REFERENCE = GOLDEN / "solutions" / "tiny-relu" / "reference.py"
PRACTICE = [sys.executable, "-m", "grader.cli"]
PATIENCE_SECONDS = 100


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRACTICE_PROBLEMS", str(GOLDEN))
    return tmp_path


@pytest.fixture
def practice(capsys):
    """Run a command; gives exit status, standard output and standard error."""

    def run(*arguments):
        status = status_of([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def never_graded(monkeypatch):
    """A grade would be a mistake."""

    def fail(*_arguments, **_options):
        raise AssertionError("a worker was started")

    monkeypatch.setattr("grader.processes.Zygote.__init__", fail)


@pytest.mark.usefixtures("never_graded")
class TestFileInTheProblemsPlace:
    @pytest.mark.parametrize("command", ["grade", "watch", "compare", "reset"])
    def test_in_a_workspace(self, practice, here, monkeypatch, command):
        practice("start", "tiny-relu")
        monkeypatch.chdir(here / "tiny-relu")
        told = "error: `solution.py` names a file, not a problem\n\nhint: --file solution.py\n"
        assert practice(command, "solution.py") == (2, "", told)

    def test_elsewhere(self, practice, here):
        (here / "my notes").write_text("x")
        for name, quoted in (("solutoin.py", "solutoin.py"), ("my notes", "'my notes'")):
            told = f"error: `{name}` names a file, not a problem\n\nhint: name the problem, then --file {quoted}\n"
            assert practice("grade", name) == (2, "", told)

    def test_a_command_without_the_option(self, practice):
        told = "error: `solution.py` names a file, not a problem\n\nhint: practice list\n"
        assert practice("hint", "solution.py") == (2, "", told)

    def test_a_name_that_no_file_can_have(self, practice):
        status, _, err = practice("grade", "x" * 300)
        assert (status, err[:30]) == (2, f"error: there is no problem `{'x' * 2}")

    def test_a_misspelled_problem_is_still_told(self, practice):
        assert "did you mean `tiny-relu`?" in practice("grade", "tiny-rel")[2]


def test_a_slash_behind_the_name_is_dropped(practice):
    assert practice("start", "tiny-relu/")[0] == 0
    Path("tiny-relu/solution.py").write_bytes(REFERENCE.read_bytes())
    assert practice("show", "tiny-relu/")[1].startswith("# One ReLU")
    assert practice("hint", "tiny-relu/")[1].startswith("Hint 1 of 3\n")
    status, out, _ = practice("grade", "tiny-relu/")
    assert status == 0
    assert " since start, " in out


@pytest.mark.usefixtures("never_graded")
class TestFile:
    @pytest.mark.parametrize("command", ["grade", "watch", "compare", "reset"])
    def test_two_are_refused(self, practice, command):
        told = "error: `--file` is given more than once\n\nhint: name one file\n"
        assert practice(command, "tiny-relu", "--file", "a.py", "--file", "b.py") == (2, "", told)

    def test_what_cannot_be_read_is_told_by_who_reads_it(self, practice, monkeypatch):
        Path("x.py").write_text("")
        monkeypatch.setattr("os.access", lambda *_arguments, **_options: False)
        told = "error: `x.py` is empty\n\nhint: write the solution first\n"
        assert practice("grade", "tiny-relu", "--file", "x.py") == (2, "", told)

    @pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
    def test_unreadable(self, practice):
        Path("x.py").write_text("x = 1")
        Path("x.py").chmod(0)
        status, _, err = practice("grade", "tiny-relu", "--file", "x.py")
        assert (status, err) == (2, "error: `x.py` cannot be read: permission denied\n\nhint: name a Python file\n")

    def test_a_folder_cannot_be_watched(self, practice):
        Path("f").mkdir()
        told = "error: `f` is a folder\n\nhint: name the file in it, e.g. `f/solution.py`\n"
        assert practice("watch", "tiny-relu", "--file", "f") == (2, "", told)

    def test_nor_a_file_in_no_folder(self, practice):
        told = "error: `no/x.py` does not exist\n\nhint: there is no folder `no`: name a file\n"
        assert practice("watch", "tiny-relu", "--file", "no/x.py") == (2, "", told)

    @pytest.mark.parametrize("command", [("watch",), ("compare", "--give-up", "--html")])
    def test_a_name_that_is_too_long(self, practice, command):
        Path("x.py").write_bytes(REFERENCE.read_bytes())
        name, *options = command
        long = "x" * 300
        rest = (*options, long, "--file", "x.py") if options else ("--file", long)
        status, _, err = practice(name, "tiny-relu", *rest)
        assert status == 2
        assert ": file name too long\n" in err


def test_a_missing_file_is_waited_for_and_that_is_said():
    command = [*PRACTICE, "watch", "tiny-relu", "--file", "solutoin.py"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        doubt = "if the name is misspelled, end this and name another"
        assert process.stdout.readline() == f"`solutoin.py` does not exist: waiting for it; {doubt}\n"
        assert "Ctrl-C ends" in process.stdout.readline() + process.stdout.readline()
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 130


class TestNoAnswer:
    @pytest.fixture
    def asked(self, practice, monkeypatch):
        """A terminal on which `reset` has asked."""
        monkeypatch.setenv("TERM", "dumb")
        practice("start", "tiny-relu")
        Path("tiny-relu/solution.py").write_text("mine")
        terminal = Terminal(*PRACTICE, "reset", "tiny-relu")
        terminal.read_until(b"[y/N] ")
        return terminal

    def test_end_of_input_is_a_no(self, asked):
        asked.type(b"\x04")
        assert asked.end() == 0
        assert asked.output.replace(b"^D\b\b", b"") == b"\r\nnothing was changed\r\n"
        assert Path("tiny-relu/solution.py").read_text() == "mine"

    def test_an_interruption_is_told_on_its_own_line(self, asked):
        time.sleep(0.5)  # Python misses a signal between its question and its reading
        asked.type(b"\x03")
        assert asked.end() == 130
        assert asked.output.removeprefix(b"^C") == b"\r\ninterrupted\r\n"

    def test_nobody_there(self, practice):
        practice("start", "tiny-relu")
        done = subprocess.run(
            [*PRACTICE, "reset", "tiny-relu"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert done.stdout.endswith("[y/N] \n") or done.stdout.endswith("[y/N]\n")
        assert done.stderr == "error: nobody is there to confirm it\n\nhint: add --yes\n"
