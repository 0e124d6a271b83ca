"""The report as people see it: whole screens at 80 and at 40 columns, and what may never reach a terminal.

`PRACTICE_UPDATE_GOLDEN=1 pytest tests/test_report_text.py` writes the screens anew; read the difference before you keep
it.
"""

import dataclasses
import io
import os
import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from grader import catalogue, judge
from grader.compare import Comparison, FigureComparison
from grader.failure import Failure
from grader.replay import TimeRatio
from grader.report.console import put_lines
from grader.report.curves import curve_lines
from grader.report.plain import clipped, put, safe, wrapped
from grader.report.side_by_side import comparison_lines
from grader.report.text import Surroundings, print_report
from grader.report_data import GradeReport, Group, TestReport
from grader.words import Outcome

GOLDEN = Path(__file__).with_name("golden")
WRONG = GOLDEN / "solutions" / "tiny-relu" / "wrong"
UPDATE = bool(os.environ.get("PRACTICE_UPDATE_GOLDEN"))
AROUND = Surroundings("12 min", 5, "Stuck? practice hint tiny-relu  (0 of 3 shown)")
RUDE = r"""
print("[red]hello[/red] :smile: \x1b[2J\x1b[31mred")
print("line\n" * 9)


def relu(x):
    raise ValueError("[bold]not[/bold] :smile: \x1b[2J \x07 \u202e\n second line")


def relu_grad(x, grad_out):
    return relu(x)
"""
SUBMISSIONS = {
    "passed": (GOLDEN / "solutions" / "tiny-relu" / "reference.py").read_text(),
    "stub": (GOLDEN / "problems" / "tiny-relu" / "stub.py").read_text(),
    "wrong-answer": (WRONG / "gate_by_gradient.py").read_text(),
    "wrong-dtype": (WRONG / "wide_mask.py").read_text(),
    "everything-wrong": (WRONG / "everything.py").read_text(),
    "missing-function": (WRONG / "forgotten.py").read_text(),
    "compile-error": "def relu(x):\n    return np.maximum(x, 0\n\n\ndef relu_grad(x, grad_out):\n    return x\n",
    "import-error": "import numpy as np\nimport nosuchmodule\n",
    "forbidden": "import numpy as np\nimport tensorflow as tf\n",
    "crash": "import os\n\n\ndef relu(x):\n    os._exit(3)\n\n\ndef relu_grad(x, grad_out):\n    os.abort()\n",
    "rude": RUDE,
}


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture(scope="module")
def reports(lowest):
    """The grade of each submission, as if it had always taken as long, at the level that every machine has."""
    problem = catalogue.load("tiny-relu", catalogue.roots([GOLDEN]))
    grades = {}
    for name, source in SUBMISSIONS.items():
        report = judge.grade(problem, source.encode(), zygote=lowest, seed=1234)
        grades[name] = dataclasses.replace(report, seconds=0.8)
    return grades


def rendered(report, width=None, around=AROUND, **options):
    stream = io.StringIO()
    print_report(report, around, stream=stream, width=width, **options)
    return stream.getvalue()


def report_of(*tests, output="", verdict=Outcome.WRONG_ANSWER, failure=None, **more):
    """A grade made by hand: one group with these tests."""
    groups = (Group("a", "Group with a title that takes a whole line", 0, 100),)
    common = {"file": "solution.py", "seed": 7, "seconds": 1.25, "sandbox": "process", "device": "cpu"}
    return GradeReport(
        problem="p", verdict=verdict, score=0, max_score=100, backend="numpy", groups=groups, tests=tests,
        output=output, failure=failure, **common, **more,
    )  # fmt: skip


def one(name, outcome=Outcome.WRONG_ANSWER, message="it is wrong", case="", **more):
    """A hidden test called "Rule <name>"."""
    failure = None if outcome is Outcome.PASSED else Failure(message)
    return TestReport(f"TestA::{name}", f"Rule {name}", "a", case, outcome, 0, 10, 0.1, **{"failure": failure, **more})


@pytest.mark.parametrize("width", [80, 40])
@pytest.mark.parametrize("name", SUBMISSIONS)
def test_screen(reports, name, width):
    file = GOLDEN / "screens" / f"{name}-{width}.txt"
    screen = rendered(reports[name], width)
    if UPDATE:
        file.write_text(screen, encoding="utf-8")
    assert screen == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [80, 40])
