"""Mutants: each operator makes what it says, and every mutant is a program."""

import ast
import itertools
from pathlib import Path

import pytest

from grader import catalogue, mutants
from grader.errors import ContentError

REFERENCES = sorted((catalogue.content_root() / "solutions").glob("*/reference.py"))


@pytest.mark.parametrize(
    ("source", "change", "mutant"),
    [
        ("a + b", "+ becomes -", "a - b"),
        ("a - b", "- becomes +", "a + b"),
        ("a * b", "* becomes /", "a / b"),
        ("a / b", "/ becomes *", "a * b"),
        ("a ** b", "** becomes *", "a * b"),
        ("a // b", "// becomes *", "a * b"),
        ("a % b", "% becomes *", "a * b"),
        ("a & b", "& becomes |", "a | b"),
        ("a @ b", "operands of @ swapped", "b @ a"),
        ("(a + b) * c", "* becomes /", "(a + b) / c"),
        ("a < b", "< becomes <=", "a <= b"),
        ("a < b", "< becomes >=", "a >= b"),
        ("a >= b", ">= becomes >", "a > b"),
        ("a == b", "== becomes !=", "a != b"),
        ("a is None", "is becomes is not", "a is not None"),
        ("a in b", "in becomes not in", "a not in b"),
        ("a and b", "and and or swapped", "a or b"),
        ("-a", "minus or not dropped", "a"),
        ("not a", "minus or not dropped", "a"),
        ("x[3]", "3 becomes 4", "x[4]"),
        ("x[3]", "3 becomes 2", "x[2]"),
        ("x[0]", "0 becomes 1", "x[1]"),
        ("0.5", "0.5 becomes 1.0", "1.0"),
        ("0.0", "0.0 becomes 1.0", "1.0"),
        ("True", "True becomes False", "False"),
        ("a if c else b", "condition always true", "a"),
        ("a if c else b", "condition always false", "b"),
        ("np.sum(x)", "sum becomes mean", "np.mean(x)"),
        ("x.max()", "max becomes min", "x.min()"),
        ("np.zeros_like(x)", "zeros_like becomes ones_like", "np.ones_like(x)"),
        ("np.float64", "float64 becomes float32", "np.float32"),
        ("a.T", ".T dropped", "a"),
        ("a.T @ b", ".T dropped", "a @ b"),
        ("np.sqrt(x)", "sqrt(…) dropped", "x"),
        ("np.exp(x) + 1", "exp(…) dropped", "x + 1"),
        ("x.copy()", "copy(…) dropped", "x"),
        ("x.astype(int)", "astype(…) dropped", "x"),
        ("np.copy(x)", "copy(…) dropped", "x"),
        ("f(a, b)", "arguments of f swapped", "f(b, a)"),
        ("np.sum(x, axis=1)", "axis dropped", "np.sum(x)"),
        ("np.sum(x, axis=a, keepdims=k)", "keepdims dropped", "np.sum(x, axis=a)"),
        ("np.var(x, ddof=d)", "ddof dropped", "np.var(x)"),
    ],
)
def test_expressions(source, change, mutant):
    made = [m.source for m in mutants.generate(f"value = {source}") if m.change == change]
    assert made == [f"value = {mutant}"]


def test_one_place_at_a_time():
    made = [m.source for m in mutants.generate("value = a or b and c") if m.change == "and and or swapped"]
    assert made == ["value = a and (b and c)", "value = a or (b or c)"]


@pytest.mark.parametrize(
    ("source", "change", "mutant"),
    [
        ("x += 1", "+= becomes -=", "x -= 1"),
        ("x /= n", "/= becomes *=", "x *= n"),
        ("x += n", "statement deleted", "pass"),
        ("x = y", "statement deleted", "pass"),
        ("f()", "statement deleted", "pass"),
        ("raise ValueError", "statement deleted", "pass"),
        ("if a:\n    f(x)", "condition always true", "if True:\n    f(x)"),
        ("if a:\n    f(x)\nelse:\n    g(x)", "condition always false", "if False:\n    f(x)\nelse:\n    g(x)"),
        ("def f():\n    return x", "returns None", "def f():\n    return"),
    ],
)
def test_statements(source, change, mutant):
    assert mutant in [m.source for m in mutants.generate(source) if m.change == change]


@pytest.mark.parametrize(
    "source",
    [
        "pass",
        "import numpy as np",
        "'a docstring'",
        "def f():\n    '''Doc.'''\n    return",
        "x: int",
        "f'{x}'",
        "1j",
        "...",
        "b'a'",
    ],
)
def test_nothing_to_change(source):
    assert list(mutants.generate(source)) == []


def test_same_text_is_given_once():
    made = [m.source for m in mutants.generate("value = a < b")]
    assert sorted(made) == ["pass", "value = a <= b", "value = a >= b"]
    assert len(list(mutants.generate("value = f(a, a)"))) == 1  # swapping the arguments changes nothing


def test_line_and_text_are_those_of_the_source():
    source = "def f(x):  # a comment\n    y = (\n        x\n        + 1\n    )\n    return y\n"
    made = {m.change: (m.line, m.text) for m in mutants.generate(source)}
    assert made["+ becomes -"] == (3, "x")
    assert made["returns None"] == (6, "return y")
    assert made["1 becomes 2"] == (4, "+ 1")


@pytest.mark.parametrize("path", REFERENCES, ids=[path.parent.name for path in REFERENCES])
def test_references(path: Path):
    source = path.read_text(encoding="utf-8")
    made = list(itertools.islice(mutants.generate(source), 30))  # of a long one all would take minutes
    assert made == list(itertools.islice(mutants.generate(source), 30))
    assert len({m.source for m in made}) == len(made) >= 10
    original = ast.unparse(ast.parse(source))
    lines = source.splitlines()
    for mutant in made:
        assert mutant.source != original
        assert lines[mutant.line - 1].strip() == mutant.text
        compile(mutant.source, "mutant.py", "exec")


class TestEquivalents:
    def test_none(self, tmp_path):
        assert mutants.equivalents(tmp_path) == []

    def test_some(self, tmp_path):
        (tmp_path / "equivalent.toml").write_text(
            '[[mutant]]\nline = "x = 1"\nchange = "1 becomes 2"\nreason = "it is not used"\n', encoding="utf-8"
        )
        assert mutants.equivalents(tmp_path) == [mutants.Equivalent("x = 1", "1 becomes 2", "it is not used")]

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("[[mutant]\n", "Expected"),
            ('[[mutant]]\nline = "x"\nchange = "y"\n', "missing required field `reason`"),
            ('[[mutant]]\nline = "x"\nchange = "y"\nreason = "z"\nmore = 1\n', "unknown field `more`"),
            ('[[mutant]]\nline = 1\nchange = "y"\nreason = "z"\n', "Expected `str`, got `int`"),
            ('[mutant]\nline = "x"\n', "Expected `array`, got `object`"),
        ],
    )
    def test_malformed(self, tmp_path, text, reason):
        (tmp_path / "equivalent.toml").write_text(text, encoding="utf-8")
        with pytest.raises(ContentError) as caught:
            mutants.equivalents(tmp_path)
        assert str(tmp_path / "equivalent.toml") in caught.value.message
        assert reason in caught.value.message
