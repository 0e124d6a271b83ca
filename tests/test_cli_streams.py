"""The command line as a process: pipes, terminals, encodings, full disks and Ctrl-C."""

import json
import os
import pty
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from terminals import Terminal

from grader.cli import progress

GOLDEN = Path(__file__).with_name("golden")
SOLUTIONS = GOLDEN / "solutions" / "tiny-relu"
WRONG = SOLUTIONS / "wrong" / "gate_by_gradient.py"
PRACTICE = [sys.executable, "-m", "grader.cli"]
GRADE = ["grade", "tiny-relu", "--file", str(WRONG), "--seed", "1"]
REFUSED = ["grade", "tiny-relu", "--file", "refused.py", "--seed", "1"]  # a grade that ends before pytest is imported
FIRST_TEST = b"Negative entries become 0"
ERASED = re.compile(r"(?:\r\x1b\[2K[^\r\n]*)*\r\x1b\[2K")
STYLE = re.compile(r"\x1b\[[0-9;]*m")
PATIENCE_SECONDS = 120
ENDLESS = "def relu(x):\n    while True:\n        pass\n\n\nrelu_grad = relu\n"
SHOW_FIRST_TITLES = """
import sys
from grader.cli import main, progress
from grader.cli.progress import StatusLine
shown = []
def test(self, title):
    shown.append((title, [name for name in ("msgspec", "numpy", "rich", "pytest") if name in sys.modules]))
StatusLine.test = test
try:
    main()
finally:
    print(shown[:2])
"""


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    """A terminal's environment, whoever runs the tests; temporary folders where they can be counted."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "PYTHONIOENCODING", "PYTHONUTF8"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "tmp").mkdir()
    (tmp_path / "refused.py").write_text("def relu(x:\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setenv("PRACTICE_PROBLEMS", str(GOLDEN))


def run(*arguments, **options):
    common = {"stdin": subprocess.DEVNULL, "capture_output": True, "check": False}
    return subprocess.run([*PRACTICE, *arguments], **{**common, **options})


def on_terminal(*arguments, columns=80):
    terminal = Terminal(*PRACTICE, *arguments, columns=columns)
    status = terminal.end()
    return status, terminal.output.decode().replace("\r\n", "\n")


class TestPipes:
    def test_the_reader_has_gone(self):
        for arguments in (
            ["list"],
            ["--help"],
            ["show", "tiny-relu"],
            REFUSED,
            [*REFUSED, "--json"],
            ["status", "--json"],
        ):
            reader, writer = os.pipe()
            os.close(reader)
            done = run(*arguments, stdout=writer, stderr=subprocess.PIPE, capture_output=False)
            os.close(writer)
            assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, b""), arguments

    def test_no_progress_and_no_codes_in_a_pipe(self):
        done = run(*GRADE)
        assert (done.returncode, done.stderr) == (1, b"")
        assert b"\x1b" not in done.stdout
        assert b"\r" not in done.stdout

    def test_colours_where_they_are_forced(self, monkeypatch):
        monkeypatch.setenv("FORCE_COLOR", "1")
        assert b"\x1b[31m" in run(*REFUSED).stdout

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
    @pytest.mark.parametrize("arguments", [["list"], ["--help"], REFUSED, [*REFUSED, "--json"]])
    def test_a_full_disk_is_one_message(self, arguments):
        with Path("/dev/full").open("wb") as full:
            done = run(*arguments, stdout=full, stderr=subprocess.PIPE, capture_output=False)
        assert done.returncode == 3
        assert done.stderr == b"error: the output cannot be written: no space left on device\n"

    @pytest.mark.parametrize("arguments", [["list"], REFUSED])
    def test_standard_output_is_closed(self, arguments):
        done = run(
            *arguments, stdout=None, stderr=subprocess.PIPE, capture_output=False, preexec_fn=lambda: os.close(1)
        )
        assert done.returncode == 3
        assert done.stderr == b"error: nothing can be written: standard output is closed\n"

    def test_standard_error_is_closed(self):
        done = run("nosuch", stdout=subprocess.PIPE, stderr=None, capture_output=False, preexec_fn=lambda: os.close(2))
        assert (done.returncode, done.stdout) == (2, b"")

    def test_the_verdict_is_stored_before_it_is_shown(self, practice_home):
        with Path("/dev/full").open("wb") as full:
            run(*REFUSED, stdout=full, stderr=subprocess.PIPE, capture_output=False)
        assert verdicts(practice_home) == ["compile error"]


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
    @pytest.mark.parametrize(
        "arguments",
        [
            ["list"],
            ["status"],
            REFUSED,
            [*REFUSED, "--json"],
            ["show", "relu-backprop"],
            ["data"],
            ["start", "tiny-relu"],
        ],
        ids=lambda arguments: arguments[0],
    )
    def test_output_fits_the_stream(self, monkeypatch, encoding, arguments):
        monkeypatch.setenv("PYTHONIOENCODING", encoding)
        done = run(*arguments)
        assert done.returncode in (0, 1)
        assert done.stderr == b""
        assert done.stdout.isascii()

    def test_errors_fit_the_stream(self, monkeypatch):
        monkeypatch.setenv("PYTHONIOENCODING", "ascii")
        done = run("show", "π\udcff·")
        assert done.returncode == 2
        assert done.stderr.startswith(b"error: there is no problem `\\u03c0\\udcff-`\n")

    def test_the_c_locale(self, monkeypatch):
        monkeypatch.setenv("LC_ALL", "C")
        done = run(*REFUSED)
        assert done.returncode == 1
        assert "✗ Compile error".encode() in done.stdout


class TestTerminal:
    def test_progress_leaves_nothing_behind(self):
        status, output = on_terminal(*GRADE)
        assert status == 1
        assert output.startswith("\r\x1b[2Kstarting\r\x1b[2Ktiny-relu: starting\r\x1b[2K")
        assert FIRST_TEST.decode() in output[: output.index("Forward")]
        left = STYLE.sub("", ERASED.sub("", output))
        assert left.startswith("Forward" + " " * 68 + "30/30\n  ✓ Negative entries become 0")
        assert not re.search(r"[\r\x1b]", left)

    def test_forty_columns(self):
        for arguments in (GRADE, ["list"], ["status"], ["show", "tiny-relu"], ["data"], ["start", "tiny-relu"], ["x"]):
            _, output = on_terminal(*arguments, columns=40)
            lines = STYLE.sub("", ERASED.sub("", output)).split("\n")
            paths_and_code = ("/", "->")
            wide = [line for line in lines if len(line) > 40 and not any(part in line for part in paths_and_code)]
            assert wide == []
            assert [line for line in lines if line != line.rstrip()] == []

    def test_a_dumb_terminal_gets_no_codes(self, monkeypatch):
        monkeypatch.setenv("TERM", "dumb")
        status, output = on_terminal(*REFUSED)
        assert status == 1
        assert "\x1b" not in output
        assert output.startswith("✗ SyntaxError: ")

    def test_errors_clear_the_line(self):
        status, output = on_terminal("grade", "tiny-relu", "--file", "nothere.py")
        assert status == 2
        assert ERASED.sub("", output).startswith("error: `nothere.py` does not exist\n\nhint: ")

    def test_something_shows_before_anything_heavy_is_imported(self):
        done = subprocess.run(
            [sys.executable, "-c", SHOW_FIRST_TITLES, *REFUSED], capture_output=True, text=True, check=False
        )
        assert done.stdout.splitlines()[-1] == "[('starting', []), ('tiny-relu: starting', ['msgspec'])]"

    def test_ctrl_c(self, practice_home, tmp_path):
        (tmp_path / "endless.py").write_text(ENDLESS)
        terminal = Terminal(*PRACTICE, "grade", "tiny-relu", "--file", "endless.py")
        before = terminal.read_until(FIRST_TEST)
        terminal.type(b"\x03")
        assert terminal.end() == 130
        shown = before + FIRST_TEST.decode() + terminal.output.decode().replace("\r\n", "\n")
        assert ERASED.sub("", shown).replace("^C", "") == "interrupted\n"
        assert verdicts(practice_home) == ["interrupted"]


class TestStatusLine:
    @pytest.fixture
    def line(self, monkeypatch):
        class Stream(list):
            encoding = "utf-8"
            write = list.append

            def isatty(self):
                return True

            def flush(self):
                pass

        stream = Stream()
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("COLUMNS", "20")
        return progress.StatusLine(), stream

    def test_what_a_submission_says_is_made_safe(self, line):
        status, stream = line
        status.line("\x1b[2J\r\nloss \x07 1")
        assert stream == [progress.CLEAR + r"\x1b[2J loss \x07 1"]

    def test_is_no_wider_than_the_terminal(self, line):
        status, stream = line
        status.test("x" * 100)
        status.test("漢" * 100)
        assert stream == [progress.CLEAR + "x" * 18 + "…", progress.CLEAR + "漢" * 9 + "…"]

    def test_a_submission_may_not_flood_it(self, line):
        status, stream = line
        for number in range(1000):
            status.line(str(number))
        assert len(stream) < 1000

    def test_each_test_is_shown_at_once(self, line):
        status, stream = line
        status.test("one")
        status.test("two")
        assert [text.removeprefix(progress.CLEAR) for text in stream] == ["one", "two"]

    def test_in_ascii(self, line):
        status, stream = line
        stream.encoding = "ascii"
        status.test("a → b")
        assert stream[0].isascii()


def verdicts(home):
    with sqlite3.connect(home / "history.sqlite3") as db:
        found = [row[0] for row in db.execute("SELECT verdict FROM attempts ORDER BY id")]
    db.close()
    return found


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def computes(pid):
    """Whether a worker, the child of a child of the zygote, is in the endless loop."""
    try:
        below = psutil.Process(pid).children(recursive=True)
        ours = [each for each in below if "grader.sandbox.zygote" in each.cmdline() and each.name() != "bwrap"]
        parents = {each.pid: each.ppid() for each in ours}
        return any(parents.get(each.ppid()) in parents and each.cpu_times().user > 0.1 for each in ours)
    except psutil.NoSuchProcess:
        return False


class TestInterruption:
    """Ctrl-C, `kill` and a closed terminal: exit status 130, the attempt kept, nobody left behind."""

    @pytest.fixture
    def grading(self, tmp_path):
        """Start a grade that never ends; gives the process and its children once the submission computes."""
        (tmp_path / "endless.py").write_text(ENDLESS)
        started = []

        def start(*more):
            reader, writer = pty.openpty()  # progress shows on a terminal only, and tells how far it is
            process = subprocess.Popen(
                [*PRACTICE, "grade", "tiny-relu", "--file", "endless.py", *more], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=writer, start_new_session=True,
            )  # fmt: skip
            os.close(writer)
            started.append((process, reader))
            seen = b""
            while FIRST_TEST not in seen:
                seen += os.read(reader, 1 << 16)
            wait_until(lambda: computes(process.pid))
            return process, psutil.Process(process.pid).children(recursive=True)

        yield start
        for process, reader in started:
            process.kill()
            process.wait()
            process.stdout.close()
            os.close(reader)

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_ends_everything_and_keeps_the_attempt(self, grading, practice_home, tmp_path, number):
        process, others = grading()
        process.send_signal(number)
        out, _ = process.communicate()
        assert (process.returncode, out) == (130, b"")
        wait_until(lambda: not any(other.is_running() and other.status() != "zombie" for other in others))
        assert verdicts(practice_home) == ["interrupted"]
        assert list((tmp_path / "tmp").iterdir()) == []

    def test_json(self, grading):
        process, _ = grading("--json")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate()
        assert process.returncode == 130
        assert json.loads(out) == {
            "schema_version": 1, "error": {"kind": "interrupted", "message": "interrupted", "hint": ""},
        }  # fmt: skip

    def test_impatience_does_not_stop_the_tidying_up(self, grading, practice_home, tmp_path):
        process, others = grading()
        while process.poll() is None:
            process.send_signal(signal.SIGINT)
            time.sleep(0.005)
        assert process.returncode == 130
        wait_until(lambda: not any(other.is_running() and other.status() != "zombie" for other in others))
        assert verdicts(practice_home) == ["interrupted"]
        assert list((tmp_path / "tmp").iterdir()) == []

    def test_a_signal_that_is_ignored_stays_ignored(self):
        """`nohup practice grade`."""
        script = (
            "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
            "from grader.cli import interrupts; interrupts.install()\n"
            "assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN\n"
            "assert signal.getsignal(signal.SIGINT) is interrupts._interrupt"
        )
        subprocess.run([sys.executable, "-c", script], check=True)

    def test_storing_is_not_interrupted(self):
        script = (
            "import os, signal\nfrom grader.cli import interrupts\ninterrupts.install()\n"
            "try:\n"
            "    with interrupts.held():\n"
            "        os.kill(os.getpid(), signal.SIGINT)\n"
            "        print('stored')\n"
            "except KeyboardInterrupt:\n"
            "    print('interrupted')\n"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        assert done.stdout == "stored\ninterrupted\n"

    def test_two_grades_at_once(self, practice_home):
        processes = [subprocess.Popen([*PRACTICE, *REFUSED], stdout=subprocess.DEVNULL) for _ in range(2)]
        assert [process.wait() for process in processes] == [1, 1]
        assert verdicts(practice_home) == ["compile error", "compile error"]