@pytest.mark.parametrize("name", SUBMISSIONS)
def test_screen_keeps_its_columns(reports, name, width):
    for line in rendered(reports[name], width).splitlines():
        assert len(line) <= width
        assert line == line.rstrip()


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_nothing_of_a_submission_controls_the_terminal(reports, name):
    screen = rendered(reports[name])
    assert [c for c in screen if c != "\n" and not c.isprintable()] == []


def test_markup_and_emoji_codes_are_shown_as_they_are(reports):
    screen = rendered(reports["rude"])
    assert r"ValueError: [bold]not[/bold] :smile: \x1b[2J \x07 \u202e" in screen
    assert r"[red]hello[/red] :smile: \x1b[2J\x1b[31mred" in screen
    assert "… 4 more lines" in screen


def test_pipe_does_not_wrap(reports):
    long = "a sentence that is longer than any terminal " * 10
    screen = rendered(report_of(one("x", message=long.strip())))
    assert f"      {long.strip()}\n" in screen


def test_colours_only_repeat_what_the_words_say(reports, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    stream = Terminal()
    print_report(reports["wrong-answer"], AROUND, stream=stream)
    coloured = stream.getvalue()
    codes = set(re.findall(r"\x1b\[([0-9;]*)([A-Za-z])", coloured))
    assert {letter for _, letter in codes} == {"m"}
    assert {code for code, _ in codes} <= {"0", "1", "2", "31", "32", "33"}  # of sixteen colours
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == rendered(reports["wrong-answer"], 80)


def test_no_color(reports, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    stream = Terminal()
    print_report(reports["wrong-answer"], AROUND, stream=stream, width=80)
    assert set(re.findall(r"\x1b\[([0-9;]*)m", stream.getvalue())) <= {"0", "1", "2"}


def test_dumb_terminal_gets_no_codes(reports, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    print_report(reports["wrong-answer"], AROUND, stream=stream, width=80)
    assert stream.getvalue() == rendered(reports["wrong-answer"], 80)


def test_ascii(reports):
    for name in SUBMISSIONS:
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, encoding="ascii")
        print_report(reports[name], AROUND, stream=stream, width=80)
        text = raw.getvalue().decode("ascii")
        assert "?" not in text.replace("Stuck?", "").replace("constant factor?", "")
        assert re.search(r"^[+x] \w.* points", text, re.MULTILINE)


def test_first_three_failures_in_full_the_rest_in_short():
    tests = [one(str(n), failure=Failure(f"message {n}", note=f"note {n}")) for n in range(5)]
    screen = rendered(report_of(*tests))
    assert [f"note {n}" in screen for n in range(5)] == [True, True, True, False, False]
    assert "      message 4\n" in screen
    assert "\n2 failures are told in short: --all explains them\n" in screen
    everything = rendered(report_of(*tests), everything=True)
    assert "note 4" in everything
    assert "--all" not in everything


def test_an_error_is_explained_once():
    first = one("1", Outcome.RUNTIME_ERROR, failure=Failure("ValueError: x"))
    again = one("2", Outcome.RUNTIME_ERROR, failure=Failure("ValueError: x"), repeats="TestA::1")
    screen = rendered(report_of(first, again))
    assert screen.count("ValueError: x") == 1
    assert "  ✗ Rule 2 · runtime error\n      same error as above\n" in screen


def test_neighbours_that_were_not_run_share_the_reason():
    tests = [one(n, Outcome.SKIPPED, message="not run: it needs “Rule 0”") for n in "123"]
    screen = rendered(report_of(one("0"), *tests, one("4", Outcome.SKIPPED, message="not run: other")))
    assert "  - Rule 1 · skipped\n  - Rule 2 · skipped\n  - Rule 3 · skipped\n      not run: it needs" in screen
    assert screen.count("it needs") == 1
    assert "  - Rule 4 · skipped\n      not run: other\n" in screen


def test_cases_are_counted():
    cases = [
        one("1", Outcome.PASSED, case="float64"),
        one("1", case="float32", failure=Failure("`out` has the wrong dtype")),
        one("1", case="float16", failure=Failure("never told")),
    ]
    screen = rendered(report_of(*cases))
    assert "  ✗ Rule 1 (2 of 3 cases)\n      case float32\n      `out` has the wrong dtype\n" in screen
    assert "never told" not in screen
    assert "0 of 1 tests" in screen


def test_inconclusive_says_so_and_counts_as_good():
    unsure = one("1", Outcome.INCONCLUSIVE, message="not checked on this machine: no GPU")
    screen = rendered(report_of(unsure, verdict=Outcome.PASSED))
    assert "  ? Rule 1 · inconclusive\n      not checked on this machine: no GPU\n" in screen
    assert "✓ Passed · 0/100 points · 1 of 1 tests · 1 inconclusive · 1.2 s\n" in screen


def test_a_heading_that_is_too_long_has_its_points_below():
    heading = rendered(report_of(one("1")), 40).splitlines()[:3]
    assert heading == ["Group with a title that takes a whole", "line", "                                   0/100"]


def test_a_wide_row_has_its_sides_below_each_other():
    rows = (("shape", "(5,)", "(5,)"), ("values", "[1, 2, 3, 4, 5, 6, 7, 8]", "[8, 7, 6, 5, 4, 3, 2, 1]"))
    screen = rendered(report_of(one("1", failure=Failure("`x` has wrong values", rows))), 60)
    assert (
        "             expected  got\n"
        "      shape  (5,)      (5,)\n"
        "      values  <- differs\n"
        "        expected  [1, 2, 3, 4, 5, 6, 7, 8]\n"
        "        got       [8, 7, 6, 5, 4, 3, 2, 1]\n"
    ) in screen


def test_the_order_of_an_explanation():
    failure = Failure("message", (("a", "1", "2"),), (("fact", "text"),), "name of the mistake")
    screen = rendered(report_of(one("1", failure=failure, call="f(x: 1)")))
    places = [screen.index(part) for part in ("message", "call: f(x: 1)", "expected", "fact: text", "note: name of")]
    assert places == sorted(places)


def test_figures_and_circumstances():
    report = report_of(one("1"), figures={"accuracy": 0.9712345, "ratio": float("inf")}, partial=True)
    report = dataclasses.replace(report, file="/elsewhere/other.py")
    screen = rendered(report)
    assert "Measured\n  accuracy  0.9712\n  ratio  inf\n" in screen
    assert "1.2 s · not all tests were run (-k)\n" in screen
    assert "12 min since start, an interview gives 5 min · /elsewhere/other.py · seed 7 · sandbox: process" in screen
    assert "since start" not in rendered(report, around=Surroundings())


def test_curves_beside_the_reference_and_facts():
    curves = {"loss": [3.0, 1.0], "only yours": [1.0, 2.0]}
    report = report_of(one("1"), facts={"device": "cpu: no GPU"}, curves=curves, reference_curves={"loss": [2, 0.5]})
    text = rendered(report, 80)
    assert "  device  cpu: no GPU\n" in text
    assert "loss   y yours   r reference\n" in text
    assert "only yours" not in text


def test_output_of_a_submission_is_cut():
    screen = rendered(report_of(one("1"), output="x" * 500 + "\n  \n\ttab\n"), 40)
    assert f"Printed by the submission\n  {'x' * 37}…\n\n          tab\n" in screen
    passed = report_of(one("1", Outcome.PASSED), output="chatty", verdict=Outcome.PASSED)
    assert "chatty" not in rendered(passed)


def test_all_shows_everything_that_was_printed():
    lines = "\n".join(f"line {number} {'word ' * 12}".rstrip() for number in range(20))
    report = report_of(one("1"), output=lines)
    around = dataclasses.replace(AROUND, whole="--all")
    assert "\n  … 14 more lines: --all shows them\n" in rendered(report, 60, around)
    screen = rendered(report, 60, around, everything=True)
    assert "more lines" not in screen
    assert "\n  line 19 word word" in screen
    assert screen.count("word") == 20 * 12
    assert max(map(len, screen.splitlines())) <= 60
    assert "\n2 failures are told in short: a explains them" in rendered(
        report_of(*(one(str(n)) for n in range(5))), around=dataclasses.replace(AROUND, whole="a")
    )


def test_a_fact_without_text_is_no_dangling_colon():
    report = report_of(failure=Failure("SyntaxError: x", facts=(("line 3", ""),)), verdict=Outcome.COMPILE_ERROR)
    assert "✗ SyntaxError: x\n    line 3\n" in rendered(report)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x00b\x1b[0m", r"a\x00b\x1b[0m"),
        ("\x9b2J\u200b\u2028\ue000\U000e0041", r"\x9b2J\u200b\u2028\ue000\U000e0041"),
        ("one\r\ntwo\rthree", "one\ntwo\\x0dthree"),
        ("tab\tπ 漢 é e\u0301 🙂", "tab\tπ 漢 é e\u0301 🙂"),
    ],
)
def test_safe(text, shown):
    assert safe(text) == shown


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("漢字漢", 5, "漢字…"),
        ("漢字漢", 4, "漢…"),
        ("e\u0301" * 3, 3, "e\u0301" * 3),
    ],
)
def test_clipped(text, width, shown):
    assert clipped(text, width) == shown


