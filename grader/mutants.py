"""Mutants: wrong solutions made by machine, one small change of the reference solution each.

The tools that exist do not serve: mutmut and cosmic-ray write each mutant to disk and run a test command that imports
it, where here the judge takes a source and runs it in a worker; and neither knows arrays. The operators are in
`grader.mutant_operators`.
"""

import ast
import difflib
import hashlib
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import msgspec

from grader.errors import ContentError
from grader.mutant_operators import MODULES, Surroundings, options

EQUIVALENT_FILE = "equivalent.toml"
CODE_DIGITS = 12
LONGEST_LINE = 72
AROUND = 28
_NOT_ENTERED = frozenset({"annotation", "returns", "type_params", "exc", "cause"})  # types, texts of exceptions

Place = tuple[ast.AST, ast.AST, str, int | None, Surroundings]  # node, its parent, field, index in it, surroundings


@dataclass(frozen=True)
class Mutant:
    """A changed reference solution.

    Attributes:
        line: Number of the changed line in the reference.
        text: That line, stripped.
        change: What was changed, in words.
        source: The whole mutant.
        function: Dotted name of the function or class around it, or "".
        column: Of the changed code in its line, counted from 1.
        before: The statement of the module that was changed, without comments.
        after: What it became.
    """

    line: int
    text: str
    change: str
    source: str = field(repr=False)
    function: str = ""
    column: int = 0
    before: str = field(default="", repr=False)
    after: str = field(default="", repr=False)

    @property
    def code(self) -> str:
        """A hash of the code that the mutant was made of: it changes when the function around it changes."""
        return hashlib.sha256(self.before.encode()).hexdigest()[:CODE_DIGITS]

    def diff(self) -> list[str]:
        """The changed lines, as `- before` and `+ after`; of long lines the part around the change."""
        before, after = ([line.strip() for line in text.splitlines()] for text in (self.before, self.after))
        found = []
        for what, i, j, k, m in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if what == "replace" and j - i == m - k == 1:
                old, new = _around_change(before[i], after[k])
                found += [f"- {old}", f"+ {new}"]
            elif what != "equal":
                found += [f"- {line}" for line in before[i:j]] + [f"+ {line}" for line in after[k:m]]
        return found

    def record(self) -> list[str]:
        """Lines of TOML that record it as equivalent, but for the reason."""
        texts = {"line": self.text, "change": self.change, "function": self.function, "code": self.code}
        keys = [f"{key} = {json.dumps(text, ensure_ascii=False)}" for key, text in texts.items()]
        return ["[[mutant]]", *keys, f"column = {self.column}", 'reason = ""']


class Equivalent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mutant that no test can kill, because it computes the same; pinned to the code it was found in.

    Attributes:
        line: Text of the line, stripped.
        change: As `Mutant.change`.
        reason: Why it changes nothing that the statement asks for.
        function: As `Mutant.function`; empty: the line wherever it stands.
        column: As `Mutant.column`; 0: every such change of the line.
        code: As `Mutant.code`; empty: pinned to the line alone.
    """

    line: str
    change: str
    reason: Annotated[str, msgspec.Meta(min_length=1)]
    function: str = ""
    column: int = 0
    code: str = ""

    def names(self, mutant: Mutant) -> bool:
        """Whether it speaks of a mutant; the code may have changed since."""
        return (
            (self.line, self.change) == (mutant.text, mutant.change)
            and self.function in ("", mutant.function)
            and self.column in (0, mutant.column)
        )

    def explains(self, mutant: Mutant) -> bool:
        """Whether it speaks of a mutant of the code that it was written for."""
        return self.names(mutant) and self.code in ("", mutant.code)


def generate(source: str) -> Iterator[Mutant]:
    """Make every mutant of a source, in its order; those that come out the same text are given once."""
    lines = source.splitlines()
    tree = ast.parse(source)
    parts = [ast.unparse(statement).strip("\n") for statement in tree.body]
    seen: set[str] = set()
    modules = MODULES | {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }  # fmt: skip
    for number, statement in enumerate(tree.body):
        holder = ast.Module([statement], [])
        for node, parent, name, index, around in list(_places(holder, Surroundings(modules=modules))):
            line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0) + 1
            if not line:
                continue
            for change, replacement in options(node, around):
                with_change = ast.Pass() if replacement is None else replacement
                _put(parent, name, index, with_change)
                after = ast.unparse(holder).strip("\n")
                _put(parent, name, index, node)
                if after == parts[number] or (text := _joined(parts, number, after)) in seen:
                    continue
                seen.add(text)
                here = lines[line - 1].strip()
                yield Mutant(line, here, change, text, around.function, column, parts[number], after)


def normal(source: str) -> str:
    """A source as mutants are written: without comments, one layout."""
    return "\n\n".join(ast.unparse(statement).strip("\n") for statement in ast.parse(source).body) + "\n"


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
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ContentError(f"`{path}`: {error}") from None


def _around_change(old: str, new: str) -> tuple[str, str]:
    """Two versions of a line without what they share, but for some letters around the change."""
    head = _shared(old, new)
    tail = _shared(old[head:][::-1], new[head:][::-1])
    begin = max(0, head - AROUND) if max(len(old), len(new)) > LONGEST_LINE else 0
    rest = max(0, tail - AROUND) if max(len(old), len(new)) > LONGEST_LINE else 0
    left, right = "…" if begin else "", "…" if rest else ""
    return f"{left}{old[begin : len(old) - rest]}{right}", f"{left}{new[begin : len(new) - rest]}{right}"


def _shared(old: str, new: str) -> int:
    """How many letters two texts begin with in common."""
    return next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def _places(parent: ast.AST, around: Surroundings) -> Iterator[Place]:
    """Every node below a parent, in the order of the source, without annotations and texts of exceptions."""
    for name, value in ast.iter_fields(parent):
        if name in _NOT_ENTERED:
            continue
        children = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
        for index, node in children:
            if not isinstance(node, ast.AST):
                continue
            if _is_main_guard(node):
                continue
            yield node, parent, name, index, around
            yield from _places(node, _inside(node, around))


def _inside(node: ast.AST, around: Surroundings) -> Surroundings:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        function = f"{around.function}.{node.name}" if around.function else node.name
    elif isinstance(node, ast.Lambda):
        function = around.function
    else:
        return around
    named = set() if isinstance(node, ast.ClassDef) else _parameters(node.args)
    return Surroundings(function, around.parameters | named, around.modules)


def _parameters(arguments: ast.arguments) -> set[str]:
    return {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)} - {"self", "cls"}


def _is_main_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).startswith("__name__ ==")


def _put(parent: ast.AST, name: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(parent, name, node)
    else:
        getattr(parent, name)[index] = node


def _joined(parts: list[str], number: int, after: str) -> str:
    return "\n\n".join([*parts[:number], after, *parts[number + 1 :]])
