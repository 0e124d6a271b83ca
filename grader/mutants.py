"""Mutants: wrong solutions made by machine, one small change of the reference solution each.

The operators are the usual ones of mutation testing (arithmetic, comparison, logic, constants, statement deletion) and
those mistakes that are typical of numeric code (axis, keepdims, sum for mean, a dropped transpose or copy, swapped
operands of a matrix product).

Source:
    Jia, Harman (2011), An Analysis and Survey of the Development of Mutation Testing, IEEE TSE 37(5), section 3.
"""

import ast
import copy
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from grader.errors import ContentError

EQUIVALENT_FILE = "equivalent.toml"

_BINARY: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div,), ast.Div: (ast.Mult,), ast.Pow: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,), ast.Mod: (ast.Mult,), ast.BitAnd: (ast.BitOr,), ast.BitOr: (ast.BitAnd,),
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}  # fmt: skip
_NAMES = {
    "sum": "mean", "mean": "sum", "max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum",
    "zeros": "ones", "ones": "zeros", "zeros_like": "ones_like", "ones_like": "zeros_like", "var": "std", "std": "var",
    "argmax": "argmin", "argmin": "argmax", "all": "any", "any": "all", "logical_and": "logical_or", "cos": "sin",
    "sin": "cos", "float64": "float32", "hstack": "vstack", "vstack": "hstack",
}  # fmt: skip
_DROPPED_CALLS = frozenset({"sqrt", "abs", "log", "exp", "copy", "square", "tanh", "transpose", "astype", "ravel"})
_DROPPED_ATTRIBUTES = frozenset({"T"})


@dataclass(frozen=True)
class Mutant:
    """A changed reference solution.

    Attributes:
        line: Number of the changed line in the reference.
        text: That line, stripped.
        change: What was changed, in words.
        source: The whole mutant.
    """

    line: int
    text: str
    change: str
    source: str


class Equivalent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mutant that no test can kill, because it computes the same; pinned to the line it was found in.

    Attributes:
        line: Text of the line, stripped.
        change: As `Mutant.change`.
        reason: Why it changes nothing that the statement asks for.
    """

    line: str
    change: str
    reason: str


def generate(source: str) -> Iterator[Mutant]:
    """Make every mutant of a source; those that come out the same text are given once."""
    lines = source.splitlines()
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    for number, node in enumerate(ast.walk(tree)):
        line = getattr(node, "lineno", None)
        if line is None:
            continue
        for index, (change, _) in enumerate(_options(node)):
            mutated = copy.deepcopy(tree)
            target = _at(mutated, number)
            _replace(mutated, target, _options(target)[index][1])
            text = ast.unparse(ast.fix_missing_locations(mutated))
            if text not in seen:
                seen.add(text)
                yield Mutant(line, lines[line - 1].strip(), change, text)


def equivalents(solutions: Path) -> list[Equivalent]:
    """The recorded equivalent mutants of a problem.

    Raises:
        ContentError: If the file is malformed.
    """
    path = solutions / EQUIVALENT_FILE
    if not path.is_file():
        return []
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(data.get("mutant", []), list[Equivalent])
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ContentError(f"`{path}`: {error}") from None


def _options(node: ast.AST) -> list[tuple[str, ast.AST | None]]:
    """(words, replacement) for each change of one node; None deletes a statement."""
    return list(_expression_options(node)) + list(_statement_options(node))


def _expression_options(node: ast.AST) -> Iterator[tuple[str, ast.AST | None]]:
    match node:
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            yield "operands of @ swapped", ast.BinOp(right, ast.MatMult(), left)
        case ast.BinOp(left=left, op=op, right=right):
            for other in _BINARY.get(type(op), ()):
                yield f"{_sign(op)} becomes {_sign(other())}", ast.BinOp(left, other(), right)
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand):
            yield "minus or not dropped", operand
        case ast.Compare(left=left, ops=[op], comparators=comparators):
            for another in _COMPARE.get(type(op), ()):
                yield f"{_sign(op)} becomes {_sign(another())}", ast.Compare(left, [another()], comparators)
        case ast.BoolOp(op=op, values=values):
            swapped: ast.boolop = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield "and and or swapped", ast.BoolOp(swapped, values)
        case ast.Constant(value=bool(value)):
            yield f"{value} becomes {not value}", ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield f"{value} becomes {value + 1}", ast.Constant(value + 1)
            if value > 0:
                yield f"{value} becomes {value - 1}", ast.Constant(value - 1)
        case ast.Constant(value=float(value)):
            yield f"{value} becomes {2 * value + (value == 0)}", ast.Constant(2 * value + (value == 0))
        case ast.IfExp(body=body, orelse=orelse):
            yield "condition always true", body
            yield "condition always false", orelse
        case ast.Attribute(value=value, attr=attr):
            if attr in _NAMES:
                yield f"{attr} becomes {_NAMES[attr]}", ast.Attribute(value, _NAMES[attr], ast.Load())
            if attr in _DROPPED_ATTRIBUTES:
                yield f".{attr} dropped", value
        case ast.Call():
            yield from _call_options(node)


def _call_options(call: ast.Call) -> Iterator[tuple[str, ast.AST | None]]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in _DROPPED_CALLS:
        inner = call.args[0] if call.args and name != "astype" else getattr(call.func, "value", None)
        if isinstance(inner, ast.expr) and not (isinstance(inner, ast.Name) and inner.id in ("np", "keras")):
            yield f"{name}(…) dropped", inner
    if len(call.args) == 2 and not any(isinstance(a, ast.Starred) for a in call.args):
        yield f"arguments of {name} swapped", ast.Call(call.func, call.args[::-1], call.keywords)
    for index, keyword in enumerate(call.keywords):
        if keyword.arg in ("axis", "keepdims", "axes", "dtype", "ddof"):
            rest = call.keywords[:index] + call.keywords[index + 1 :]
            yield f"{keyword.arg} dropped", ast.Call(call.func, call.args, rest)


def _statement_options(node: ast.AST) -> Iterator[tuple[str, ast.AST | None]]:
    match node:
        case ast.AugAssign(target=target, op=op, value=value):
            for other in _BINARY.get(type(op), ()):
                yield f"{_sign(op)}= becomes {_sign(other())}=", ast.AugAssign(target, other(), value)
            yield "statement deleted", None
        case ast.If(body=body, orelse=orelse):
            yield "condition always true", ast.If(ast.Constant(True), body, orelse)
            yield "condition always false", ast.If(ast.Constant(False), body, orelse)
        case ast.Expr(value=ast.Call()) | ast.Assign() | ast.Raise():
            yield "statement deleted", None
        case ast.Return(value=value) if value is not None:
            yield "returns None", ast.Return(None)


def _at(tree: ast.AST, number: int) -> ast.AST:
    return next(node for index, node in enumerate(ast.walk(tree)) if index == number)


def _replace(tree: ast.AST, target: ast.AST, replacement: ast.AST | None) -> None:
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if value is target:
                setattr(parent, field, replacement)
            elif isinstance(value, list):
                for index, item in enumerate(value):
                    if item is target:
                        value[index] = ast.Pass() if replacement is None else replacement


def _sign(operator: ast.AST) -> str:
    signs = {
        "Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "Pow": "**", "FloorDiv": "//", "Mod": "%", "BitAnd": "&",
        "BitOr": "|", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">=", "Eq": "==", "NotEq": "!=", "Is": "is",
        "IsNot": "is not", "In": "in", "NotIn": "not in",
    }  # fmt: skip
    return signs[type(operator).__name__]
