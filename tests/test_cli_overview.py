"""`list`, `status`, `show`, `data`, `doctor` and the help: what a person reads before and after the work."""

import datetime
import json
import re
from pathlib import Path

import click
import pytest

from grader import __version__, history
from grader.cli import machine, overview, status_of
from grader.cli.app import COMMANDS
from grader.cli.app import practice as practice_group
from grader.cli.talk import ago, duration, quoted, typed
from grader.report.statement import statement_lines

GOLDEN = Path(__file__).with_name("golden")
SCREENS = GOLDEN / "screens"


@pytest.fixture
def practice(capsys):
    """Run a command; gives exit status, standard output and standard error."""

    def run(*arguments):
        status = status_of([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def terminal(monkeypatch):
    """Standard output as a terminal of a width, for what looks at the width only."""

    def set_width(width):
        monkeypatch.setenv("TERM", "dumb")
        for module in ("overview.columns", "app.columns"):
            monkeypatch.setattr(f"grader.cli.{module}", lambda _stream: width)
        monkeypatch.setattr("grader.report.plain.columns", lambda _stream: width)
        monkeypatch.setattr("grader.report.statement.columns", lambda _stream: width)

    return set_width


def attempt(verdict="wrong answer", score=50.0, problem="relu-backprop"):
    history.record_attempt(problem, verdict, score, 100, False, 1, "solution.py", b"x = 1", "{}")


def is_tidy(text, width=80):
    return all(line == line.rstrip() and len(line) <= width for line in text.splitlines())


class TestPrerequisites:
    def test_those_that_are_not_passed_are_named(self, practice):
        def first(slug):
            lines = practice("list")[1].splitlines()
            place = next(i for i, line in enumerate(lines) if line.startswith(f"  {slug} "))
            return lines[place + 2].strip()

        both = "first: relu-backprop, losses-and-likelihoods"
        assert first("dropout-l1-l2") == both
        attempt("passed", 100.0, "relu-backprop")
        assert first("dropout-l1-l2") == "first: losses-and-likelihoods"
        attempt("passed", 100.0, "dropout-l1-l2")
        assert not first("dropout-l1-l2").startswith("first")
        assert first("spot-the-wrong-numbers") == "first: activations-stable"


class TestHelp:
    def test_names_every_command(self, practice):
        status, out, err = practice("--help")
        assert (status, err) == (0, "")
        assert [name for name in COMMANDS if f"\n  {name} " not in out] == []
        assert "..." not in out.partition("Commands:")[2]
        assert is_tidy(out)

    @pytest.mark.parametrize("name", COMMANDS)
    def test_says_of_each_what_it_says_itself(self, practice, name):
        command = practice_group.get_command(click.Context(practice_group), name)
        assert command.help.partition("\n")[0] == COMMANDS[name][1]

    def test_without_a_command(self, practice):
        assert practice() == practice("--help") == practice("-h")

    @pytest.mark.parametrize("width", [80, 40])
    @pytest.mark.parametrize("command", ["", *COMMANDS])
    def test_fits_the_terminal(self, practice, terminal, width, command):
        terminal(width)
        status, out, _ = practice(*command.split(), "--help")
        assert status == 0
        assert is_tidy(out, width), out

    def test_version(self, practice):
        assert practice("--version") == (0, f"practice, version {__version__}\n", "")

    @pytest.mark.parametrize(
        ("arguments", "message", "hint"),
        [
            (["grad"], "there is no command `grad`", "did you mean `practice grade`?"),
            (["zzz"], "there is no command `zzz`", "practice --help"),
            (["--nosuch"], "no such option `--nosuch`", "practice --help"),
            (["list", "--nosuch"], "no such option `--nosuch`", "practice list --help"),
            (["start"], "missing argument `SLUG`", "practice start --help"),
            (["show", "a", "b"], "got unexpected extra argument (b)", "practice show --help"),
            (["list", "--track", "nosuch"], "there is no track `nosuch`", "one of "),
            (["show", "relu-backprp"], "there is no problem `relu-backprp`", "did you mean `relu-backprop`?"),
            (["show", "\x1b[2J"], r"there is no problem `\x1b[2J`", "practice list"),
            (["show"], "no problem is named, and this folder is no workspace", "practice list"),
            (["data", "nosuch"], "there is no data set `nosuch`", "one of cifar-10, digits, fashion-mnist"),
        ],
    )
    def test_a_wrong_command_is_one_message(self, practice, tmp_path, monkeypatch, arguments, message, hint):
        monkeypatch.chdir(tmp_path)
        status, out, err = practice(*arguments)
        assert (status, out) == (2, "")
        assert err.replace(": --nosuch", " `--nosuch`").startswith(f"error: {message}\n\nhint: {hint}")
        assert err.count("\n") == 3

    @pytest.mark.parametrize("arguments", [["zzz"], ["list", "--nosuch"], ["grade", "nosuch"], ["start"]])
    def test_an_error_is_json_where_json_was_asked_for(self, practice, arguments):
        status, out, err = practice(*arguments, "--json")
        data = json.loads(out)
        assert (status, err) == (2, "")
        assert data["schema_version"] == 1
        assert data["error"].keys() == {"kind", "message", "hint"}
        assert data["error"]["kind"] == "usage"


class TestList:
    def test_in_learning_order_with_scores(self, practice):
        attempt(score=55.3)
        attempt("passed", 100, "activations-stable")
        status, out, err = practice("list")
        assert (status, err) == (0, "")
        assert re.search(r"^  activations-stable +easy +20 min  ✓ passed\n    Stable activations", out, re.MULTILINE)
        assert re.search(r"^  relu-backprop +medium +35 min  best 55.3\n", out, re.MULTILINE)
        assert out.index("activations-stable") < out.index("relu-backprop")
        assert out.endswith("\npractice start SLUG makes a folder to work in.\n")
        assert is_tidy(out)

    def test_narrow(self, practice, terminal):
        terminal(40)
        attempt(score=55.3)
        _, out, _ = practice("list")
        assert (
            "  relu-backprop\n    Two-layer ReLU network, forward and\n    backward\n    medium · 35 min · best 55.3\n"
        ) in out
        assert is_tidy(out, 40)

    def test_one_track(self, practice):
        _, out, _ = practice("list", "--track", "foundations")
        assert out.startswith("foundations\n")
        assert "homogenization" not in out

    def test_json(self, practice):
        attempt(score=55.3)
        status, out, _ = practice("list", "--json")
        data = json.loads(out)
        assert (status, data["schema_version"]) == (0, 1)
        row = next(row for row in data["problems"] if row["slug"] == "relu-backprop")
        assert row.keys() >= {"title", "track", "kind", "difficulty", "minutes", "prerequisites", "best", "passed"}
        assert (row["best"], row["passed"], row["minutes"]) == (55.3, False, 35)

    def test_a_history_that_fails_costs_no_list(self, practice, tmp_path, monkeypatch):
        (tmp_path / "file").touch()
        monkeypatch.setenv("PRACTICE_HOME", str(tmp_path / "file"))
        status, out, err = practice("list")
        assert status == 0
        assert "relu-backprop" in out
        assert err.startswith("warning: the history in ")

    def test_a_further_root(self, practice, monkeypatch):
        _, out, _ = practice("--problems", GOLDEN, "list")
        assert "  tiny-relu " in out
        assert out.endswith(f"practice --problems {GOLDEN} start SLUG makes a folder to work in.\n")
        monkeypatch.setenv("PRACTICE_PROBLEMS", str(GOLDEN))
        assert "  tiny-relu " in practice("list")[1]

    def test_a_root_without_problems(self, practice, tmp_path):
        status, out, err = practice("--problems", tmp_path, "list")
        assert (status, out) == (2, "")
        assert err.startswith(f"error: `{tmp_path}` has no folder `problems`\n")

    def test_a_malformed_problem(self, practice, tmp_path):
        folder = tmp_path / "problems" / "bad"
        folder.mkdir(parents=True)
        text = (GOLDEN / "problems" / "tiny-relu" / "problem.toml").read_text()
        (folder / "problem.toml").write_text(text.replace("minutes = 5", 'minutes = "5"'))
        status, _, err = practice("--problems", tmp_path, "list")
        assert status == 2
        assert err.startswith(f"error: `{folder / 'problem.toml'}`: `minutes`: expected `int`, got `str`\n")
        assert practice("--problems", tmp_path, "show", "relu-backprop")[0] == 0


class TestStatus:
    def test_nothing_yet(self, practice):
        assert practice("status") == (0, "Nothing attempted yet. practice list shows the problems.\n", "")

    def test_scores_hints_and_time(self, practice, monkeypatch):
        self.work(monkeypatch)
        status, out, _ = practice("status")
        assert status == 0
        assert out == (
            "problem             best  grades  hints     time  last\n"
            "activations-stable     -       0      0        -  20 min ago    gave up\n"
            "relu-backprop        100       2      1   12 min  8 min ago     ✓ passed\n"
        )

    def test_narrow(self, practice, terminal, monkeypatch):
        terminal(40)
        self.work(monkeypatch)
        assert practice("status")[1] == (
            "activations-stable · gave up\n"
            "  best - · grades 0 · hints 0\n"
            "  time - · last 20 min ago\n"
            "relu-backprop · ✓ passed\n"
            "  best 100 · grades 2 · hints 1\n"
            "  time 12 min · last 8 min ago\n"
        )

    def test_json(self, practice, monkeypatch):
        self.work(monkeypatch)
        rows = json.loads(practice("status", "--json")[1])["problems"]
        assert rows[1] == {
            "slug": "relu-backprop", "attempts": 2, "best": 100.0, "hints": 1, "passed": True, "gave_up": False,
            "minutes_spent": 12.0, "started": "2030-01-01T12:00:00+00:00", "last": "2030-01-01T12:12:00+00:00",
        }  # fmt: skip

    def test_a_damaged_history_is_mentioned(self, practice, practice_home):
        (practice_home / history.FILE).write_bytes(b"damaged" * 1000)
        status, out, _ = practice("status")
        assert status == 0
        assert f"A damaged history was put aside: {practice_home}/damaged-" in out

    def test_a_history_that_fails(self, practice, practice_home):
        (practice_home / history.FILE).mkdir()
        status, out, err = practice("status", "--json")
        assert status == 3
        assert json.loads(out)["error"]["kind"] == "history"
        assert err == ""

    def work(self, monkeypatch):
        """Start at noon, hint, a wrong answer and a pass twelve minutes later; it is twenty past."""
        noon = datetime.datetime(2030, 1, 1, 12, tzinfo=datetime.UTC)
        times = iter([noon, *(noon + datetime.timedelta(minutes=m) for m in (5, 6, 12))])
        monkeypatch.setattr(history, "now", lambda: next(times))
        history.record_start("relu-backprop", Path("/a"))
        history.record_hint("relu-backprop", 1)
        attempt()
        attempt("passed", 100)
        monkeypatch.setattr(history, "now", lambda: noon)
        history.record_start("activations-stable", Path("/a"))
        history.record_give_up("activations-stable")
        for module in (history, overview, overview.ago.__globals__):
            target = module if isinstance(module, dict) else vars(module)
            if "now" in target:
                monkeypatch.setitem(target, "now", lambda: noon + datetime.timedelta(minutes=20))


class TestShow:
    def test_a_pipe_gets_the_text_as_it_is(self, practice):
        status, out, _ = practice("--problems", GOLDEN, "show", "tiny-relu")
        assert status == 0
        assert out == (GOLDEN / "problems" / "tiny-relu" / "README.md").read_text()

    def test_followups_but_never_hints(self, practice):
        _, out, _ = practice("--problems", GOLDEN, "show", "tiny-relu", "--followups")
        assert out == (GOLDEN / "problems" / "tiny-relu" / "followups.md").read_text()
        assert "slope" not in practice("--problems", GOLDEN, "show", "tiny-relu")[1]

    def test_a_terminal_gets_it_broken_anew(self, practice, terminal):
        terminal(40)
        _, out, _ = practice("--problems", GOLDEN, "show", "tiny-relu")
        assert out == (
            "One ReLU, forward and backward\n\n"
            "Write `relu(x)` and its gradient. `x` is\n"
            "an array of floats; nothing changes it.\n\n"
            "    relu(x) -> out\n"
            "    relu_grad(x, grad_out) -> grad_x      # the gradient at exactly 0 is 0\n\n"
            "- The result has the dtype of `x`, which\n"
            "  may be float16, float32 or float64.\n"
            "- NumPy only.\n\n"
            "name             shape\n"
            "`x`, `grad_out`  any\n"
        )

    def test_in_a_workspace_no_slug_is_needed(self, practice, tmp_path, monkeypatch):
        (tmp_path / ".practice.json").write_text('{"problem": "tiny-relu"}')
        monkeypatch.chdir(tmp_path)
        assert practice("--problems", GOLDEN, "show")[1].startswith("# One ReLU")

    def test_a_wide_table_becomes_lists(self):
        table = "| name | what it is |\n| --- | --- |\n| `x` | a long description of the batch |\n| `y` | labels |"
        assert [line.plain.rstrip() for line in statement_lines(table, 24)] == [
            "`x`", "  what it is: a long", "  description of the", "  batch", "`y`", "  what it is: labels",
        ]  # fmt: skip

    def test_code_in_a_list_and_an_open_fence(self):
        text = "- item\n\n  ```\n  code   here\n  ```\n\n  more of the item\n\n1. one\n2. two\n```\nopen"
        assert [line.plain.rstrip() for line in statement_lines(text, 12)] == [
            "- item", "", "      code   here", "", "  more of the", "  item", "", "1. one", "2. two", "    open",
        ]  # fmt: skip

    @pytest.mark.parametrize("sign", ["-", "+", "*"])
    def test_no_line_begins_with_a_lone_sign(self, sign):
        formula = f"mean of (X {sign} Y) {sign} `Z {sign} W` {sign} **U** {sign} V"
        for width in range(14, 50):
            for head in ("", "- "):
                lines = [line.plain.rstrip() for line in statement_lines(f"{head}{formula}", width)]
                assert all(len(line) <= width for line in lines)
                assert all(line.strip()[:2] != f"{sign} " for line in lines[1:]), lines
                shown = " ".join(line.strip() for line in lines)
                assert shown == f"{head}{formula}".replace("**", "")
        coloured = next(iter(statement_lines(formula, 80)))
        assert [coloured.plain[span.start : span.end] for span in coloured.spans] == [f"`Z {sign} W`", "U"]

    @pytest.mark.parametrize("width", [80, 40])
    def test_every_shipped_text_can_be_shown(self, width):
        root = Path(__file__).parent.parent / "problems"
        for path in root.glob("*/*.md"):
            text = path.read_text(encoding="utf-8")
            prose = [line.plain.rstrip() for line in statement_lines(text, width)]
            shown = "".join(prose).replace(" ", "")
            for word in re.findall(r"[A-Za-z]{12,}", text.replace("`", " ")):
                assert word in shown, (path, word)


class TestData:
    def test_lists(self, practice, monkeypatch, tmp_path):
        monkeypatch.setenv("KERAS_HOME", str(tmp_path))
        status, out, _ = practice("data")
        assert status == 0
        assert "digits\n  Handwritten digits, 8 × 8\n  licence: CC BY 4.0\n  here\n" in out
        assert "  not here: practice data cifar-10 fetches about 170 MB\n" in out

    def test_shows_a_card(self, practice):
        status, out, _ = practice("data", "digits")
        assert status == 0
        assert "\n  x         uint8 (1797, 8, 8)\n  y         int64 (1797,)\n" in out
        assert "\nlicence: CC BY 4.0\n" in out


class TestDoctor:
    @pytest.fixture(autouse=True)
    def without_keras(self, monkeypatch):
        monkeypatch.setattr(machine, "_devices", lambda: ("tensorflow", "cpu:0"))

    def test_everything_works(self, practice, practice_home):
        status, out, err = practice("doctor")
        assert (status, err) == (0, "")
        assert out.endswith("\n✓ everything works\n")
        assert f"data            {practice_home}\n" in out
        assert is_tidy(out, 300)

    def test_troubles(self, practice, tmp_path, monkeypatch):
        (tmp_path / "file").touch()
        monkeypatch.setenv("PRACTICE_HOME", str(tmp_path / "file"))
        monkeypatch.setattr(machine, "_devices", lambda: (machine.UNIMPORTABLE, "unknown"))
        monkeypatch.setattr(machine, "_sandbox", lambda: ({"sandbox": "process"}, []))
        status, out, _ = practice("doctor", "--json")
        data = json.loads(out)
        assert (status, data["schema_version"]) == (3, 1)
        assert [text.split()[0] for text in data["troubles"]] == ["the", "Keras"]
        assert practice("doctor")[1].endswith("\n2 troubles found\n")


class TestWords:
    @pytest.mark.parametrize(
        ("minutes", "words"), [(-1, "0 min"), (0.9, "0 min"), (179, "179 min"), (180, "3 h"), (2880, "2 days")]
    )
    def test_duration(self, minutes, words):
        assert duration(minutes) == words

    def test_ago(self):
        assert ago(None) == "-"
        assert ago(history.now()) == "0 min ago"

    def test_what_to_type(self):
        assert typed([], "grade", "--file", Path("a b/it's.py")) == """practice grade --file 'a b/it'"'"'s.py'"""
        assert typed([Path("/a b")], "list") == "practice --problems '/a b' list"
        assert quoted(Path("x\x1b[2J.py")) == r"'x\x1b[2J.py'"


class TestCompletion:
    @pytest.fixture
    def complete(self, monkeypatch, practice):
        def run(*words):
            monkeypatch.setenv("_PRACTICE_COMPLETE", "bash_complete")
            monkeypatch.setenv("COMP_WORDS", " ".join(("practice", *words)))
            monkeypatch.setenv("COMP_CWORD", str(len(words)))
            status, out, _ = practice()
            assert status == 0
            return [line.removeprefix("plain,") for line in out.split()]

        return run

    def test_commands_options_and_slugs(self, complete):
        assert complete("gr") == ["grade"]
        assert complete("grade", "--s") == ["--seed"]
        for command in ("show", "start", "hint", "reset", "grade", "compare", "verify"):
            assert complete(command, "relu") == ["relu-backprop"]
        assert complete("--problems", str(GOLDEN), "start", "tiny") == ["tiny-relu"]

    def test_a_root_that_is_none_is_no_message(self, complete):
        assert complete("--problems", "/nowhere", "start", "relu") == []