def test_wrapped_keeps_words_terms_and_indents():
    assert wrapped("  one two three", 9) == "  one two\n  three"
    assert wrapped("  name  one two three", 18) == "  name  one two\n        three"
    assert wrapped("see /a/path/that/is/longer/than/it and", 12) == "see\n/a/path/that/is/longer/than/it\nand"
    assert wrapped("any length", None) == "any length"


def comparison():
    report = report_of(one("1"), figures={"accuracy": 0.75}, curves={"loss": [3.0, 2.0, 1.0], "only": [1.0]})
    yours = dataclasses.replace(report, cpu_seconds=0.5, peak_bytes=10 << 20, verdict=Outcome.BAD_RETURN_TYPE)
    reference = dataclasses.replace(
        report, verdict=Outcome.PASSED, score=100, peak_bytes=4 << 20, figures={"accuracy": 1.0}, curves={}
    )
    several = tuple(2.0 + number / 100 for number in range(-5, 6))
    times = {"": TimeRatio(several, 4), "relu": TimeRatio((3.0,), 3), "relu_grad": TimeRatio(several, 1)}
    figures = {"accuracy": FigureComparison((0.75, 0.5, 0.7), (1.0, 1.0, 1.0))}
    return Comparison(yours, reference, times, figures, 3)


