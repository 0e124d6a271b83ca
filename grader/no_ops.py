"""No-op answers: submissions that do nothing, which no suite may reward."""

import ast
from collections.abc import Iterator

from grader.catalogue import Problem

HIGH_SCORE = 25.0  # of 100; above, points are given for doing nothing

_ANSWERS = {
    "none": ("returns None", "return None"),
    "first_argument": ("returns its first argument", "return args[0] if args else None"),
    "zeros": ("returns zeros of the shape of its first argument", "return _zeros(args[0]) if args else 0.0"),
}
_ZEROS = """
def _zeros(value):
    if isinstance(value, np.ndarray):
        return np.zeros_like(value)
    if type(value) is dict:
        return {key: _zeros(part) for key, part in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_zeros(part) for part in value)
    return 0.0 if isinstance(value, float) else 0
"""


def no_ops(problem: Problem) -> Iterator[tuple[str, bytes]]:
    """(name, source) of each no-op answer, made from the entry points of the stub; the stub itself is another.

    Functions and the methods of classes take whatever they are given; the constructors of classes take anything too.
    """
    tree = ast.parse(problem.read("stub.py"))
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for name, (_, answer) in _ANSWERS.items():
        parts = ["import numpy as np", _ZEROS]
        for entry in problem.file.entry_points:
            if entry in classes:
                parts.append(_class(classes[entry], answer))
            else:
                parts.append(f"def {entry}(*args, **kwargs):\n    {answer}\n")
        yield f"no-op: {name}", "\n\n".join(parts).encode()


def words(name: str) -> str:
    """What a no-op answer does, e.g. "returns None"."""
    return _ANSWERS[name.removeprefix("no-op: ")][0]


def _class(node: ast.ClassDef, answer: str) -> str:
    lines = [f"class {node.name}:", "    def __init__(self, *args, **kwargs):", "        pass"]
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name != "__init__":
            lines += ["", f"    def {method.name}(self, *args, **kwargs):", f"        {answer}"]
    return "\n".join(lines) + "\n"
