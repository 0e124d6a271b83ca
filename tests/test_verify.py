"""`practice verify` and `practice new`: what a proof finds, keeps, tells and stores."""

import contextlib
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import termios
import textwrap
import time
from fcntl import ioctl
from pathlib import Path

import msgspec
import numpy as np
import psutil
import pytest

from grader import catalogue, mutants, no_ops, parts, pool, proof, proof_cache, proof_file, proof_keys, rewrites, verify
from grader.cli import proving, status_of
from grader.errors import ContentError, UsageError
from grader.promises import Promise, promise_of
from grader.proof_cache import Grade
from grader.report.proof import markdown
from grader.verify import Entry

CHECKOUT = catalogue.content_root()
SLUG = "columns"
PATIENCE_SECONDS = 120

ROWS = """\
# Mistake: the mean of each row instead of that of each column.
# Caught by: TestValues::test_columns
# Diagnosis: {diagnosis}


def center(x):
    return x - x.mean(axis=1, keepdims=True)
"""
IN_PLACE = """\
# Mistake: works in place.
# Caught by: TestManners::test_unchanged
# Diagnosis: changed its argument `x`


def center(x):
    x -= x.mean(axis=0)
    return x
"""


@pytest.fixture
def practice(capsys):
    """Run a command; gives exit status, standard output and standard error."""

    def run(*arguments):
        status = status_of([str(argument) for argument in arguments])
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A folder of problems with one, which lacks nothing."""
    root = tmp_path / "own"
    complete(root)
    monkeypatch.setenv("PRACTICE_PROBLEMS", str(root))
    monkeypatch.chdir(tmp_path)
    return root


@pytest.fixture
def shared_cache(tmp_path_factory, monkeypatch):
    """One cache for the tests of this module: what is as it was before need not be graded again."""
    monkeypatch.setenv("PRACTICE_HOME", str(tmp_path_factory.getbasetemp() / "verify-home"))
    monkeypatch.setattr(pool, "usable_cores", lambda: 1)  # one zygote to start, where there is little to grade


@pytest.fixture
def problem(root):
    return catalogue.load(SLUG, [root])


def complete(root):
    """What an author makes of the files that `practice new` writes: here the same, in other words."""
    from grader import skeleton

    for path in skeleton.create(SLUG, root):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".py" and path.parent.name != "wrong":
            text = text.replace('"""', '"""Ours: ', 1)
        path.write_text(text.replace("Columns", "The columns") + "\n", encoding="utf-8")
    problem, solutions = root / "problems" / SLUG, root / "solutions" / SLUG
    (problem / "followups.md").write_text("".join(f"## Why {i}?\n\nBecause.\n\n" for i in range(3)) + "Source: ours\n")
    with (problem / "README.md").open("a") as file:
        file.write("- Nothing else.\n")
    (solutions / "accepted" / "loop.py").write_text(
        "import numpy as np\n\n\ndef center(x):\n    return np.array([row - x.mean(axis=0) for row in x])\n"
    )
    (solutions / "wrong" / "rows.py").write_text(ROWS.format(diagnosis="centred by the mean of each row"))
    (solutions / "wrong" / "in_place.py").write_text(IN_PLACE)
    median = ROWS.replace("x.mean(axis=1, keepdims=True)", "np.median(x, axis=0)").replace(
        "\n\n\n", "\nimport numpy as np\n\n\n"
    )
    (solutions / "wrong" / "median.py").write_text(median.format(diagnosis="centred by the median"))
    for name in ("one", "two"):
        text = ROWS.format(diagnosis="centred by the mean of the whole array").replace("axis=1, keepdims=True", "")
        (solutions / "wrong" / f"whole_{name}.py").write_text(text + f"# {name}\n")


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


class TestNew:
    def test_can_be_graded_at_once(self, practice, tmp_path):
        status, out, err = practice("new", "my-problem", "--dir", tmp_path)
        assert (status, err) == (0, "")
        written = [line for line in out.splitlines() if line.startswith("/")]
        assert all(Path(line).is_file() for line in written)
        assert out.endswith(f"practice --problems {tmp_path} verify my-problem --watch\n")
        status, out, _ = practice("--problems", tmp_path, "verify", "my-problem")
        assert status == 1  # nothing of it is the author's yet
        assert re.search(r"(\d+) of \1 grades as promised", out)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(self.workspace(tmp_path))],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout

    def workspace(self, root):
        folder = root / "workspace"
        folder.mkdir()
        shutil.copy(root / "solutions" / "my-problem" / "reference.py", folder / "solution.py")
        return shutil.copy(root / "problems" / "my-problem" / "test_examples.py", folder)

    def test_lands_where_the_person_keeps_problems(self, practice, root):
        assert practice("new", "another")[0] == 0
        assert (root / "problems" / "another" / "problem.toml").is_file()

    @pytest.mark.parametrize(
        ("slug", "message"),
        [
            ("Relu", "error: `Relu` is no slug\n"),
            ("../x", "error: `../x` is no slug\n"),
            ("relu-backprop", "error: there is a problem `relu-backprop` already\n"),
        ],
    )
    def test_refuses(self, practice, tmp_path, slug, message):
        status, out, err = practice("new", slug, "--dir", tmp_path)
        assert (status, out) == (2, "")
        assert err.startswith(message)
        assert list(tmp_path.iterdir()) == []

    def test_touches_nothing_that_exists(self, practice, tmp_path):
        (tmp_path / "solutions" / "mine").mkdir(parents=True)
        status, _, err = practice("new", "mine", "--dir", tmp_path)
        assert status == 2
        assert "exists already; nothing was changed" in err
        assert not (tmp_path / "problems").exists()

    def test_a_folder_that_cannot_be_written(self, practice, tmp_path):
        (tmp_path / "file").write_text("")
        status, _, err = practice("new", "mine", "--dir", tmp_path / "file")
        assert status == 2
        assert err.startswith(f"error: `{tmp_path / 'file'}` cannot be written: not a directory\n")


class TestParts:
    def test_nothing_is_missing(self, problem):
        assert parts.missing_parts(problem) == []

    def test_in_the_order_of_work(self, tmp_path):
        from grader import skeleton

        skeleton.create("fresh", tmp_path)
        found = parts.missing_parts(catalogue.load("fresh", [tmp_path]))
        files = [re.match(r"`([^`]+)`", line)[1].partition("/")[2].partition("/")[2] for line in found]
        assert list(dict.fromkeys(name.partition("/")[0] for name in files)) == [
            "problem.toml", "README.md", "stub.py", "test_examples.py", "reference.py", "test_hidden.py", "accepted",
            "wrong", "hints.md", "followups.md",
        ]  # fmt: skip
        assert sum("still as `practice new` wrote it" in line for line in found) == 10

    @pytest.mark.parametrize(
        ("file", "old", "new", "line"),
        [
            ("problem.toml", "minutes = 10", 'minutes = 10\nprerequisites = ["no-such"]',
             "`problems/columns/problem.toml`: there is no problem `no-such`, which `prerequisites` names"),
            ("README.md", "center", "centre", "`problems/columns/README.md` does not name the entry point `center`"),
            ("stub.py", "def center", "def centre",
             "`problems/columns/stub.py` does not define the entry point `center`"),
            ("test_examples.py", "def test_", "def try_", "`problems/columns/test_examples.py` has no test"),
            ("test_hidden.py", "class TestManners", "class TestOthers",
             "`problems/columns/test_hidden.py` has no test of the rubric group `manners` (class `TestManners`)"),
            ("test_hidden.py", '        """The argument is left as it was"""\n', "",
             "has no title (the first line of its docstring)"),
            ("test_hidden.py", "        checks.unchanged(", "        assert rng\n        checks.unchanged(",
             "a plain `assert` cannot say what was expected; use `checks`"),
            ("test_hidden.py", "class TestManners:", "class TestManners",
             "`problems/columns/test_hidden.py`, line 21: expected ':'"),
            ("hints.md", "## Hint 3", "## Hint 4", "hints.md` has 3 hints, expected 3: `## Hint 1` to `## Hint 3`"),
            ("hints.md", "## Hint 3", "```\ncode\n```\n\n## Hint 3", "hints.md` has a block of code"),
            ("followups.md", "## Why 2?", "Why 2?", "`problems/columns/followups.md` has 2 of at least 3 questions"),
            ("followups.md", "## Why 1?\n\nBecause.", "## Why 1?", "followups.md`: “Why 1?” has no answer"),
            ("followups.md", "Source: ours", "", "`problems/columns/followups.md` names no source"),
        ],
    )  # fmt: skip
    def test_of_the_problem(self, root, file, old, new, line):
        edit(root / "problems" / SLUG / file, old, new)
        found = parts.missing_parts(catalogue.load(SLUG, [root]))
        assert any(line in each for each in found), found

    @pytest.mark.parametrize("file", ["README.md", "stub.py", "test_examples.py", "test_hidden.py", "hints.md"])
    def test_a_missing_file(self, root, problem, file):
        (root / "problems" / SLUG / file).unlink()
        assert f"`problems/{SLUG}/{file}` is missing" in parts.missing_parts(problem)
        (root / "problems" / SLUG / file).write_text(" \n")
        assert f"`problems/{SLUG}/{file}` is empty" in parts.missing_parts(problem)

    @pytest.mark.parametrize(
        ("old", "new", "line"),
        [
            ("# Mistake", "# Error", "its first lines lack `# Mistake:`, `# Caught by:` or `# Diagnosis:`"),
            ("test_columns", "test_rows", "there is no hidden test `TestValues::test_rows`"),
            ("centred by the mean of each row", "has wrong values", "“has wrong values” would fit any mistake"),
        ],
    )
    def test_of_a_wrong_solution(self, root, problem, old, new, line):
        edit(root / "solutions" / SLUG / "wrong" / "rows.py", old, new)
        (found,) = parts.missing_parts(problem)
        assert found.startswith("`solutions/columns/wrong/rows.py`") and line in found

    def test_too_few(self, root, problem):
        (root / "solutions" / SLUG / "wrong" / "rows.py").unlink()
        (root / "solutions" / SLUG / "accepted" / "loop.py").unlink()
        assert parts.missing_parts(problem) == [
            "`solutions/columns/accepted` has 1 of at least 2 files: 1 more",
            "`solutions/columns/wrong` has 5 of at least 6 files: 1 more",
        ]


class TestPromise:
    @pytest.mark.parametrize(
        "diagnosis",
        ["has wrong values", "`grad_x` has wrong values", "values differ", "wrong answer", "Wrong.", "error", "x", "…"],
    )
    def test_vague(self, diagnosis):
        assert Promise("m", "load", diagnosis).is_vague

    @pytest.mark.parametrize(
        "diagnosis",
        ["this is the sum, not the mean", "grad_x[0] = 1, expected 0", "NoneType", "`logits` has the wrong shape",
         "`numpy.tanh` is not allowed", "`f` is missing", "eps is ignored"],
    )  # fmt: skip
    def test_specific(self, diagnosis):
        assert not Promise("m", "load", diagnosis).is_vague

    def test_read_from_the_first_lines(self):
        assert promise_of(ROWS.encode()).caught_by == "TestValues::test_columns"
        assert promise_of(b"\n" * 9 + ROWS.encode()) is None


def entry(name, seed=1, verdict="passed", caught_by="", kind="accepted", tests=(), trouble=""):
    return Entry(kind, name, seed, Grade(verdict, 0.0, caught_by, tests=tuple(tests)), trouble)


class TestWhatFollowsFromManyGrades:
    def test_flips(self):
        same = [entry("a.py", seed) for seed in range(3)]
        other = [entry("b.py", seed) for seed in range(3)] + [entry("b.py", 7, "wrong answer", "TestX::test_y")]
        moved = [entry("c.py", 1, "wrong answer", "A::a"), entry("c.py", 2, "wrong answer", "A::b")]
        assert verify.flips([*same, *other, *moved]) == [
            "b.py: passed (3 seeds), wrong answer at TestX::test_y (seed 7)",
            "c.py: wrong answer at A::a (seed 1), wrong answer at A::b (seed 2)",
        ]

    def test_tests_that_catch_nothing_first(self):
        entries = [
            entry("reference.py", kind="reference", tests=["A::a", "A::b", "B::c"]),
            entry("w.py", verdict="wrong answer", caught_by="A::b", kind="wrong"),
            entry("stub.py", verdict="runtime error", caught_by="A::a", kind="stub"),
        ]
        assert verify.tests_without_catch(entries) == ["A::a", "B::c"]
        assert verify.tests_without_catch(entries, ["B::c", "load"]) == ["A::a"]


def module(source):
    names = {}
    exec(compile(source, "made.py", "exec"), names)
    return names


class TestRewrites:
    SOURCE = '''
        """Doc."""
        from __future__ import annotations
        import numpy as np

        class Scale:
            def __call__(self, x):
                return 2 * x

        def all_of(x, w, v):
            # a comment
            return {"sum": x.sum(), "rows": (x.mean(axis=1, keepdims=True), [np.sum(x, 0), np.mean([1, 2])]),
                    "products": (x @ w, x @ v, v @ w, v @ v, x.T @ x), "count": (x > 0).sum(), "kept": x}
    '''

    def made(self, problem, tmp_path, **keys):
        path = tmp_path / "solutions"
        path.mkdir()
        (path / "reference.py").write_text(textwrap.dedent(self.SOURCE))
        file = msgspec.structs.replace(problem.file, entry_points=["all_of", "Scale"], **keys)
        return dict(rewrites.rewrites(catalogue.Problem("made", problem.folder, path, file)))

    def values(self, source):
        rng = np.random.default_rng(3)
        x, w, v = rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), rng.normal(size=3)
        got = module(source)["all_of"](x, w, v)
        return [got["sum"], got["rows"][0], *got["rows"][1], *got["products"], got["count"], got["kept"]]

    def test_are_right(self, problem, tmp_path):
        made = self.made(problem, tmp_path, rewrites=["float32"])
        assert [name.removeprefix("rewrite: ") for name in made] == [
            "without comments", "arrays laid out otherwise", "sums in the other order", "float32 inside",
        ]  # fmt: skip
        expected = self.values(textwrap.dedent(self.SOURCE))
        for name, source in made.items():
            tolerance = 1e-5 if "float32" in name else 1e-13
            for got, want in zip(self.values(source), expected, strict=True):
                assert np.shape(got) == np.shape(want)
                np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance, err_msg=name)
            assert module(source)["Scale"]()(3) == 6

    def test_do_what_they_say(self, problem, tmp_path):
        made = self.made(problem, tmp_path, rewrites=["float32"])
        assert b"a comment" not in made["rewrite: without comments"]
        assert not any(
            value.flags.c_contiguous for value in self.values(made["rewrite: arrays laid out otherwise"])
            if np.ndim(value) and value.shape[-1] > 1
        )  # fmt: skip
        assert self.values(made["rewrite: float32 inside"])[-1].dtype == np.float32
        assert made["rewrite: sums in the other order"].count(b"_reduce(") == 1 + 5
        assert made["rewrite: sums in the other order"].count(b"_matmul(") == 1 + 5

    def test_only_the_text_where_values_may_be_tensors(self, problem, tmp_path):
        assert list(self.made(problem, tmp_path, backend="keras")) == ["rewrite: without comments"]


class TestNoOps:
    def test_answers(self, problem):
        made = {name.removeprefix("no-op: "): module(source)["center"] for name, source in no_ops.no_ops(problem)}
        x = {"a": np.ones((2, 3)), "b": [1, 2.0, "c"]}
        assert made["none"](x) is None
        assert made["first_argument"](x, 1) is x
        zeros = made["zeros"](x)
        np.testing.assert_array_equal(zeros["a"], np.zeros((2, 3)))
        assert zeros["b"] == [0, 0.0, 0]

    def test_classes(self, root):
        path = root / "problems" / SLUG / "stub.py"
        path.write_text("class center:\n    def __init__(self, n): ...\n    def step(self, x): ...\n")
        made = dict(no_ops.no_ops(catalogue.load(SLUG, [root])))
        assert module(made["no-op: first_argument"])["center"](3).step(5) == 5

    def test_a_high_score_is_named(self):
        made = Proof(no_ops={"stub.py": 0, "none": 24.9, "first_argument": 40})
        assert list(proof.rewarded(made)) == ["an answer that returns its first argument earns 40 of 100 points"]


def Proof(**values):
    usual = {
        "content": "c",
        "judge": "j",
        "environment": "e",
        "first_seed": 1,
        "seeds": 2,
        "wrong_seeds": 2,
        "busy": False,
    }
    return proof.Proof(**{**usual, **values})


class TestKeys:
    def key(self, root, source=b"x = 1", seed=1, fail_fast=False, busy=False, first=""):
        return proof_keys.grade_keys(catalogue.load(SLUG, [root]), busy=busy)(source, seed, fail_fast, first)

    def test_every_ingredient_counts(self, root):
        keys = [self.key(root), self.key(root, b"x = 2"), self.key(root, seed=2), self.key(root, fail_fast=True),
                self.key(root, busy=True), self.key(root, first="TestValues::test_columns")]  # fmt: skip
        for file, old, new in [
            ("test_hidden.py", "5, 3", "6, 3"), ("problem.toml", "cpu_seconds = 5", "cpu_seconds = 4"),
            ("stub.py", "x: np", "y: np"),
        ]:  # fmt: skip
            edit(root / "problems" / SLUG / file, old, new)
            keys.append(self.key(root))
        (root / "problems" / SLUG / "support.py").write_text("y = 1")
        keys.append(self.key(root))
        assert len(set(keys)) == len(keys)

    def test_what_no_verdict_depends_on(self, root):
        first = self.key(root)
        folder = root / "problems" / SLUG
        for name in ("README.md", "hints.md", "followups.md", "test_examples.py"):
            (folder / name).write_text("other")
        (folder / "__pycache__").mkdir()
        (folder / "__pycache__" / "stub.pyc").write_bytes(b"")
        (folder / ".draft").write_text("")
        edit(root / "solutions" / SLUG / "reference.py", "axis=0", "axis=1")
        assert self.key(root) == first

    def test_the_reference_counts_where_the_suite_uses_it(self, root):
        edit(root / "problems" / SLUG / "test_hidden.py", "Hidden suite", "The reference is a yardstick")
        first = self.key(root)
        edit(root / "solutions" / SLUG / "reference.py", "axis=0", "axis=1")
        assert self.key(root) != first

    def test_content_is_both_folders(self, root, problem):
        first = proof_keys.content_digest(problem)
        edit(root / "solutions" / SLUG / "wrong" / "rows.py", "axis=1", "axis=-1")
        second = proof_keys.content_digest(problem)
        (root / "solutions" / SLUG / "equivalent.toml").write_text("")
        assert len({first, second, proof_keys.content_digest(problem)}) == 3

    def test_the_judge_is_all_that_takes_part_in_a_verdict(self, monkeypatch):
        first = proof_keys.judge_digest()
        read = Path.read_bytes
        changed = {}
        for name in ("judge", "checks/values", "sandbox/worker", "wire", "plugin", "cli/author", "report/text"):
            proof_keys.judge_digest.cache_clear()
            path = proof_keys.PACKAGE / f"{name}.py"
            monkeypatch.setattr(Path, "read_bytes", lambda p, path=path: read(p) + (b"\n#" if p == path else b""))
            changed[name] = proof_keys.judge_digest() != first
        proof_keys.judge_digest.cache_clear()
        assert [name for name, value in changed.items() if not value] == ["cli/author", "report/text"]


class TestCache:
    def test_a_grade_comes_back(self):
        grade = Grade("wrong answer", 12.5, "A::a", "words", ("A::a",), (), 0.5)
        proof_cache.store("ab" * 16, grade)
        assert proof_cache.load("ab" * 16) == grade
        assert proof_cache.load("cd" * 16) is None
        assert [path.suffix for path in proof_cache.folder().rglob("*") if path.is_file()] == [".json"]

    def test_what_is_damaged_is_not_there(self):
        proof_cache.store("ab" * 16, Grade("passed", 100.0))
        (path,) = (path for path in proof_cache.folder().rglob("*") if path.is_file())
        path.write_text('{"verdict":')
        assert proof_cache.load("ab" * 16) is None

    def test_no_cache_is_no_error(self, practice_home):
        (practice_home / "cache").write_text("a file is in the way")
        proof_cache.store("ab" * 16, Grade("passed", 100.0))
        assert proof_cache.load("ab" * 16) is None
        proof_cache.prune()

    def test_old_ones_are_forgotten(self):
        for key in ("ab" * 16, "cd" * 16):
            proof_cache.store(key, Grade("passed", 100.0))
        old = time.time() - proof_cache.OLDEST_SECONDS - 60
        os.utime(proof_cache._path("ab" * 16), (old, old))
        proof_cache.prune()
        assert proof_cache.load("ab" * 16) is None
        assert proof_cache.load("cd" * 16) is not None


@pytest.mark.usefixtures("shared_cache")
class TestProof:
    """The command, on one small problem; every test makes a few grades."""

    def test_the_whole(self, practice, root, tmp_path):
        status, out, err = practice("verify", SLUG, "--mutants", "--seeds", 2, "--report", tmp_path / "report")
        assert (status, err) == (0, "")
        assert "✗" not in out
        assert "\n  answers that do nothing, of 100 points: stub.py 0, none 20, first_argument 20, zeros 20\n" in out
        assert "\n  28 of 28 grades as promised, seeds 1 to 2\n" in out
        assert out.endswith(
            "\n  7 mutants: 7 killed, 0 equivalent, 0 survived; 100.0 % of those that are not equivalent killed\n"
        )
        stored = json.loads((tmp_path / "report" / "proof.json").read_text())
        assert stored["schema_version"] == 1
        assert stored["totals"] == {
            "problems": 1, "hold": 1, "tests": 2, "accepted": 2, "rewrites": 3, "wrong": 6, "grades": 28, "mutants": 7,
            "killed": 7, "equivalent": 0, "survivors": 0,
        }  # fmt: skip
        table = (tmp_path / "report" / "proof.md").read_text()
        assert "| `columns` | 2 | 2 | 3 | 6 | 2 | 7 | 7 | 0 | 0 | ✓ holds |\n" in table
        again = practice("verify", SLUG, "--mutants", "--seeds", 2)[1]
        assert "(35 grades from the cache)" in again

    def test_names_what_is_wrong(self, practice, root, tmp_path):
        edit(root / "solutions" / SLUG / "wrong" / "rows.py", "of each row\n", "of every row\n")
        edit(
            root / "solutions" / SLUG / "wrong" / "median.py", "TestValues::test_columns", "TestManners::test_unchanged"
        )
        shutil.copy(root / "solutions" / SLUG / "reference.py", root / "solutions" / SLUG / "wrong" / "right.py")
        shutil.copy(root / "solutions" / SLUG / "wrong" / "rows.py", root / "solutions" / SLUG / "accepted" / "rows.py")
        status, out, _ = practice("verify", SLUG)
        assert status == 1
        troubles = dict(re.findall(r"✗ (\S+) \(seed 1\): (.*)", out))
        assert troubles["wrong/rows.py"].startswith("the report does not say “centred by the mean of every row”: ")
        assert troubles["wrong/median.py"].startswith(
            "caught by TestValues::test_columns, promised TestManners::test_unchanged: "
        )
        assert troubles["wrong/right.py"] == "it passes"
        assert troubles["accepted/rows.py"].startswith("wrong answer at TestValues::test_columns: ")
        assert len(troubles) == 4

    def test_records_that_do_not_hold(self, practice, root):
        reference = root / "solutions" / SLUG / "reference.py"
        edit(reference, "return x - x.mean", "scale = 1.0\n    return scale * x - x.mean")
        code = next(m.code for m in mutants.generate(reference.read_text()) if m.function == "center")
        equivalent = root / "solutions" / SLUG / "equivalent.toml"
        equivalent.write_text(
            f'[[mutant]]\nline = "scale = 1.0"\nchange = "1.0 becomes 2.0"\nreason = "no"\ncode = "{code}"\n'
            '[[mutant]]\nline = "scale = 1.0"\nchange = "1.0 becomes 3.0"\nreason = "no"\n'
            '[[mutant]]\nline = "return scale * x - x.mean(axis=0)  # (n, d) - (d,)"\nchange = "- becomes +"\n'
            'reason = "no"\ncode = "0123456789ab"\n'
        )
        status, out, _ = practice("verify", SLUG, "--only", "reference.py", "--mutants")
        stale = re.findall(r"stale record of an equivalent mutant: (.*)", out)
        assert status == 1
        assert stale[0].startswith(
            "1.0 becomes 2.0 in `scale = 1.0`: TestValues::test_columns kills it (line 7, column "
        )
        assert stale[1] == "1.0 becomes 3.0 in `scale = 1.0`: the reference has no such line and change any more"
        assert "the code around it has changed (now `code = " in stale[2]
        assert len(stale) == 3

    def test_a_survivor_is_shown_with_its_diff(self, practice, root):
        path = root / "problems" / SLUG / "test_hidden.py"
        text = path.read_text().replace(
            "checks.close(submission.center(x), expected", "checks.array(submission.center(x)"
        )
        path.write_text(text.replace(", mistakes=mistakes", ""))
        status, out, _ = practice("verify", SLUG, "--only", "reference.py", "--mutants")
        mutant = next(mutants.generate((root / "solutions" / SLUG / "reference.py").read_text()))
        assert (
            "  ✗ survivor, line 7 in `center`: - becomes +\n"
            "      - return x - x.mean(axis=0)\n"
            "      + return x + x.mean(axis=0)\n"
            "      if it changes nothing, in equivalent.toml:\n"
        ) in out
        record = re.search(r"^        \[\[mutant\]\]\n(?:        \w+ = .*\n)+", out, re.MULTILINE)[0]
        file = root / "solutions" / SLUG / "equivalent.toml"
        file.write_text(textwrap.dedent(record))
        assert practice("verify", SLUG, "--mutants")[0] == 2  # a reason is asked for
        file.write_text(textwrap.dedent(record).replace('""', '"a reason"'))
        assert [each.code for each in mutants.equivalents(file.parent)] == [mutant.code]
        _, out, _ = practice("verify", SLUG, "--only", "reference.py", "--mutants")
        assert f"survivor, line 7 in `center`: {mutant.change}" not in out
        assert "of those that are not equivalent killed" in out
        assert status == 1

    def test_a_suite_that_fails_is_named_and_not_taken_for_a_kill(self, practice, root):
        close = "        checks.close(submission.center(x)"
        suite = root / "problems" / SLUG / "test_hidden.py"
        edit(suite, close, f"        {{True: 0}}[bool(submission.center(x)[0, 0] == expected[0, 0])]\n{close}")
        status, out, _ = practice("verify", SLUG, "--only", "wrong/rows.py")
        assert status == 1
        assert "✗ wrong/rows.py (seed 1): the suite or the grader failed, not the solution: the hidden suite of" in out
        assert "KeyError: False" in out

    def test_a_verdict_that_depends_on_the_seed(self, practice, root):
        edit(
            root / "problems" / SLUG / "test_hidden.py",
            "        checks.unchanged(",
            "        checks.that(rng.random() < 0.5, 'tails')\n        checks.unchanged(",
        )
        status, out, _ = practice("verify", SLUG, "--only", "loop.py", "--seeds", 12)
        assert status == 1
        (flip,) = re.findall(r"✗ the verdict depends on the seed: (.*)", out)
        assert re.fullmatch(
            r"accepted/loop.py: (passed|wrong answer at TestManners::test_unchanged) \(\d+ seeds\), "
            r"(passed|wrong answer at TestManners::test_unchanged) \(\d+ seeds\)",
            flip,
        )
        assert flip.count("passed") == 1

    def test_further_seeds_of_a_wrong_solution_begin_with_what_it_promises(self, practice, root):
        wrong = root / "solutions" / SLUG / "wrong" / "rows.py"
        text = ROWS.format(diagnosis="changed its argument `x`").replace("    return", "    x -= 1\n    return")
        wrong.write_text(text.replace("TestValues::test_columns", "TestManners::test_unchanged"))
        _, out, _ = practice("verify", SLUG, "--only", "rows.py", "--seeds", 3)
        late = "wrong/rows.py (seed 1): caught by TestValues::test_columns, promised TestManners::test_unchanged"
        assert late in out  # in file order, another test is before it
        assert "(seed 2)" not in out
        assert "wrong/rows.py: wrong answer at TestManners::test_unchanged (2 seeds), wrong answer at TestValues" in out

    def test_rules_that_catch_nothing(self, practice, root):
        (root / "solutions" / SLUG / "wrong" / "in_place.py").unlink()
        _, out, _ = practice("verify", SLUG)
        assert "  - no wrong solution is first caught by TestManners::test_unchanged\n" in out


@pytest.mark.usefixtures("shared_cache")
class TestChanged:
    def test_only_what_differs(self, practice, root, monkeypatch):
        assert practice("verify", SLUG, "--mutants", "--report", root / "proof.json")[0] == 0
        status, out, _ = practice("verify", SLUG, "--changed")
        assert (status, out) == (0, f"{SLUG}: unchanged\n")
        (root / "problems" / SLUG / "hints.md").write_text("## Hint 1\n\nOther\n")
        assert practice("verify", SLUG, "--changed")[1] == f"{SLUG}: unchanged\n"
        edit(root / "solutions" / SLUG / "wrong" / "rows.py", "of each row\n", "of every row\n")
        status, out, _ = practice("verify", SLUG, "--changed")
        assert status == 1
        assert "the report does not say" in out
        assert out.endswith(f"verify {SLUG} --mutants --seeds 20 --report {root / 'proof.json'}\n")

    def test_another_judge(self, practice, root, monkeypatch):
        practice("verify", SLUG, "--report", root)
        monkeypatch.setattr(proof_keys, "judge_digest", lambda: "another")
        status, out, _ = practice("verify", SLUG, "--changed")
        assert (status, out) == (0, f"{SLUG}: unchanged, though proved with another judge or library\n")
        waiting, hold = proving.still_to_prove([catalogue.load(SLUG, [root])], also_outdated=True)
        assert ([problem.slug for problem in waiting], hold) == ([SLUG], True)

    def test_a_stored_proof_that_does_not_hold(self, practice, root, problem):
        bad = Proof(content=proof_keys.content_digest(problem), troubles=("wrong/x.py (seed 1): it passes",))
        proof_file.store(root / "proof.json", {SLUG: bad}, {SLUG})
        status, out, _ = practice("verify", SLUG, "--changed")
        assert status == 1
        assert out == f"{SLUG}: its stored proof does not hold: wrong/x.py (seed 1): it passes\n"


@pytest.mark.usefixtures("shared_cache")
class TestWatch:
    def test_tells_what_is_next(self, practice, root, capsys):
        folder, wrong = root / "problems" / SLUG, root / "solutions" / SLUG / "wrong" / "rows.py"
        (folder / "hints.md").unlink()

        def changes(where, slug):
            assert (where, slug) == (root, SLUG)
            edit(wrong, "of each row\n", "of every row\n")
            (folder / "hints.md").write_text("".join(f"## Hint {i}\n\nLook.\n\n" for i in (1, 2, 3)))
            yield
            edit(folder / "problem.toml", "minutes = 10", "minutes = no")
            yield
            edit(folder / "problem.toml", "minutes = no", "minutes = 10")
            edit(wrong, "of every row\n", "of each row\n")
            yield

        plan = proof.Plan([1], [1])
        assert proving.watch(SLUG, [root], proving.Work(plan, 1), changes) == 0
        first, second, third, fourth = re.split(r"(?m)^columns: ", capsys.readouterr().out)[1:]
        assert first.startswith("1 thing to do\n  next: `problems/columns/hints.md` is missing\nwaiting for a change;")
        assert second.startswith(
            "1 thing to do\n  next: wrong/rows.py: the report does not say “centred by the mean of"
        )
        assert "problem.toml" in third
        assert fourth.startswith("nothing is missing, 16 grades as promised\n")

    def test_by_the_file_system(self, root):
        seen = proving._file_changes(root, SLUG)
        from threading import Timer

        def write():
            (root / "problems" / SLUG / "hints.md").write_text("changed")

        timers = [Timer(delay, write) for delay in (0.5, 2.0, 5.0)]
        for timer in timers:
            timer.start()
        try:
            ((_, path),) = next(seen)
        finally:
            for timer in timers:
                timer.cancel()
        assert Path(path).name == "hints.md"


class TestUsage:
    def check(self, done, message, hint=""):
        status, out, err = done
        assert (status, out) == (2, "")
        assert err.startswith(f"error: {message}\n")
        assert hint in err
        assert "Traceback" not in err

    def test_an_unknown_slug(self, practice, root):
        self.check(practice("verify", "colums"), "there is no problem `colums`", "did you mean `columns`")

    def test_a_folder_without_problem_toml(self, practice, root):
        (root / "problems" / "empty").mkdir()
        self.check(practice("verify", "empty"), f"`{root / 'problems' / 'empty'}` has no `problem.toml`")

    def test_what_cannot_be_graded_is_one_line_for_each_part(self, practice, root):
        (root / "solutions" / SLUG / "reference.py").unlink()
        status, out, err = practice("verify", SLUG, "--mutants")
        assert (status, err) == (1, "")
        assert out.startswith(f"{SLUG}\n  ✗ `solutions/{SLUG}/reference.py` is missing\n")
        assert "\n  nothing was graded\n" in out

    def test_a_malformed_record(self, practice, root):
        (root / "solutions" / SLUG / "equivalent.toml").write_text("[[mutant]\n")
        status, _, err = practice("verify", SLUG)
        assert status == 2
        assert err.startswith(f"error: `{root / 'solutions' / SLUG / 'equivalent.toml'}`: Expected")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--only", "x", "--report", "r"], "a part of a proof is no proof"),
            (["--only", "x", "--changed"], "a part of a proof is no proof"),
            (["--watch", "--mutants"], "--watch grades the solutions only"),
            (["relu-backprop", "--watch"], "--watch looks at one problem"),
            (["--seeds", "0"], "invalid value for `--seeds`: 0 is not in the range x>=1"),
        ],
    )
    def test_options_that_do_not_go_together(self, practice, root, arguments, message):
        self.check(practice("verify", SLUG, *arguments), message)

    def test_a_name_that_no_solution_has(self, practice, root):
        status, _, err = practice("verify", SLUG, "--only", "nothing")
        assert status == 2
        assert err.startswith("error: no solution is called like `nothing`")

    def test_several_patterns(self, practice, root):
        status, out, err = practice("verify", SLUG, "--only", "loop.py", "--only", "wrong/rows", "--only", "nothing")
        assert status == 2
        assert "2 of 2 grades as promised" in out
        assert err.startswith("error: no solution is called like `nothing`")

    def test_a_pattern_for_mutants(self, practice, root):
        status, _, err = practice("verify", SLUG, "--mutants", "--only", "mutant*")
        assert status == 2
        assert "mutants are those of `reference.py`" in err

    def test_a_report_that_cannot_be_written(self, root, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(UsageError, match="cannot be written"):
            proof_file.store(tmp_path / "file" / "proof.json", {}, set())

    def test_a_report_that_is_none(self, tmp_path):
        (tmp_path / "proof.json").write_text('{"problems": {"x": 1}}')
        with pytest.raises(ContentError, match=r"is no file of proofs: Expected `object`, got `int`"):
            proof_file.load(tmp_path / "proof.json")


class TestStored:
    def test_others_are_kept_and_those_that_are_gone_dropped(self, tmp_path):
        path = tmp_path / "proof.json"
        proof_file.store(path, {"b": Proof(wrong=2), "gone": Proof()}, {"a", "b", "gone"})
        stored = proof_file.store(path, {"a": Proof(wrong=1)}, {"a", "b"})
        assert {slug: each.wrong for slug, each in stored.problems.items()} == {"a": 1, "b": 2}
        assert list(stored.problems) == ["a", "b"]
        assert stored.totals.wrong == 3
        assert proof_file.load(path) == stored
        assert list(tmp_path.iterdir()) == [path]

    def test_fewer_than_95_percent_do_not_hold(self):
        assert Proof(mutants=proof.MutantTable(20, 19, 0, ("s",))).defects == []
        assert Proof(mutants=proof.MutantTable(20, 18, 0, ("s", "t"))).defects == [
            "90.0 % of the mutants killed, expected 95 %"
        ]
        assert Proof(mutants=proof.MutantTable(40, 18, 21, ("s",))).defects == [
            "94.7 % of the mutants killed, expected 95 %"
        ]
        assert Proof(mutants=proof.MutantTable(0, 0, 0)).defects == []
        assert Proof(mutants=proof.MutantTable(2000, 1899, 0, ("s",) * 101)).defects == [
            "94.9 % of the mutants killed, expected 95 %"
        ]

    def test_all_killed_is_said_of_all_only(self):
        killed = {"p": Proof(mutants=proof.MutantTable(3292, 3291, 0, ("s",)))}
        assert "3291 of 3292 mutants that are not equivalent are killed (99.9 %)" in proof_file.summary(
            proof_file.totals(killed)
        )
        assert "3291, 99.9 % of those" in markdown(proof_file.ProofFile(1, proof_file.totals(killed), killed))

    def test_markdown(self):
        bad = Proof(
            mutants=proof.MutantTable(4, 2, 0, ("line 3: + becomes -\n- a + b\n+ a - b",), ("x in `y`: gone",)),
            troubles=("wrong/a.py (seed 1): it passes",), flips=("b.py: passed (1 seeds)",), uncaught=("A::a",),
            no_ops={"none": 60.0}, wrong=1,
        )  # fmt: skip
        text = markdown(proof_file.ProofFile(1, proof_file.totals({"p": bad}), {"p": bad}))
        assert "| `p` | 0 | 0 | 0 | 1 | 2 | 4 | 2 | 0 | 1 | ✗ does not hold |" in text
        assert "Survivor, line 3: + becomes -\n\n```diff\n- a + b\n+ a - b\n```" in text
        for line in ("- wrong/a.py (seed 1): it passes", "- stale record of an equivalent mutant: x in `y`: gone",
                     "- `A::a`", "- an answer that returns None earns 60 of 100 points"):  # fmt: skip
            assert f"{line}\n" in text

    @pytest.mark.skipif(not (CHECKOUT / proof_file.NAME).is_file(), reason="no proof has been stored yet")
    def test_the_readme_shows_the_stored_totals(self):
        stored = proof_file.load(CHECKOUT / proof_file.NAME)
        assert stored.totals == proof_file.totals(stored.problems)
        readme = " ".join((CHECKOUT / "README.md").read_text(encoding="utf-8").split())
        assert proof_file.summary(stored.totals) in readme


class TestInterrupted:
    def start(self, count):
        """A long proof of which some grades are there; gives it and every process that belongs to it."""
        command = [sys.executable, "-m", "grader.cli", "verify", SLUG, "--seeds", "400", "--busy", "--jobs", "2"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(list(proof_cache.folder().glob("*/*.json"))) < count and time.monotonic() < deadline:
            time.sleep(0.1)
        return process, psutil.Process(process.pid).children(recursive=True)

    def test_ends_at_once_leaves_nothing_and_goes_on_where_it_stopped(self, root):
        process, family = self.start(3)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert (process.returncode, err) == (130, b"interrupted\n")
        assert psutil.wait_procs(family, timeout=20)[1] == []
        kept = len(list(proof_cache.folder().glob("*/*.json")))
        assert kept >= 3
        with pool.Pool(1, busy=True) as again:
            plan = verify.prove(
                catalogue.load(SLUG, [root]), range(1, 4), lambda kind, name: kind == "reference", again
            )
            assert all(not each.trouble for each in plan)
        assert again.from_cache > 0

    def test_killed_it_leaves_nothing(self, root):
        process, family = self.start(1)
        process.kill()
        process.communicate(timeout=PATIENCE_SECONDS)
        assert len(family) >= 4  # two that grade, two that burn
        assert psutil.wait_procs(family, timeout=20)[1] == []


@pytest.mark.usefixtures("shared_cache")
class TestProgress:
    COMMAND = ("verify", SLUG, "--only", "reference.py")

    def on_a_terminal(self, **environment):
        here, there = pty.openpty()
        ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
        shown = {"TERM": "xterm-256color", **environment}
        command = [sys.executable, "-m", "grader.cli", *self.COMMAND]
        process = subprocess.Popen(command, stdout=there, stderr=there, env={**os.environ, **shown})
        os.close(there)
        output = b""
        with contextlib.suppress(OSError):  # how a terminal says that nobody writes any more
            while part := os.read(here, 1 << 16):
                output += part
        os.close(here)
        assert process.wait(PATIENCE_SECONDS) == 0
        return output.decode()

    def test_a_bar_that_goes_away(self, root, practice):
        _, plain, err = practice(*self.COMMAND)
        assert err == ""
        assert "\x1b" not in plain
        output = self.on_a_terminal()
        assert "1/1" in output
        assert output.endswith("\x1b[?25h\r\x1b[1A\x1b[2K")
        assert output.count("  ✓ reference.py: passed") == 1

    def test_only_lines_where_nothing_can_be_erased(self, root):
        assert "\x1b" not in self.on_a_terminal(TERM="dumb")