YOURS = """import numpy as np


def relu(x):
\treturn np.where(x > 0, x, 0)  # a comment that is long enough to need a second line on most of the screens
    # [red]\x1b[2J :smile:
"""
REFERENCE = """import numpy as np


def relu(x):
    return np.maximum(x, 0)
"""


def compared(width):
    """The lines of a comparison without curves."""
    without_curves = dataclasses.replace(
        comparison(), yours=dataclasses.replace(comparison().yours, curves={})
    )  # fmt: skip
    return [line.plain.rstrip() for line in comparison_lines(without_curves, YOURS, REFERENCE, width)]


@pytest.mark.parametrize("width", [120, 80, 40])
def test_comparison(width):
    screen = "".join(f"{line}\n" for line in compared(width))
    file = GOLDEN / "screens" / f"comparison-{width}.txt"
    if UPDATE:
        file.write_text(screen, encoding="utf-8")
    assert screen == file.read_text(encoding="utf-8")


def test_a_word_that_ends_at_the_edge_leaves_no_space_to_the_next_line():
    source = f"{'x' * 38} + z\n"
    lines = [line.plain for line in comparison_lines(comparison(), source, "x = 1\n", 40)]
    assert lines[-3:-1] == [f"- {'x' * 38}", "      + z"]


@pytest.mark.parametrize("width", [120, 80, 40])
def test_letters_that_are_two_columns_wide_are_folded_in_time(width):
    yours = f"x = 1  # {'漢字' * 100}\n"
    lines = [line.plain for line in comparison_lines(comparison(), yours, "x = 1\n", width)]
    assert max(map(cell_len, lines)) <= width
    assert "".join(lines).count("漢") == 100


@pytest.mark.parametrize("width", [None, 100, 40])
def test_curves_of_a_comparison(width):
    lines = [line.plain for line in comparison_lines(comparison(), "x = 1\n", "x = 1\n", width)]
    text = "\n".join(lines)
    assert all(len(line.rstrip()) <= (width or 80) for line in lines)
    assert text.index("\nloss   y yours\n") < text.index("\nonly   y yours\n")
    if width != 100:
        assert "both files are the same\n  x = 1" in text


def test_curves():
    drawn = list(curve_lines("loss", {"yours": [4, 3, 2, 1], "reference": [4, float("nan"), 1.0]}, 20))
    assert drawn == [
        "loss   y yours   r reference",
        "4 |*",
        "  |",
        "  |",
        "  |",
        "  |     y",
        "  |",
        "  |",
        "  |           y",
        "  |",
        "  |",
        "  |",
        "1 |           r    y",
        "  +-----------------",
        "   1               4",
    ]
    assert list(curve_lines("loss", {"yours": [], "reference": [float("inf")]}, 20)) == []
    assert len(list(curve_lines("flat", {"yours": [2.0]}, 5))) == 15


def test_what_no_encoding_has_is_escaped():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="utf-8")
    put("caf\udce9 ✓ ", stream)
    assert raw.getvalue() == "caf\\udce9 ✓\n".encode()


def test_put_lines_takes_no_markup():
    from rich.text import Text

    stream = io.StringIO()
    put_lines([Text("[red]x[/red] :smile:   "), Text("")], stream)
    assert stream.getvalue() == "[red]x[/red] :smile:\n\n"
