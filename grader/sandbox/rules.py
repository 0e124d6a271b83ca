"""The rules of a statement that are checked by machine: modules and names that may not be used."""

import ast
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType


def broken_rules(
    tree: ast.Module, forbid: Sequence[str], forbid_names: Sequence[str]
) -> Iterator[tuple[int, str, bool]]:
    """Find the places where a source breaks a rule.

    Args:
        tree: The source.
        forbid: Modules that may not be imported, with all that they contain.
        forbid_names: Dotted names that may not be used, e.g. `numpy.tanh`.

    Yields:
        (line, what was used, whether it is an import).
    """
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        for module, bound in _imports(node):
            names.update(bound)
            if root := _root_of(module, forbid):
                yield node.lineno, root, True  # type: ignore[attr-defined]
            elif root := _root_of(module, forbid_names):
                yield node.lineno, root, False  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            dotted = _dotted(node, names)
            if dotted in forbid or dotted in forbid_names:
                yield node.lineno, dotted, dotted in forbid


class Gate(importlib.abc.MetaPathFinder):
    """Refuses forbidden modules however they are imported; stands first in `sys.meta_path`."""

    def __init__(self, forbid: Sequence[str]) -> None:
        self._forbid = tuple(forbid)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Refuse a forbidden module; leave every other to the finders that follow."""
        if root := _root_of(fullname, self._forbid):
            raise ImportError(f"`{root}` may not be imported in this problem")
        return None


def close_names(forbid_names: Sequence[str]) -> None:
    """Replace forbidden functions of modules that are already loaded by one that refuses."""
    for dotted in forbid_names:
        module_name, _, name = dotted.rpartition(".")
        module = sys.modules.get(module_name)
        if module is not None and hasattr(module, name):
            setattr(module, name, _refuse(dotted))


def _refuse(dotted: str) -> object:
    def refused(*args: object, **kwargs: object) -> None:
        raise PermissionError(f"`{dotted}` is not allowed in this problem")

    return refused


def _imports(node: ast.AST) -> Iterator[tuple[str, dict[str, str]]]:
    """(dotted name, {name in the source: what it stands for}) for each thing that a node imports."""
    match node:
        case ast.Import(names=aliases):
            for alias in aliases:
                first = alias.name.partition(".")[0]
                yield alias.name, {alias.asname: alias.name} if alias.asname else {first: first}
        case ast.ImportFrom(module=str(module), names=aliases, level=0):
            for alias in aliases:
                dotted = f"{module}.{alias.name}"
                yield dotted, {alias.asname or alias.name: dotted}
        case ast.Call(func=func, args=[ast.Constant(value=str(module)), *_]) if _is_importer(func):
            yield module, {}


def _is_importer(func: ast.expr) -> bool:
    return (isinstance(func, ast.Name) and func.id in ("__import__", "import_module")) or (
        isinstance(func, ast.Attribute) and func.attr == "import_module"
    )


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value, names)
        return f"{base}.{node.attr}" if base else ""
    return names.get(node.id, "") if isinstance(node, ast.Name) else ""


def _root_of(name: str, roots: Sequence[str]) -> str:
    """The one of `roots` that a dotted name is, or lies in; "" if there is none."""
    return next((root for root in roots if name == root or name.startswith(f"{root}.")), "")
