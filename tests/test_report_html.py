"""The page and the drawing of a comparison: nothing from elsewhere, nothing unescaped, and a real browser shows it."""

import html.parser
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
import zlib

import pytest

from grader.compare import Comparison, FigureComparison
from grader.replay import TimeRatio
from grader.report import svg
from grader.report.as_html import comparison_drawing, comparison_page
from grader.report_data import GradeReport
from grader.words import Outcome

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
EVIL = "</span><script>alert(1)</script>\x1b[31m & <img src=x>"
SVG = "{http://www.w3.org/2000/svg}"
YOURS = f"import numpy as np\n\n\ndef relu(x):\n    return np.where(x > 0, x, 0)  # {EVIL}\n"
REFERENCE = "import numpy as np\n\n\ndef relu(x):\n    return np.maximum(x, 0)\n"


def graded(**more):
    values = {
        "problem": "p", "file": f"{EVIL}.py", "seed": 1, "verdict": Outcome.PASSED, "score": 100, "max_score": 100,
        "seconds": 0.1, "sandbox": "kernel", "device": "cpu", "backend": "numpy", "groups": (), "tests": (),
    }  # fmt: skip
    return GradeReport(**{**values, **more})


def comparison():
    curves = {"loss": [3.0, float("nan"), 1.0, 0.5], EVIL: [1.0]}
    yours = graded(figures={"accuracy": 0.9}, curves=curves, peak_bytes=8 << 20)
    reference = graded(figures={"accuracy": 0.95}, curves={"loss": [2.0, 1.0, 0.5]}, peak_bytes=4 << 20)
    figures = {"accuracy": FigureComparison((0.9, 0.91, 0.89), (0.95, 0.95, 0.96))}
    return Comparison(yours, reference, {"": TimeRatio((1.5,) * 11, 2)}, figures, 3)


class Page(html.parser.HTMLParser):
    """Elements, attributes and texts of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts, self.open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "path", "polyline"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(scope="module")
def text():
    return comparison_page(comparison(), EVIL, YOURS, REFERENCE)


def test_every_element_is_closed_and_none_is_the_submission_s(text):
    page = Page(text)
    assert page.open == []
    assert not {"script", "img", "link", "iframe", "object", "base"} & set(page.tags)
    assert page.tags.count("svg") == 2
    assert "\x1b" not in text


def test_nothing_comes_from_elsewhere(text):
    page = Page(text)
    assert not {"src", "href", "srcset", "action", "style"} & {name for name, _ in page.attributes}
    assert "url(" not in text
    assert "@import" not in text
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes


def test_figures_are_there(text):
    said = " ".join(Page(text).texts)
    parts = ("1.50 ×", "1.50 to 1.50 ×", "2.00 ×", "accuracy", "-0.0533", "2 calls", "11 rounds", "<script>alert(1)")
    for part in parts:
        assert part in said


def test_lines_that_differ_are_marked(text):
    assert text.count("<div class=m>") == 2
    assert '<div class=m><span class="n">5</span><span class="s">-</span>' in text
    assert '<div class=m><span class="n">5</span><span class="s">+</span>' in text


def test_light_dark_paper_and_narrow(text):
    for query in ("prefers-color-scheme: dark", "@media print", "max-width: 60rem"):
        assert query in text


def test_drawing_is_xml_and_inside_its_frame():
    root = ElementTree.fromstring(comparison_drawing(comparison()))
    assert root.tag == f"{SVG}svg"
    assert int(root.get("height")) == 2 * svg.HEIGHT
    lines = [line for line in root.iter(f"{SVG}polyline") if line.get("stroke-linecap")]
    assert [line.get("class") for line in lines] == ["yours", "yours", "reference", "yours"]
    for line in lines:
        for x, y in (map(float, point.split(",")) for point in line.get("points").split()):
            assert svg.LEFT <= x <= svg.WIDTH - svg.RIGHT
            assert svg.TOP <= y <= svg.HEIGHT - svg.BOTTOM


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0.000175, 5.16, [1, 2, 3, 4, 5]), (0.0, 1.0, [0, 0.2, 0.4, 0.6, 0.8, 1]),
     (-3.0, 1.0, [-3, -2, -1, 0, 1]), (7.0, 7.0, [7.0]),
     (0.81, 0.925, [0.82, 0.84, 0.86, 0.88, 0.9, 0.92])],
)  # fmt: skip
def test_ticks_are_round(low, high, ticks):
    assert svg._ticks(low, high) == pytest.approx(ticks)


def test_nothing_to_draw():
    assert svg.plot("loss", {"yours": [float("nan")], "reference": []}) == ""
    assert comparison_drawing(Comparison(graded(), graded())) == ""


@pytest.fixture(scope="module")
def browser():
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser here: none of {', '.join(BROWSERS)}")
    return found


def pixels(browser, tmp_path, text, *options):
    """What a browser draws: rows of bytes, as PNG filters them."""
    page, picture = tmp_path / "page.html", tmp_path / "page.png"
    page.write_text(text, encoding="utf-8")
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={tmp_path}",
        "--window-size=1000,1200", f"--screenshot={picture}", *options, page.as_uri(),
    ]  # fmt: skip
    subprocess.run(command, capture_output=True, check=True, timeout=120)
    data, place, packed = picture.read_bytes(), 8, b""
    while place < len(data):
        length, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        packed += data[place + 8 : place + 8 + length] if kind == b"IDAT" else b""
        place += length + 12
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    raw = zlib.decompress(packed)
    assert (width, height) == (1000, 1200)
    stride = len(raw) // height
    return [raw[row * stride : (row + 1) * stride] for row in range(height)]


def test_a_browser_shows_it(browser, tmp_path, text):
    light = pixels(browser, tmp_path, text)
    assert len(set(light)) > 200  # rows of text, of a table and of two drawings
    dark = pixels(browser, tmp_path, text, "--blink-settings=preferredColorScheme=0")
    assert sum(a != b for a, b in zip(light, dark, strict=True)) > 200
