"""The mutation operators: what may be changed at one node of a syntax tree, with words for each change.

Those of the field (arithmetic, comparison, logic, constants, boundaries, loops, deletion of statements, operands,
arguments and decorators), and the mistakes that are typical of numeric code (axis, keepdims, dtype, sum for mean, a
dropped transpose, copy or new axis, a slice that is off by one, work in place, swapped operands of a matrix product).

Sources:
    Jia, Harman (2011), An Analysis and Survey of the Development of Mutation Testing, IEEE TSE 37(5), section 3.
    Offutt et al. (1996), An Experimental Determination of Sufficient Mutant Operators, ACM TOSEM 5(2).
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

Option = tuple[str, ast.AST | None]  # words, and what comes in the place of the node; None deletes a statement

MODULES = frozenset({"np", "numpy", "math", "keras", "ops", "tf", "jnp", "random", "copy", "scipy", "special"})

_BINARY: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div,), ast.Div: (ast.Mult,), ast.Pow: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,), ast.Mod: (ast.Mult,), ast.BitAnd: (ast.BitOr,), ast.BitOr: (ast.BitAnd,),
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}  # fmt: skip
_SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.FloorDiv: "//", ast.Mod: "%",
    ast.BitAnd: "&", ast.BitOr: "|", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==",
    ast.NotEq: "!=", ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in", ast.And: "and",
    ast.Or: "or",
}  # fmt: skip
_DROPPED_OPERANDS = (ast.Add, ast.Sub, ast.Mult, ast.Div)
_IN_PLACE: dict[type[ast.operator], str] = {
    ast.Add: "__iadd__", ast.Sub: "__isub__", ast.Mult: "__imul__", ast.Div: "__itruediv__",
}  # fmt: skip
_NAMES = {
    "sum": "mean", "mean": "sum", "max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum",
    "zeros": "ones", "ones": "zeros", "zeros_like": "ones_like", "ones_like": "zeros_like", "var": "std", "std": "var",
    "argmax": "argmin", "argmin": "argmax", "all": "any", "any": "all", "logical_and": "logical_or", "cos": "sin",
    "sin": "cos", "float64": "float32", "hstack": "vstack", "vstack": "hstack",
    "logical_or": "logical_and", "float32": "float64", "amax": "amin", "amin": "amax", "nansum": "nanmean",
    "nanmean": "nansum", "median": "mean", "prod": "sum", "triu": "tril", "tril": "triu", "floor": "ceil",
    "ceil": "floor", "repeat": "tile", "tile": "repeat", "log1p": "log", "expm1": "exp", "inner": "outer",
    "outer": "inner", "reduce_sum": "reduce_mean", "reduce_mean": "reduce_sum", "reduce_max": "reduce_min",
    "standard_normal": "random",
}  # fmt: skip
_BUILTINS = {"max": "min", "min": "max", "any": "all", "all": "any"}
_DROPPED_CALLS = frozenset({
    "sqrt", "abs", "log", "exp", "copy", "square", "tanh", "transpose", "astype", "ravel", "swapaxes", "moveaxis",
    "reshape", "flatten", "squeeze", "expand_dims", "clip", "flip", "roll", "cumsum", "sorted", "reversed", "array",
    "deepcopy", "dict", "stop_gradient", "nan_to_num", "log1p", "expm1",
})  # fmt: skip
_KEPT_KEYWORDS = frozenset({"strict", "verbose", "name", "out"})
_INTO_ARGUMENT = frozenset({
    "maximum", "minimum", "exp", "log", "sqrt", "abs", "tanh", "clip", "negative", "square", "add", "subtract",
    "multiply", "divide",
})  # fmt: skip


@dataclass(frozen=True)
class Surroundings:
    """Where a node stands.

    Attributes:
        function: Dotted name of the function or class around it, or "".
        parameters: Of the functions around it.
        modules: Names that stand for modules.
    """

    function: str = ""
    parameters: frozenset[str] = frozenset()
    modules: frozenset[str] = MODULES


def options(node: ast.AST, around: Surroundings) -> list[Option]:
    """Every change of one node."""
    return [*_expression_options(node, around), *_statement_options(node, around)]


def _expression_options(node: ast.AST, around: Surroundings) -> Iterator[Option]:
    match node:
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            yield "operands of @ swapped", ast.BinOp(right, ast.MatMult(), left)
            yield "@ becomes *", ast.BinOp(left, ast.Mult(), right)
        case ast.BinOp(left=left, op=op, right=right):
            for other in _BINARY.get(type(op), ()):
                yield f"{_sign(op)} becomes {_SIGNS[other]}", ast.BinOp(left, other(), right)
            if isinstance(op, _DROPPED_OPERANDS):
                yield f"right operand of {_sign(op)} dropped", left
                if isinstance(left, ast.Name) and left.id in around.parameters:
                    method = ast.Attribute(left, _IN_PLACE[type(op)], ast.Load())
                    yield f"{_sign(op)} works in place on {left.id}", ast.Call(method, [right], [])
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand):
            yield "minus or not dropped", operand
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            for index, comparison in enumerate(ops):
                for another in _COMPARE.get(type(comparison), ()):
                    changed = [*ops[:index], another(), *ops[index + 1 :]]
                    yield f"{_sign(comparison)} becomes {_SIGNS[another]}", ast.Compare(left, changed, comparators)
        case ast.BoolOp(op=op, values=values):
            swapped: ast.boolop = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield "and and or swapped", ast.BoolOp(swapped, values)
            for index in range(len(values)):
                rest = values[:index] + values[index + 1 :]
                yield f"operand {index + 1} of {_sign(op)} dropped", rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
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
            if attr == "T":
                yield ".T dropped", value
        case ast.Call():
            yield from _call_options(node, around)
        case ast.Subscript(value=value, slice=index):
            yield from _index_options(value, index)
        case ast.Slice(lower=lower, upper=upper, step=step):
            if _is_computed(lower):
                yield "slice begins one later", ast.Slice(_shifted(lower, ast.Add()), upper, step)
            if _is_computed(upper):
                yield "slice ends one earlier", ast.Slice(lower, _shifted(upper, ast.Sub()), step)
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            for index, loop in enumerate(node.generators):
                if loop.ifs:
                    changed_node = copy.copy(node)
                    unfiltered = ast.comprehension(loop.target, loop.iter, [], loop.is_async)
                    changed_node.generators = [*node.generators[:index], unfiltered, *node.generators[index + 1 :]]
                    yield "filter dropped", changed_node


def _call_options(call: ast.Call, around: Surroundings) -> Iterator[Option]:
    function, arguments = call.func, call.args
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    plain = not any(isinstance(argument, ast.Starred) for argument in arguments)
    if isinstance(function, ast.Name) and name in _BUILTINS:
        yield f"{name} becomes {_BUILTINS[name]}", ast.Call(ast.Name(_BUILTINS[name]), arguments, call.keywords)
    if name in _DROPPED_CALLS:
        is_method = isinstance(function, ast.Attribute) and _root(function) not in around.modules
        inner = next(iter(arguments), None)
        if is_method and isinstance(function, ast.Attribute):
            inner = function.value
        if inner is not None and not isinstance(inner, ast.Starred):
            yield f"{name}(…) dropped", inner
    if plain and len(arguments) == 2:
        yield f"arguments of {name} swapped", ast.Call(function, arguments[::-1], call.keywords)
    if plain:
        for i in range(len(arguments) - 1 if len(arguments) > 2 else 0):
            swapped = [*arguments[:i], arguments[i + 1], arguments[i], *arguments[i + 2 :]]
            yield f"arguments {i + 1} and {i + 2} of {name} swapped", ast.Call(function, swapped, call.keywords)
    for index, keyword in enumerate(call.keywords):
        if keyword.arg is not None and keyword.arg not in _KEPT_KEYWORDS:
            rest = call.keywords[:index] + call.keywords[index + 1 :]
            yield f"{keyword.arg} dropped", ast.Call(function, arguments, rest)
    match call:
        case ast.Call(func=ast.Name(id="range"), args=[only]):
            yield "range begins one later", ast.Call(function, [ast.Constant(1), only], [])
            if _is_computed(only):
                yield "range ends one earlier", ast.Call(function, [_shifted(only, ast.Sub())], [])
        case ast.Call(args=[ast.Constant(value=str(rule)), *others]) if name == "einsum":
            sources, arrow, result = rule.replace(" ", "").partition("->")
            if arrow and len(result) > 1 and "." not in result[-2:]:
                turned = ast.Constant(f"{sources}->{result[:-2]}{result[-1]}{result[-2]}")
                yield "result of einsum transposed", ast.Call(function, [turned, *others], call.keywords)
        case ast.Call(args=[ast.Name(id=into), *_]) if name in _INTO_ARGUMENT and into in around.parameters:
            if all(keyword.arg != "out" for keyword in call.keywords):
                out = ast.keyword("out", ast.Name(into))
                yield f"{name} writes into its argument", ast.Call(function, arguments, [*call.keywords, out])


def _index_options(value: ast.expr, index: ast.expr) -> Iterator[Option]:
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    kept = [part for part in parts if not (isinstance(part, ast.Constant) and part.value is None)]
    if len(kept) == len(parts):
        return
    if all(isinstance(part, ast.Slice) and part.lower is part.upper is part.step is None for part in kept):
        yield "new axis dropped", value
    else:
        rest = kept[0] if len(kept) == 1 else ast.Tuple(kept, ast.Load())
        yield "new axis dropped", ast.Subscript(value, rest, ast.Load())


def _statement_options(node: ast.AST, around: Surroundings) -> Iterator[Option]:
    match node:
        case ast.AugAssign(target=target, op=op, value=value):
            for other in _BINARY.get(type(op), ()):
                yield f"{_sign(op)}= becomes {_SIGNS[other]}=", ast.AugAssign(target, other(), value)
            yield "statement deleted", None
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return
        case ast.If(body=body, orelse=orelse):
            yield "condition always true", ast.If(ast.Constant(True), body, orelse)
            yield "condition always false", ast.If(ast.Constant(False), body, orelse)
        case ast.While(body=body, orelse=orelse):
            yield "loop never runs", ast.While(ast.Constant(False), body, orelse)
        case ast.For():
            never = copy.copy(node)
            never.iter = ast.List([], ast.Load())
            yield "loop never runs", never
        case ast.Break():
            yield "break becomes continue", ast.Continue()
        case ast.Continue():
            yield "continue becomes break", ast.Break()
        case ast.Assign(targets=[target], value=ast.BinOp(left=left, op=op, right=right)):
            yield "statement deleted", None
            same = ast.unparse(target) == ast.unparse(left) and isinstance(op, _DROPPED_OPERANDS)
            if same and (isinstance(target, ast.Subscript) or ast.unparse(target) in around.parameters):
                assert isinstance(target, ast.Name | ast.Subscript | ast.Attribute)
                yield f"works in place with {_sign(op)}=", ast.AugAssign(target, op, right)
        case ast.Expr(value=ast.Call()) | ast.Assign() | ast.Raise() | ast.Delete() | ast.Assert():
            yield "statement deleted", None
        case ast.AnnAssign(value=assigned) if assigned is not None:
            yield "statement deleted", None
        case ast.Return(value=value) if value is not None:
            yield "returns None", ast.Return(None)
            if isinstance(value, ast.Tuple) and len(value.elts) > 1:
                first, second, *others = value.elts
                yield "first two results swapped", ast.Return(ast.Tuple([second, first, *others], ast.Load()))
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            for index in range(len(node.decorator_list)):
                undecorated = copy.copy(node)
                undecorated.decorator_list = node.decorator_list[:index] + node.decorator_list[index + 1 :]
                yield "decorator dropped", undecorated


def _is_computed(bound: ast.expr | None) -> bool:
    """Whether a bound is no number; numbers are changed as constants."""
    inner = bound.operand if isinstance(bound, ast.UnaryOp) else bound
    return inner is not None and not isinstance(inner, ast.Constant)


def _shifted(bound: ast.expr | None, op: ast.operator) -> ast.expr:
    assert bound is not None
    return ast.BinOp(bound, op, ast.Constant(1))


def _root(node: ast.expr) -> str:
    """`np` of `np.linalg.norm`."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _sign(operator: ast.AST) -> str:
    return _SIGNS[type(operator)]
