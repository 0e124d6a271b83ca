"""What the folders of a problem lack, in the order in which an author would write it."""

import ast
import re
from collections.abc import Generator, Iterator
from pathlib import Path

from grader import catalogue, skeleton
from grader.catalogue import Problem
from grader.mutants import equivalents
from grader.promises import promise_of
from grader.report_data import AT_LOAD

FEWEST_ACCEPTED = 2
FEWEST_WRONG = 6
FEWEST_QUESTIONS = 3
HINTS = 3
_SOURCE = re.compile(r"\bsources?:|arxiv|doi|https?://|\b(19|20)\d\d\b", re.IGNORECASE)


def missing_parts(problem: Problem) -> list[str]:
    """One line for each part that is missing, incomplete, or still as `practice new` wrote it."""
    return [*_of_statement(problem), *_of_suite(problem), *_of_solutions(problem), *_of_texts(problem)]


def can_be_graded(problem: Problem) -> bool:
    """Whether the files are there without which nothing can be graded."""
    return all(path.is_file() for path in (problem.reference, problem.suite, problem.folder / "stub.py"))


def _of_statement(problem: Problem) -> Iterator[str]:
    root = problem.folder.parents[1]
    known = catalogue.slugs([root, catalogue.content_root()])
    for slug in problem.file.prerequisites:
        if slug not in known:
            yield f"{_name(problem, 'problem.toml')}: there is no problem `{slug}`, which `prerequisites` names"
    yield from _unwritten(problem, "problem.toml")
    text = yield from _read(problem, "README.md")
    if text is not None:
        for entry in problem.file.entry_points:
            if entry not in text:
                yield f"{_name(problem, 'README.md')} does not name the entry point `{entry}`"
    tree = yield from _parsed(problem, "stub.py")
    if tree is not None:
        defined = _defined(tree)
        for entry in problem.file.entry_points:
            if entry not in defined:
                yield f"{_name(problem, 'stub.py')} does not define the entry point `{entry}`"
    tree = yield from _parsed(problem, "test_examples.py")
    if tree is not None and not _tests(tree):
        yield f"{_name(problem, 'test_examples.py')} has no test"


def _of_suite(problem: Problem) -> Iterator[str]:
    tree = yield from _parsed(problem, "reference.py", solutions=True)
    if tree is not None:
        for entry in problem.file.entry_points:
            if entry not in _defined(tree):
                yield f"{_name(problem, 'reference.py', solutions=True)} does not define the entry point `{entry}`"
    tree = yield from _parsed(problem, "test_hidden.py")
    if tree is None:
        return
    name = _name(problem, "test_hidden.py")
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for rubric in problem.file.rubric:
        expected = "Test" + "".join(word.capitalize() for word in rubric.group.split("-"))
        if not any(_group(found) == rubric.group and _tests(node) for found, node in classes.items()):
            yield f"{name} has no test of the rubric group `{rubric.group}` (class `{expected}`)"
    for test in _tests(tree):
        if not ast.get_docstring(test):
            yield f"{name}, line {test.lineno}: `{test.name}` has no title (the first line of its docstring)"
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            yield f"{name}, line {node.lineno}: a plain `assert` cannot say what was expected; use `checks`"


def _of_solutions(problem: Problem) -> Iterator[str]:
    for folder, fewest in (("accepted", FEWEST_ACCEPTED), ("wrong", FEWEST_WRONG)):
        paths = sorted((problem.solutions / folder).glob("*.py"))
        if len(paths) < fewest:
            where = _name(problem, folder, solutions=True)
            yield f"{where} has {len(paths)} of at least {fewest} files: {fewest - len(paths)} more"
        for path in paths:
            yield from _unwritten(problem, f"{folder}/{path.name}", solutions=True)
    suite = _parse(problem.suite)
    tests = {f"{node.name}::{test.name}" for node in suite.body if isinstance(node, ast.ClassDef)
             for test in _tests(node)} if suite else set()  # fmt: skip
    for path in sorted((problem.solutions / "wrong").glob("*.py")):
        name = _name(problem, f"wrong/{path.name}", solutions=True)
        promise = promise_of(path.read_bytes())
        if promise is None:
            yield f"{name}: its first lines lack `# Mistake:`, `# Caught by:` or `# Diagnosis:`"
        elif promise.is_vague:
            yield f"{name}: the diagnosis “{promise.diagnosis}” would fit any mistake: name it, or the numbers"
        elif tests and promise.caught_by != AT_LOAD and promise.caught_by not in tests:
            yield f"{name}: there is no hidden test `{promise.caught_by}`"
    equivalents(problem.solutions)  # a malformed one is told at once, not after the mutants have run


