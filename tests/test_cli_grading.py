"""`grade`, `compare` and `verify` as they are typed, on a problem that takes an instant."""

import json
import re
from pathlib import Path

import pytest

from grader import history, judge
from grader.cli import status_of
from grader.errors import GraderError
from grader.processes import Zygote

GOLDEN = Path(__file__).with_name("golden")
SOLUTIONS = GOLDEN / "solutions" / "tiny-relu"
REFERENCE = SOLUTIONS / "reference.py"
WRONG = SOLUTIONS / "wrong" / "gate_by_gradient.py"


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


@pytest.fixture
def graded_in(monkeypatch):
    """In the place of the judge: raises what it is given."""

    def install(error):
        def grade(*_arguments, **_options):
            raise error

        monkeypatch.setattr(judge, "grade", grade)

    return install


@pytest.fixture
def unending(monkeypatch):
    """A zygote that ends, and says that it does not."""
    close = Zygote.close

    def fail(zygote):
        close(zygote)
        raise GraderError("the zygote does not end")

    monkeypatch.setattr(Zygote, "close", fail)


def attempts():
    return history._run(lambda db: db.execute("SELECT verdict, file, source, partial FROM attempts").fetchall())


class TestGrade:
    def test_a_wrong_answer(self, practice):
        status, out, err = practice("grade", "tiny-relu", "--file", WRONG, "--seed", "7")
        assert (status, err) == (1, "")
        assert "      note: the gate opens by the sign of grad_out\n" in out
        assert re.search(r"\n✗ Wrong answer · 40/100 points · 2 of 5 tests · [0-9.]+ s\n", out)
        assert f"\n{WRONG} · seed 7 · sandbox: " in out
        assert out.endswith("\n\nStuck? practice hint tiny-relu  (0 of 3 shown)\n")
        assert [line for line in out.splitlines() if line != line.rstrip()] == []
        assert attempts() == [("wrong answer", str(WRONG), WRONG.read_bytes(), 0)]

    def test_a_pass_in_a_workspace(self, practice, here, monkeypatch):
        practice("start", "tiny-relu")
        monkeypatch.chdir(here / "tiny-relu")
        Path("solution.py").write_bytes(REFERENCE.read_bytes())
        status, out, _ = practice("grade")
        assert status == 0
        assert "\n✓ Passed · 100/100 points · 5 of 5 tests · " in out
        assert re.search(r"\n\d min since start, an interview gives 5 min · seed ", out)
        assert out.endswith("\n\nBeside the reference solution: practice compare tiny-relu\n")

    def test_stops_at_the_first_failure(self, practice):
        status, out, _ = practice("grade", "tiny-relu", "--file", WRONG, "--fail-fast")
        assert status == 1
        assert "points" not in out
        assert re.search(r"\n✗ Wrong answer · \d of \d tests · [0-9.]+ s · stopped at the first failure\n", out)
        assert history.summary("tiny-relu").best is None
        status, out, _ = practice("grade", "tiny-relu", "--file", REFERENCE, "--fail-fast")
        assert status == 0
        assert "✓ Passed · 100/100 points · 5 of 5 tests" in out
        assert history.summary("tiny-relu").best == 100

    def test_what_failed_last_time_comes_first(self, practice):
        def ids(*more):
            out = practice("grade", "tiny-relu", "--file", WRONG, "--json", *more)[1]
            return [(test["id"], test["outcome"]) for test in json.loads(out)["tests"]]

        everything = ids()
        assert everything[0][1] == "passed"
        failed = [name for name, outcome in everything if outcome != "passed"]
        assert ids("--fail-fast") == [(failed[0], "wrong answer")]

    def test_a_file_elsewhere_is_graded_for_the_workspace_here(self, practice, here, monkeypatch):
        practice("start", "tiny-relu")
        monkeypatch.chdir(here / "tiny-relu")
        file = (here / "mine.py").absolute()
        file.write_bytes(REFERENCE.read_bytes())
        status, out, err = practice("grade", "--file", file)
        assert (status, err) == (0, "")
        assert "Passed" in out

    def test_a_file_in_a_workspace_is_graded_for_its_own(self, practice, here, monkeypatch):
        practice("start", "tiny-relu")
        practice("start", "relu-backprop")
        monkeypatch.chdir(here / "relu-backprop")
        out = practice("grade", "--file", Path("..") / "tiny-relu" / "solution.py", "--json")[1]
        assert json.loads(out)["problem"] == "tiny-relu"

    @pytest.mark.parametrize("place", ["elsewhere", "in a workspace"])
    def test_a_current_folder_that_is_gone(self, practice, here, monkeypatch, place):
        practice("start", "tiny-relu")
        (here / "gone").mkdir()
        monkeypatch.chdir(here / "gone")
        (here / "gone").rmdir()
        file = REFERENCE if place == "elsewhere" else here / "tiny-relu" / "solution.py"
        status, out, err = practice("grade", "tiny-relu", "--file", file)
        assert (status, out) == (2, "")
        assert err == "error: the current folder does not exist any more\n\nhint: cd into another\n"

    def test_what_comes_after_the_last_hint(self, practice):
        history.record_hint("tiny-relu", 3)
        _, out, _ = practice("grade", "tiny-relu", "--file", WRONG, "-k", "test_gate")
        command = f"practice compare tiny-relu --give-up --file {WRONG}"
        assert out.endswith(f"\nStuck? {command} shows the reference solution\n")

    def test_a_part(self, practice):
        status, out, _ = practice("grade", "tiny-relu", "--file", REFERENCE, "-k", "Forward")
        assert status == 0
        assert "✓ Passed · 30/30 points · 1 of 1 tests" in out
        assert out.endswith(f"\nAll tests: practice grade tiny-relu --file {REFERENCE}\n")
        assert not history.summary("tiny-relu").passed

    def test_no_test_matches(self, practice):
        status, out, err = practice("grade", "tiny-relu", "--file", REFERENCE, "-k", "nothing")
        assert (status, out) == (2, "")
        assert err.startswith("error: no hidden test of `tiny-relu` matches `-k nothing`\n")

    def test_a_seed_repeats_a_grade(self, practice):
        first, second = (
            json.loads(practice("grade", "tiny-relu", "--file", WRONG, "--seed", "3", "--json")[1]) for _ in range(2)
        )
        same = ("seed", "verdict", "score", "groups")
        assert [first[key] for key in same] == [second[key] for key in same]
        assert [test["failure"] for test in first["tests"]] == [test["failure"] for test in second["tests"]]

    def test_all(self, practice):
        everything_wrong = SOLUTIONS / "wrong" / "everything.py"
        assert "--all" not in practice("grade", "tiny-relu", "--file", everything_wrong, "--all")[1]

    def test_all_that_was_printed(self, practice):
        Path("x.py").write_text("for number in range(40):\n    print('line', number)\n")
        assert "\n  … 34 more lines: --all shows them\n" in practice("grade", "tiny-relu", "--file", "x.py")[1]
        out = practice("grade", "tiny-relu", "--file", "x.py", "--all")[1]
        assert "\n  line 39\n" in out
        assert "more lines" not in out

    def test_json(self, practice):
        status, out, err = practice("grade", "tiny-relu", "--file", WRONG, "--json")
        data = json.loads(out)
        assert (status, err, data["schema_version"], data["verdict"]) == (1, "", 1, "wrong answer")
        assert (data["minutes"], data["minutes_since_start"]) == (5, None)

    def test_rude_names(self, practice, here):
        name = "[red]\x1b[2J\n:smile:.py"
        (here / name).write_bytes(WRONG.read_bytes())
        _, out, _ = practice("grade", "tiny-relu", "--file", name, "-k", "gate")
        assert r"[red]\x1b[2J\n:smile:.py" in out
        assert "\x1b" not in out
        history.record_hint("tiny-relu", 3)
        _, out, _ = practice("grade", "tiny-relu", "--file", name, "-k", "gate")
        assert r"--file '[red]\x1b[2J\n:smile:.py' shows" in out

    def test_a_history_that_fails_costs_no_verdict(self, practice, practice_home):
        (practice_home / history.FILE).mkdir()
        status, out, err = practice("grade", "tiny-relu", "--file", WRONG, "--json")
        assert status == 1
        assert json.loads(out)["verdict"] == "wrong answer"
        assert err.startswith("warning: this is not stored: the history in ")

    @pytest.mark.parametrize(
        ("error", "status", "verdict", "told"),
        [
            (KeyboardInterrupt(), 130, "interrupted", "interrupted\n"),
            (GraderError("the suite is broken", "report it"), 3, "grader failed", "error: the suite is broken\n"),
            (ZeroDivisionError("oops"), 3, "grader failed", "error: the grader failed: ZeroDivisionError: oops\n"),
        ],
    )
    def test_an_attempt_without_a_verdict_is_kept(
        self, practice, graded_in, monkeypatch, tmp_path, error, status, verdict, told
    ):
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        graded_in(error)
        got, out, err = practice("grade", "tiny-relu", "--file", WRONG)
        assert (got, out) == (status, "")
        assert err.startswith(told)
        assert attempts() == [(verdict, str(WRONG), WRONG.read_bytes(), 0)]
        got, out, err = practice("grade", "tiny-relu", "--file", WRONG, "--json")
        assert (got, err) == (status, "")
        assert json.loads(out)["error"]["kind"] in ("interrupted", "grader")

    def test_a_defect_of_ours_is_one_message_and_a_file(self, practice, graded_in, monkeypatch, tmp_path):
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        graded_in(ZeroDivisionError("oops\n  \x1b[2J"))
        status, out, err = practice("grade", "tiny-relu", "--file", WRONG)
        assert (status, out) == (3, "")
        match = re.fullmatch(
            r"error: the grader failed: ZeroDivisionError: oops \\x1b\[2J\n\nhint: please report it with `(.+)`\n", err
        )
        assert "ZeroDivisionError" in Path(match[1]).read_text()

    def test_a_zygote_that_does_not_end_is_one_message_behind_the_report(self, practice, unending):
        status, out, err = practice("grade", "tiny-relu", "--file", WRONG)
        assert (status, err) == (3, "error: the zygote does not end\n")
        assert "Wrong answer" in out

    def test_a_zygote_that_does_not_end_is_the_one_object(self, practice, unending):
        status, out, err = practice("grade", "tiny-relu", "--file", WRONG, "--json")
        assert (status, err) == (3, "")
        assert json.loads(out)["error"]["message"] == "the zygote does not end"


