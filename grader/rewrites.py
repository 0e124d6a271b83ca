"""Metamorphic rewrites of a reference solution: made by machine, right by construction, so that all must pass.

Only what is sound for every solution is rewritten without being asked: the text without comments, arrays laid out
otherwise, and sums taken in another order, which moves results by rounding alone. Float32 inside is right only where
the statement allows it, and is asked for in `problem.toml` (`rewrites = ["float32"]`). Loops for vectors, other
decompositions and the like need a person: they are the accepted alternatives.
"""

import ast
from collections.abc import Iterator

from grader.catalogue import Problem

_LAYOUT = """

def _laid_out(value):
    if type(value) is np.ndarray and value.ndim:
        wide = np.zeros((*value.shape[:-1], 2 * value.shape[-1]), value.dtype, order="F")
        wide[..., ::2] = value
        return wide[..., ::2]
    if type(value) in (list, tuple):
        return type(value)(_laid_out(part) for part in value)
    if type(value) is dict:
        return {key: _laid_out(part) for key, part in value.items()}
    return value


def _with_layout(function):
    def call(*args, **kwargs):
        return _laid_out(function(*args, **kwargs))

    return call


for _name in ENTRY_POINTS:
    if type(globals()[_name]) is type(_with_layout):
        globals()[_name] = _with_layout(globals()[_name])
"""
_FLOAT32 = """

def _narrow(value):
    if type(value) is np.ndarray and value.dtype == np.float64:
        return value.astype(np.float32)
    if type(value) in (list, tuple):
        return type(value)(_narrow(part) for part in value)
    if type(value) is dict:
        return {key: _narrow(part) for key, part in value.items()}
    return value


def _in_float32(function):
    def call(*args, **kwargs):
        return function(*_narrow(args), **_narrow(kwargs))

    return call


for _name in ENTRY_POINTS:
    if type(globals()[_name]) is type(_in_float32):
        globals()[_name] = _in_float32(globals()[_name])
"""
_BACKWARDS = """
import numpy as _np


def _matmul(a, b):
    if type(a) is not _np.ndarray or type(b) is not _np.ndarray or a.ndim == 0 or b.ndim == 0:
        return a @ b
    return a[..., ::-1] @ (b[::-1] if b.ndim == 1 else b[..., ::-1, :])


def _reduce(owner, name, x, *args, **kwargs):
    if type(x) is _np.ndarray and x.dtype.kind == "f":
        axis = args[0] if args else kwargs.get("axis")
        if axis is None or isinstance(axis, int):
            return getattr(_np.flip(x, axis), name)(*args, **kwargs)
    return getattr(owner, name)(x, *args, **kwargs) if owner is _np else getattr(x, name)(*args, **kwargs)

"""


def rewrites(problem: Problem) -> Iterator[tuple[str, bytes]]:
    """(name, source) of each rewrite of the reference solution of a problem."""
    source = problem.reference.read_text(encoding="utf-8")
    yield "rewrite: without comments", ast.unparse(ast.parse(source)).encode()
    if problem.file.backend != "numpy":
        return
    entries = f"\n\nimport numpy as np\n\nENTRY_POINTS = {problem.file.entry_points!r}\n"
    yield "rewrite: arrays laid out otherwise", (source + entries + _LAYOUT).encode()
    yield "rewrite: sums in the other order", _backwards(source).encode()
    if "float32" in problem.file.rewrites:
        yield "rewrite: float32 inside", (source + entries + _FLOAT32).encode()


class _Backwards(ast.NodeTransformer):
    """`a @ b` and `x.sum(…)`, `x.mean(…)` become calls of the helpers above."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.op, ast.MatMult):
            return ast.Call(ast.Name("_matmul", ast.Load()), [node.left, node.right], [])
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node.func:
            case ast.Attribute(value=ast.Name(id="np" | "numpy"), attr="sum" | "mean" as name):
                return _helper("_reduce", ast.Name("_np", ast.Load()), ast.Constant(name), node.args, node.keywords)
            case ast.Attribute(value=value, attr="sum" | "mean" as name):
                given = [value, *node.args]
                return _helper("_reduce", ast.Constant(None), ast.Constant(name), given, node.keywords)
        return node


def _helper(
    helper: str, owner: ast.expr, name: ast.expr, given: list[ast.expr], keywords: list[ast.keyword]
) -> ast.Call:
    return ast.Call(ast.Name(helper, ast.Load()), [owner, name, *given], keywords)


def _backwards(source: str) -> str:
    tree = _Backwards().visit(ast.parse(source))
    first = 0
    for index, node in enumerate(tree.body):  # behind the docstring and `from __future__`
        is_docstring = index == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_docstring or (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            first = index + 1
    tree.body[first:first] = ast.parse(_BACKWARDS).body
    return ast.unparse(ast.fix_missing_locations(tree))