def _of_texts(problem: Problem) -> Iterator[str]:
    text = yield from _read(problem, "hints.md")
    if text is not None:
        name = _name(problem, "hints.md")
        hints = re.split(r"(?m)^## Hint (\d+)\s*$", text)[1:]
        if hints[::2] != [str(number + 1) for number in range(HINTS)]:
            yield f"{name} has {len(hints) // 2} hints, expected {HINTS}: `## Hint 1` to `## Hint {HINTS}`"
        elif not all(hint.strip() for hint in hints[1::2]):
            yield f"{name} has an empty hint"
        if re.search(r"(?m)^\s*(```|~~~)", text):
            yield f"{name} has a block of code: hints lead, without code"
    text = yield from _read(problem, "followups.md")
    if text is not None:
        name = _name(problem, "followups.md")
        questions = re.split(r"(?m)^## ", text)[1:]
        if len(questions) < FEWEST_QUESTIONS:
            yield f"{name} has {len(questions)} of at least {FEWEST_QUESTIONS} questions (`## …`)"
        for question in questions:
            head, _, answer = question.partition("\n")
            if not answer.strip():
                yield f"{name}: “{head.strip()}” has no answer"
        if not _SOURCE.search(text):
            yield f"{name} names no source"


def _read(problem: Problem, name: str, *, solutions: bool = False) -> Generator[str, None, str | None]:
    """Yields what is wrong with a file as a whole; returns its text, or None if there is no use in looking closer."""
    path = (problem.solutions if solutions else problem.folder) / name
    shown = _name(problem, name, solutions=solutions)
    if not path.is_file():
        yield f"{shown} is missing"
        return None
    text = path.read_text(encoding="utf-8", errors="replace")
    if not text.strip():
        yield f"{shown} is empty"
        return None
    if _is_unwritten(problem, path, text):
        yield f"{shown} is still as `practice new` wrote it"
        return None
    return text


def _parsed(problem: Problem, name: str, *, solutions: bool = False) -> Generator[str, None, ast.Module | None]:
    text = yield from _read(problem, name, solutions=solutions)
    if text is None:
        return None
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError) as error:
        where = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        yield f"{_name(problem, name, solutions=solutions)}{where}: {error.args[0]}"
        return None


def _unwritten(problem: Problem, name: str, *, solutions: bool = False) -> Iterator[str]:
    path = (problem.solutions if solutions else problem.folder) / name
    if path.is_file() and _is_unwritten(problem, path, path.read_text(encoding="utf-8", errors="replace")):
        yield f"{_name(problem, name, solutions=solutions)} is still as `practice new` wrote it"


def _is_unwritten(problem: Problem, path: Path, text: str) -> bool:
    root = problem.folder.parents[1]
    return path.is_relative_to(root) and skeleton.texts(problem.slug).get(path.relative_to(root).as_posix()) == text


def _parse(path: Path) -> ast.Module | None:
    try:
        return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None


def _defined(tree: ast.Module) -> set[str]:
    """Names that a module binds at its top level."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def _tests(tree: ast.AST) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test")]


def _group(name: str) -> str:
    """`small-batch` of `TestSmallBatch`."""
    words = name.removeprefix("Test")
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in words).lstrip("-") if name.startswith("Test") else ""


def _name(problem: Problem, name: str, *, solutions: bool = False) -> str:
    """A file as an author knows it: `problems/<slug>/hints.md`."""
    return f"`{'solutions' if solutions else 'problems'}/{problem.slug}/{name}`"
