"""`compare` as it is typed: the files that it writes cost nobody their work, and it says why a submission fails."""

import html
import os
import re
from pathlib import Path

import pytest

from grader.cli import status_of
from grader.report import as_html, svg

GOLDEN = Path(__file__).with_name("golden")
SOLUTIONS = GOLDEN / "solutions" / "tiny-relu"
WRONG = SOLUTIONS / "wrong" / "gate_by_gradient.py"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRACTICE_PROBLEMS", str(GOLDEN))
    (tmp_path / "x.py").write_bytes(WRONG.read_bytes())
    return tmp_path


@pytest.fixture
def compare(capsys):
    """Compare x.py; gives exit status, standard output and standard error."""

    def run(*options):
        status = status_of(["compare", "tiny-relu", "--file", "x.py", "--give-up", *map(str, options)])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def never_graded(monkeypatch):
    """A grade would be a mistake."""

    def fail(*_arguments, **_options):
        raise AssertionError("a worker was started")

    monkeypatch.setattr("grader.processes.Zygote.__init__", fail)


@pytest.mark.usefixtures("never_graded")
class TestRefusedTargets:
    """Refused before any worker starts, and nothing is written."""

    @pytest.mark.parametrize("way", ["name", "link", "second name"])
    def test_the_graded_file(self, compare, here, way):
        target = {"name": Path("x.py"), "link": Path("link.py"), "second name": Path("second.py")}[way]
        if way == "link":
            target.symlink_to("x.py")
        elif way == "second name":
            os.link("x.py", target)
        status, out, err = compare("--html", target)
        assert (status, out) == (2, "")
        assert err == f"error: `{target}` is the solution that is compared\n\nhint: choose another name for --html\n"
        assert Path("x.py").read_bytes() == WRONG.read_bytes()

    @pytest.mark.parametrize(
        ("option", "name", "content"),
        [
            ("--html", "notes.txt", "mine"),
            ("--html", "other.html", '<!doctype html>\n<html lang="en">\n<head>\n<title>mine</title>'),
            ("--html", "curves.svg", '<svg xmlns="http://www.w3.org/2000/svg" class="plot" width="640">'),
            ("--plot", "picture.svg", '<svg xmlns="http://www.w3.org/2000/svg" width="1">'),
        ],
    )
    def test_a_file_that_compare_did_not_write(self, compare, option, name, content):
        Path(name).write_text(content)
        status, out, err = compare(option, name)
        assert (status, out) == (2, "")
        what = "page" if option == "--html" else "drawing"
        message = f"`{name}` exists already, and is no {what} that `compare` wrote"
        assert err == f"error: {message}\n\nhint: choose another name for {option}\n"
        assert Path(name).read_text() == content

    def test_one_name_for_both(self, compare):
        status, out, err = compare("--html", "a.svg", "--plot", "./a.svg")
        assert (status, out) == (2, "")
        assert err.startswith("error: `a.svg` is named twice\n\nhint: choose another name for --html")


def test_its_own_page_is_written_anew(compare):
    page = Path("a.html")
    page.touch()
    assert compare("--html", page)[0] == 0
    first = page.read_text(encoding="utf-8")
    assert first.startswith(as_html.BEGINNING)
    page.write_text(first[:40], encoding="utf-8")  # the disk was full
    assert compare("--html", page, "--seed", "1")[0] == 0
    assert "seed 1" in page.read_text(encoding="utf-8")


def test_a_drawing_begins_as_it_is_recognized():
    assert svg.drawing([]).startswith(svg.BEGINNING)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_what_cannot_be_written_costs_no_comparison(compare):
    status, out, err = compare("--html", "/dev/full")
    assert status == 2
    assert out.endswith("\n\nWhat an interviewer asks next: practice show tiny-relu --followups\n")
    assert err == "error: `/dev/full` cannot be written: no space left on device\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
def test_what_cannot_be_written_is_the_one_object(compare):
    status, out, err = compare("--html", "/dev/full", "--json")
    assert (status, err) == (2, "")
    assert re.match(r'\{"schema_version": 1, "error": ', out)
    assert out.count("\n") == 1


def text_of(page):
    return html.unescape(re.sub(r"<[^>]*>", "", page.read_text(encoding="utf-8").replace("</p>", "\n")))


def test_it_says_why_a_submission_fails(compare):
    _, out, _ = compare("--html", "a.html")
    reason = (
        "\n\n  ✗ The gate opens by the sign of x, not of grad_out\n"
        "      `grad_x` has wrong values\n"
        "      note: the gate opens by the sign of grad_out\n\n"
    )
    assert reason in out
    assert out.index("verdict") < out.index("note: ") < out.index("only in yours")
    shown = text_of(Path("a.html"))
    for line in reason.strip().splitlines():
        assert f"{line.strip()}\n" in shown
    assert shown.index("verdict") < shown.index("note: ") < shown.index("Both solutions")


def test_it_says_why_a_submission_cannot_be_loaded(compare):
    Path("x.py").write_text("def relu(x):\n    return <b>\n")
    _, out, _ = compare("--html", "a.html")
    assert "\n\n  ✗ SyntaxError: invalid syntax\n\n- only in yours" in out
    assert "✗ SyntaxError: invalid syntax\n" in text_of(Path("a.html"))


def test_a_pass_needs_no_explanation(compare):
    Path("x.py").write_bytes((SOLUTIONS / "reference.py").read_bytes())
    _, out, _ = compare("--html", "a.html")
    assert "✗" not in out
    assert 'class="why"' not in Path("a.html").read_text(encoding="utf-8")


def test_the_message_of_a_submission_is_no_markup(compare):
    Path("x.py").write_text("def relu(x):\n    raise ValueError('<b>[red]\\x1b[31m')\n\n\nrelu_grad = relu\n")
    _, out, _ = compare("--html", "a.html")
    assert r"ValueError: <b>[red]\x1b[31m" in out
    page = Path("a.html").read_text(encoding="utf-8")
    assert r"ValueError: &lt;b&gt;[red]\x1b[31m" in page


def rows_of(out):
    """Label and figure of yours in each row of the table."""
    rows = (re.fullmatch(r" *(\S.*?) {2,}(\S.*?)(?: {2,}.*)?", line) for line in out.split("\n\n")[0].splitlines()[1:])
    return {row[1]: row[2] for row in rows}


def test_calls_that_raised_have_no_time(compare):
    Path("x.py").write_bytes((GOLDEN / "problems" / "tiny-relu" / "stub.py").read_bytes())
    rows = rows_of(compare("--html", "a.html")[1])
    assert [rows[name] for name in ("time of calls", "relu", "relu_grad")] == ["-", "-", "-"]
    assert "time of calls-1 ×" in text_of(Path("a.html"))


def test_a_function_that_answers_has_a_time_beside_one_that_does_not(compare):
    Path("x.py").write_text("def relu(x):\n    return x * (x > 0)\n\n\ndef relu_grad(x, grad_out):\n    1 / 0\n")
    rows = rows_of(compare()[1])
    assert rows["relu_grad"] == "-"
    assert rows["relu"].endswith(")")
    assert "×" in rows["time of calls"]