@pytest.mark.usefixtures("never_graded")
class TestRefused:
    """Refused before any worker starts."""

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "`x.py` is empty"),
            (b"x = 1\0", "`x.py` is no text: it contains NUL bytes"),
            (b"\xff\xfex\0", "`x.py` is encoded in UTF-16"),
            (b'{"cells": [], "nbformat": 4}', "`x.py` is a notebook"),
            (b"#" * (2 << 20), "`x.py` is larger than 1 MiB"),
        ],
    )
    def test_content(self, practice, here, content, message):
        (here / "x.py").write_bytes(content)
        self.check(practice("grade", "tiny-relu", "--file", "x.py"), message)
        self.check_json(practice("grade", "tiny-relu", "--file", "x.py", "--json"), message)

    def test_what_is_no_file(self, practice, here):
        (here / "folder").mkdir()
        (here / "link").symlink_to("nothing")
        for name, message in (
            ("folder", "`folder` is a folder"), ("link", "`link` does not exist"), ("", "`.` is a folder"),
            ("/dev/null", "`/dev/null` is no regular file"), ("x\x1b.py", r"`x\x1b.py` does not exist"),
        ):  # fmt: skip
            self.check(practice("grade", "tiny-relu", "--file", name), message)

    def test_nothing_named_nowhere(self, practice):
        self.check(practice("grade"), "no problem is named, and this folder is no workspace")
        self.check(practice("grade", "tiny-relu"), "there is no solution of `tiny-relu` to grade yet")

    def test_a_workspace_without_its_file(self, practice, here, monkeypatch):
        practice("start", "tiny-relu")
        monkeypatch.chdir(here / "tiny-relu")
        Path("solution.py").unlink()
        status, _, err = practice("grade")
        assert (status, err) == (
            2, "error: `solution.py` does not exist\n\nhint: practice reset tiny-relu puts the stub there\n"
        )  # fmt: skip

    @pytest.mark.parametrize("seed", ["-1", "x", "99999999999"])
    def test_seeds(self, practice, seed):
        status, _, err = practice("grade", "tiny-relu", "--file", WRONG, "--seed", seed)
        assert status == 2
        assert err.startswith("error: invalid value for `--seed`: ")

    def check(self, result, message):
        status, out, err = result
        assert (status, out) == (2, "")
        assert err.startswith(f"error: {message}\n\nhint: ")
        assert err.count("\n") == 3

    def check_json(self, result, message):
        status, out, err = result
        assert (status, err) == (2, "")
        assert json.loads(out)["error"]["message"] == message


