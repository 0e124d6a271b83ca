"""`practice watch` on a terminal and in a pipe: every save is graded, keys work, and the terminal is left as it was."""

import json
import os
import re
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from terminals import Terminal

from grader import history

GOLDEN = Path(__file__).with_name("golden")
SOLUTIONS = GOLDEN / "solutions" / "tiny-relu"
RIGHT = (SOLUTIONS / "reference.py").read_bytes()
WRONG = (SOLUTIONS / "wrong" / "gate_by_gradient.py").read_bytes()
PRACTICE = [sys.executable, "-m", "grader.cli"]
CLEAR = "\x1b[H\x1b[2J"
FOOT = b"q quit\r\n"
PATIENCE_SECONDS = 100


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "PYTHONIOENCODING", "PYTHONUTF8"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("PRACTICE_PROBLEMS", str(GOLDEN))


@pytest.fixture
def file(tmp_path):
    """A workspace's solution, still the stub."""
    subprocess.run([*PRACTICE, "start", "tiny-relu"], check=True, capture_output=True)
    return tmp_path / "tiny-relu" / "solution.py"


@pytest.fixture
def watched(file):
    """The solution, and a terminal that watches it and shows the stub's report."""
    terminal = Terminal(*PRACTICE, "watch", "tiny-relu")
    assert "✗ Runtime error" in terminal.read_until(FOOT)
    return file, terminal


def attempts():
    done = subprocess.run([*PRACTICE, "status", "--json"], check=True, capture_output=True)
    return next(each["attempts"] for each in json.loads(done.stdout)["problems"] if each["slug"] == "tiny-relu")


def verdicts():
    return history._run(lambda db: db.execute("SELECT verdict FROM attempts ORDER BY rowid").fetchall())


def quit_of(terminal):
    terminal.type(b"q")
    return terminal.end()


class TestSaves:
    def test_each_save_is_graded_and_kept(self, watched):
        file, terminal = watched
        file.write_bytes(RIGHT)
        shown = terminal.read_until(FOOT)
        assert CLEAR in shown
        assert "✓ Passed · 100/100 points" in shown
        assert "watching tiny-relu/solution.py" in shown
        file.write_bytes(WRONG)
        assert "✗ Wrong answer" in terminal.read_until(FOOT)
        assert quit_of(terminal) == 0
        assert attempts() == 3

    def test_an_editor_that_writes_by_rename(self, watched):
        file, terminal = watched
        draft = file.with_name(".solution.py.swp")
        for source, verdict in ((RIGHT, "✓ Passed"), (WRONG, "✗ Wrong answer")):
            draft.write_bytes(source)
            draft.replace(file)
            assert verdict in terminal.read_until(FOOT)
        assert quit_of(terminal) == 0

    def test_a_file_that_is_missing_for_a_moment(self, watched):
        file, terminal = watched
        file.unlink()
        time.sleep(0.2)
        file.write_bytes(RIGHT)
        shown = terminal.read_until(FOOT)
        assert "does not exist" not in shown
        assert "✓ Passed" in shown
        assert quit_of(terminal) == 0

    def test_a_file_that_is_gone_and_comes_back(self, watched):
        file, terminal = watched
        stub = file.read_bytes()
        file.unlink()
        assert "`tiny-relu/solution.py` does not exist: waiting for it" in terminal.read_until(FOOT)
        terminal.type(b"r")
        assert "error: there is nothing to grade" in terminal.read_until(FOOT)
        file.write_bytes(stub)
        assert "✗ Runtime error" in terminal.read_until(FOOT)
        assert quit_of(terminal) == 0

    def test_in_the_middle_of_typing(self, watched):
        file, terminal = watched
        file.write_text("def relu(x:\n")
        assert "✗ Compile error" in terminal.read_until(FOOT)
        file.write_bytes(b"\0")
        assert "waiting for it" in terminal.read_until(FOOT)
        file.write_bytes(RIGHT)
        assert "✓ Passed" in terminal.read_until(FOOT)
        assert quit_of(terminal) == 0

    def test_what_is_saved_as_it_was_is_not_graded_again(self, watched):
        file, terminal = watched
        file.write_bytes(file.read_bytes())
        time.sleep(1.5)
        assert quit_of(terminal) == 0
        assert "error" not in terminal.output.decode()
        assert attempts() == 1


class TestKeys:
    def test_hint_all_and_again(self, watched):
        _, terminal = watched
        terminal.type(b"h")
        assert "Hint 1 of 3" in terminal.read_until(FOOT)
        terminal.type(b"a")
        assert "✗ Runtime error" in terminal.read_until(FOOT)
        terminal.type(b"\x1b[A")  # an arrow: no `a`, though it ends in one
        time.sleep(0.5)
        terminal.type(b"r")
        shown = terminal.read_until(FOOT)
        assert shown.count("Runtime error") == 1
        assert "seed" in shown
        assert quit_of(terminal) == 0
        assert attempts() == 2

    def test_quit_stops_a_grade(self, watched):
        file, terminal = watched
        file.write_text("def relu(x):\n    while True:\n        pass\n\n\nrelu_grad = relu\n")
        terminal.read_until(b"Negative entries")
        assert quit_of(terminal) == 0
        assert "Traceback" not in terminal.output.decode()
        assert [verdict for (verdict,) in verdicts()] == ["runtime error", "interrupted"]

    def test_two_keys_that_come_together(self, watched):
        _, terminal = watched
        terminal.type(b"hq")
        assert terminal.end() == 0
        assert "Hint 1 of 3" in terminal.output.decode()

    def test_compare_is_for_who_has_passed(self, watched):
        file, terminal = watched
        terminal.type(b"c")
        assert "error: `tiny-relu` has not been passed yet" in terminal.read_until(FOOT)
        file.write_bytes(RIGHT)
        terminal.read_until(FOOT)
        terminal.type(b"c")
        assert "reference" in terminal.read_until(FOOT)
        assert quit_of(terminal) == 0

    def test_narrow(self, file):
        terminal = Terminal(*PRACTICE, "watch", "tiny-relu", columns=40)
        shown = re.sub(r"\x1b\[[0-9;]*[A-Za-z]|.*\r(?!\n)", "", terminal.read_until(b"quit\r\n"))
        assert max(map(len, shown.split("\n"))) <= 40
        assert quit_of(terminal) == 0

    @pytest.mark.parametrize("way", ["q", "interrupt"])
    def test_the_terminal_is_as_before(self, watched, way):
        _, terminal = watched
        during = terminal.mode()
        assert not during[3] & termios.ICANON
        if way == "q":
            terminal.type(b"q")
            assert terminal.wait() == 0
        else:
            os.kill(terminal.pid, signal.SIGINT)
            assert terminal.wait() == 130
        assert terminal.mode()[3] & termios.ICANON
        assert terminal.mode()[3] & termios.ECHO


class TestPipe:
    def test_without_a_terminal(self, file):
        command = [*PRACTICE, "watch", "tiny-relu", "--seed", "7"]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
            lines = iter(process.stdout.readline, "")
            assert any("Ctrl-C ends" in line for line in lines)
            file.write_bytes(RIGHT)
            shown = []
            for line in lines:
                shown.append(line)
                if "Ctrl-C ends" in line:
                    break
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_SECONDS) == 130
        assert "\x1b" not in "".join(shown)
        assert any("✓ Passed" in line for line in shown)
        assert any("seed 7" in line for line in shown)

    def test_nothing_to_watch(self):
        done = subprocess.run([*PRACTICE, "watch"], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert "no problem is named" in done.stderr
