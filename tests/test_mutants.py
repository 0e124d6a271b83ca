"""Mutants: each operator makes what it says, and every mutant is a program."""

import ast
import itertools
from pathlib import Path

import msgspec
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
        ("bn(x, training=t)", "training dropped", "bn(x)"),
        ("a @ b", "@ becomes *", "a * b"),
        ("a + b", "right operand of + dropped", "a"),
        ("a / (b + c)", "right operand of / dropped", "a"),
        ("a and b", "operand 1 of and dropped", "b"),
        ("a or b or c", "operand 2 of or dropped", "a or c"),
        ("a < b <= c", "<= becomes <", "a < b < c"),
        ("max(a, key=f)", "max becomes min", "min(a, key=f)"),
        ("np.triu(m)", "triu becomes tril", "np.tril(m)"),
        ("np.float32", "float32 becomes float64", "np.float64"),
        ("x[:n]", "slice ends one earlier", "x[:n - 1]"),
        ("x[n:]", "slice begins one later", "x[n + 1:]"),
        ("x[:, None]", "new axis dropped", "x"),
        ("x[rows, None]", "new axis dropped", "x[rows]"),
        ("x[None]", "new axis dropped", "x"),
        ("range(n)", "range ends one earlier", "range(n - 1)"),
        ("range(n)", "range begins one later", "range(1, n)"),
        ("np.where(c, a, b)", "arguments 2 and 3 of where swapped", "np.where(c, b, a)"),
        ("x.transpose(0, 2, 1)", "transpose(…) dropped", "x"),
        ("np.swapaxes(x, 0, 1)", "swapaxes(…) dropped", "x"),
        ("x.reshape(n, -1)", "reshape(…) dropped", "x"),
        ("np.array(x)", "array(…) dropped", "x"),
        ("np.einsum('ij,jk -> ik', a, b)", "result of einsum transposed", "np.einsum('ij,jk->ki', a, b)"),
        ("[f(i) for i in x if i]", "filter dropped", "[f(i) for i in x]"),
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
        ("def f():\n    return (x, y)", "first two results swapped", "def f():\n    return (y, x)"),
        ("def f(x):\n    x = x - m", "works in place with -=", "def f(x):\n    x -= m"),
        ("p[k] = p[k] * r", "works in place with *=", "p[k] *= r"),
        ("def f(x):\n    return x - m", "- works in place on x", "def f(x):\n    return x.__isub__(m)"),
        (
            "def f(x):\n    return np.maximum(x, 0)",
            "maximum writes into its argument",
            "def f(x):\n    return np.maximum(x, 0, out=x)",
        ),
        ("for i in x:\n    f(i)", "loop never runs", "for i in []:\n    f(i)"),
        ("while a:\n    f()", "loop never runs", "while False:\n    f()"),
        ("for i in x:\n    break", "break becomes continue", "for i in x:\n    continue"),
        ("for i in x:\n    continue", "continue becomes break", "for i in x:\n    break"),
        ("x: int = y", "statement deleted", "pass"),
        ("del x", "statement deleted", "pass"),
        ("@d\ndef f():\n    pass", "decorator dropped", "def f():\n    pass"),
    ],
)
def test_statements(source, change, mutant):
    assert mutant in [m.source for m in mutants.generate(source) if m.change == change]


@pytest.mark.parametrize(
    ("source", "change"),
    [
        ("x = x - m", "works in place with -="),  # a number in a local name changes for nobody else
        ("def f(y):\n    return np.maximum(x, 0)", "maximum writes into its argument"),
        ("zip(a, b, strict=True)", "strict dropped"),
        ("np.einsum('ij->i', a)", "result of einsum transposed"),
        ("x[1:]", "slice begins one later"),  # as a constant
    ],
)
def test_what_is_left_alone(source, change):
    assert change not in [m.change for m in mutants.generate(source)]


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
        "def f(x: 1 | 2 = None) -> 3 < 4:\n    pass",
        "if __name__ == '__main__':\n    main(1)",
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


def test_texts_of_exceptions_are_left_alone():
    made = [m.change for m in mutants.generate("raise ValueError(f'{x + 1}', sorted(y))")]
    assert made == ["statement deleted"]


def test_names_the_function_around_it():
    source = "class A:\n    def f(self, x):\n        return lambda y: x @ y\n\n\nz = a @ b\n"
    made = {m.function: m.column for m in mutants.generate(source) if m.change == "operands of @ swapped"}
    assert made == {"A.f": 26, "": 5}


class TestDiff:
    def test_short_lines(self):
        made = next(m for m in mutants.generate("def f(x):\n    y = x\n    return x > y\n") if ">=" in m.change)
        assert made.diff() == ["- return x > y", "+ return x >= y"]

    def test_of_a_long_line_the_part_around_the_change(self):
        source = f"x = [{', '.join('abcdefghijklmnopqrstuvwxyz')}, p < q, {', '.join('abcdefghijklmnopqrstuvwxyz')}]"
        made = next(m for m in mutants.generate(source) if m.change == "< becomes <=")
        before, after = made.diff()
        assert before.startswith("- …") and before.endswith("…") and "p < q" in before and "p <= q" in after
        assert max(len(before), len(after)) < 72

    def test_of_a_deleted_statement(self):
        made = next(m for m in mutants.generate("def f():\n    g()\n    h()\n") if m.line == 2)
        assert made.diff() == ["- g()", "+ pass"]


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


class TestPins:
    """A record holds for the code that it was found in, and for no other."""

    SOURCE = "def f(x):\n    return x > 0 or x > 1\n\n\ndef g(x):\n    return x > 0 or x > 1\n"
    RECORD = mutants.Equivalent("return x > 0 or x > 1", "> becomes >=", "the same")

    def explained(self, source=SOURCE, **pins):
        record = msgspec.structs.replace(self.RECORD, **pins)
        return [(m.function, m.column) for m in mutants.generate(source) if record.explains(m)]

    def test_the_line_alone(self):
        assert self.explained() == [("f", 12), ("f", 21), ("g", 12), ("g", 21)]

    def test_function_and_column(self):
        assert self.explained(function="g") == [("g", 12), ("g", 21)]
        assert self.explained(function="g", column=21) == [("g", 21)]

    def test_code(self):
        code = next(m.code for m in mutants.generate(self.SOURCE) if m.function == "f")
        assert self.explained(code=code) == [("f", 12), ("f", 21)]
        changed = self.SOURCE.replace("def f(x):", "def f(x):\n    x = -x")
        assert self.explained(changed, function="f", code=code) == []
        assert self.explained(changed, function="f") == [("f", 12), ("f", 21)]

    def test_comments_and_layout_are_no_code(self):
        code = next(m.code for m in mutants.generate(self.SOURCE) if m.function == "f")
        assert self.explained(self.SOURCE.replace("def f(x):", "# new\ndef f( x ):"), code=code)


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