class TestCompare:
    def test_after_a_pass_only(self, practice):
        status, out, err = practice("compare", "tiny-relu", "--file", WRONG)
        assert (status, out) == (2, "")
        hint = f"practice grade tiny-relu --file {WRONG}, or add --give-up to see the reference solution now"
        assert err == f"error: `tiny-relu` has not been passed yet\n\nhint: {hint}\n"
        assert history.summaries() == {}

    def test_giving_up_is_remembered(self, practice):
        status, out, _ = practice("compare", "tiny-relu", "--file", WRONG, "--give-up")
        assert status == 0
        assert re.match(r" +yours  reference\nverdict  +wrong answer     passed\nscore +40/100    100/100\n", out)
        assert "\n- only in yours   + only in the reference solution\n" in out
        assert "\n-     return grad_out * (grad_out > 0)\n+     return grad_out * (x > 0)\n" in out
        assert "\n  def relu(x):\n" in out
        assert out.endswith("\n\nWhat an interviewer asks next: practice show tiny-relu --followups\n")
        assert [line for line in out.splitlines() if line != line.rstrip()] == []
        assert history.summary("tiny-relu").gave_up

    def test_json(self, practice):
        history.record_attempt("tiny-relu", "passed", 100, 100, False, 1, "x", b"x", "{}")
        status, out, err = practice("compare", "tiny-relu", "--file", REFERENCE, "--json", "--seed", "5")
        data = json.loads(out)
        assert (status, err) == (0, "")
        assert data["yours"]["seed"] == data["reference"]["seed"] == 5
        assert 6 <= data["rounds"] == len(data["time_ratios"])
        low, high = data["time_interval"]
        assert 0 < low <= data["time_ratio"] <= high
        assert data["functions"].keys() == {"relu", "relu_grad"}
        assert data["seeds"] == 1

    def test_files_to_look_at(self, practice, tmp_path):
        page, drawing = tmp_path / "a.html", tmp_path / "a.svg"
        command = ("compare", "tiny-relu", "--file", WRONG, "--give-up", "--html", str(page), "--plot", str(drawing))
        status, out, err = practice(*command)
        assert status == 0
        assert "verdict" in out
        assert "grad_out * (grad_out " in re.sub(r"<[^>]*>", "", page.read_text(encoding="utf-8"))
        assert err == f"warning: `tiny-relu` has no curves: {drawing} is not written\n"
        assert not drawing.exists()

    @pytest.mark.parametrize(
        ("options", "message", "hint"),
        [
            (("--plot", "a.png"), "`a.png` is no SVG file", "\n\nhint: --plot a.svg"),
            (("--html", "no/a.html"), "`no/a.html` cannot be written: there is no such folder, or it is one", ""),
            (("--html", "."), "`.` cannot be written: there is no such folder, or it is one", ""),
        ],
    )
    def test_files_that_cannot_be_written(self, practice, options, message, hint):
        status, out, err = practice("compare", "tiny-relu", "--file", WRONG, "--give-up", *options)
        assert (status, out, err) == (2, "", f"error: {message}{hint}\n")

    def test_a_history_that_fails(self, practice, practice_home, monkeypatch):
        (practice_home / history.FILE).mkdir()
        assert practice("compare", "tiny-relu", "--file", WRONG)[0] == 3

        def interrupted(*_arguments, **_options):
            raise KeyboardInterrupt

        monkeypatch.setattr("grader.compare.compare", interrupted)
        status, _, err = practice("compare", "tiny-relu", "--file", WRONG, "--give-up")
        assert status == 130
        assert err.startswith("warning: this is not stored: ")


class TestVerify:
    def test_the_problem_of_these_tests_is_proved(self, practice):
        status, out, _ = practice("verify", "tiny-relu", "--seed", "1")
        assert status == 0, out
        assert out.startswith("tiny-relu\n  ✓ reference.py: passed · ")
        assert out.endswith("\n  17 of 17 grades as promised, seed 1\n")

    def test_what_is_missing_is_named_and_nothing_is_graded(self, practice, here, never_graded):
        folder = here / "problems" / "bare"
        folder.mkdir(parents=True)
        (folder / "problem.toml").write_text((GOLDEN / "problems" / "tiny-relu" / "problem.toml").read_text())
        status, out, _ = practice("--problems", here, "verify", "bare")
        assert status == 1
        assert "  ✗ `problems/bare/stub.py` is missing\n" in out


def test_wrong_expression(practice):
    status, out, err = practice("grade", "tiny-relu", "--file", REFERENCE, "-k", "foo(")
    assert err.startswith("error: `-k foo(` is no expression\n")
    assert (status, out) == (2, "")
