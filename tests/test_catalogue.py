"""The catalogue: where problems lie, in which order they come, and what a malformed one is told."""

import os
from pathlib import Path

import pytest

from grader import catalogue
from grader.errors import ContentError, UsageError
from grader.roots import PROBLEMS_VARIABLE

GOOD = """
title = "T"
track = "foundations"
kind = "implement"
difficulty = "easy"
minutes = 5
entry_points = ["f"]

[[rubric]]
group = "a"
title = "A"
points = 100
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "problems").mkdir()
    return tmp_path


def add(root, slug="p", text=GOOD):
    folder = root / "problems" / slug
    folder.mkdir()
    (folder / "problem.toml").write_text(text)
    return folder


def refusal(root, slug="p"):
    with pytest.raises(ContentError) as caught:
        catalogue.load(slug, [root])
    return caught.value


def test_loads(root):
    folder = add(root)
    problem = catalogue.load("p", [root])
    assert problem.file.minutes == 5
    assert problem.file.limits.cpu_seconds == 5
    assert problem.suite == folder / "test_hidden.py"
    assert problem.reference == root / "solutions" / "p" / "reference.py"
    assert problem.support() is None


def test_parameters_come_from_the_stub(root):
    folder = add(root)
    (folder / "stub.py").write_text("def f(x, /, y=1, *rest, z):\n    pass\n\nclass C:\n    def g(self): pass\n")
    assert catalogue.load("p", [root]).parameters == {"f": ["x", "y"]}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("minutes = 5", "", "the key `minutes` is missing"),
        ("minutes = 5", 'minutes = "5"', "`minutes`: expected `int`, got `str`"),
        ("minutes = 5", "minutes = 0", "`minutes`: expected `int` >= 1, got 0"),
        ("minutes = 5", "minutes = 5\nminute = 5", "there is no key `minute`"),
        ('"easy"', '"simple"', "`difficulty`: expected one of easy, medium, hard, got 'simple'"),
        ('"implement"', '"x"', "`kind`: expected one of implement, debug, experiment, got 'x'"),
        ('["f"]', '["f", "f x"]', "`entry_points[1]`: expected a name of Python, got 'f x'"),
        ('["f"]', "[]", "`entry_points`: expected `array` of length >= 1, got []"),
        ('"a"', '"A b"', "`rubric[0].group`: expected lower-case words, joined by hyphens, got 'A b'"),
        ("points = 100", "points = 100\nweight = 1", "there is no key `rubric[0].weight`"),
        ("points = 100", "", "the key `rubric[0].points` is missing"),
        ("points = 100", "points = 90", "the points of `rubric` add up to 90, expected 100"),
        ('title = "T"', "title = ", "invalid value (at line 2, column 9)"),
        ('title = "T"', 'title = "T"\nbackend = "torch"', "`backend`: expected one of numpy, keras, got 'torch'"),
    ],
)
def test_a_malformed_file_names_itself_the_key_and_what_was_expected(root, old, new, says):
    folder = add(root, text=GOOD.replace(old, new, 1))
    assert refusal(root).message == f"`{folder / 'problem.toml'}`: {says}"


def test_two_rubrics_of_one_group(root):
    rubric = '[[rubric]]\ngroup = "a"\ntitle = "A"\npoints = 50\n'
    add(root, text=GOOD[: GOOD.index("[[rubric]]")] + rubric * 2)
    assert "two entries of `rubric` have the same `group`" in refusal(root).message


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_file_that_cannot_be_read(root, content):
    folder = add(root)
    (folder / "problem.toml").unlink()
    if content is None:
        (folder / "problem.toml").mkdir()
    else:
        (folder / "problem.toml").write_bytes(content)
    assert refusal(root).message.startswith(f"`{folder / 'problem.toml'}`: ")


@pytest.mark.parametrize("slug", ["Bad Name", "under_score", "-x", "x\x1b[2J"])
def test_a_folder_that_is_no_slug(root, slug):
    add(root, slug)
    assert "is no slug: lower-case words, joined by hyphens" in refusal(root, slug).message


def test_a_missing_file_is_named(root):
    folder = add(root)
    with pytest.raises(ContentError, match=r"README\.md` is missing") as caught:
        catalogue.load("p", [root]).read("README.md")
    assert str(folder) in caught.value.message


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("relu-backprp", "did you mean `relu-backprop`?"),
        ("backprop", "did you mean `relu-backprop`?"),
        ("zzz", "practice list"),
        ("", "practice list"),
        ("../problems/relu-backprop", "did you mean `relu-backprop`?"),
    ],
)
def test_an_unknown_slug_names_near_ones(typed, hint):
    with pytest.raises(UsageError, match="there is no problem") as caught:
        catalogue.load(typed, catalogue.roots())
    assert caught.value.hint == hint


def test_a_root_needs_problems(tmp_path):
    for wrong in (tmp_path, tmp_path / "nowhere", Path(__file__)):
        with pytest.raises(UsageError, match="has no folder `problems`"):
            catalogue.roots([wrong])


def test_a_root_may_be_empty(root):
    assert set(catalogue.slugs(catalogue.roots([root]))) == set(catalogue.slugs(catalogue.roots()))


def test_roots_of_the_command_line_come_before_the_environment_and_ours(tmp_path, monkeypatch):
    first, second, third = (tmp_path / name for name in "abc")
    for folder in (first, second, third):
        (folder / "problems").mkdir(parents=True)
    monkeypatch.setenv(PROBLEMS_VARIABLE, f"{second}{os.pathsep}{third}{os.pathsep}")
    assert catalogue.roots([first]) == [first, second, third, catalogue.content_root()]
    add(second, "relu-backprop")
    assert catalogue.load("relu-backprop", catalogue.roots([first])).folder == second / "problems" / "relu-backprop"


def test_learning_order(root):
    add(root, "c", GOOD.replace('"easy"', '"hard"'))
    add(root, "b", GOOD.replace("minutes = 5", 'minutes = 5\nprerequisites = ["c", "not-here"]'))
    add(root, "a", GOOD.replace('"foundations"', '"elsewhere"'))
    add(root, "d")
    assert [p.slug for p in catalogue.load_all([root])] == ["d", "c", "b", "a"]


def test_a_circle_of_prerequisites_still_ends(root):
    add(root, "a", GOOD.replace("minutes = 5", 'minutes = 5\nprerequisites = ["b"]'))
    add(root, "b", GOOD.replace("minutes = 5", 'minutes = 5\nprerequisites = ["a"]'))
    assert [p.slug for p in catalogue.load_all([root])] == ["a", "b"]


def test_shipped_problems_name_known_tracks():
    tracks = {problem.file.track for problem in catalogue.load_all([catalogue.content_root()])}
    assert tracks <= set(catalogue.TRACKS)
