"""What a verdict depends on, as hashes: two grades with the same key give the same verdict."""

import ast
import functools
import hashlib
import importlib.metadata
import os
import platform
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from grader.catalogue import Problem, content_root

DIGITS = 32
PACKAGE = Path(__file__).parent
JUDGE_ROOTS = ("grader.judge", "grader.checks", "grader.data")
LIBRARIES = {
    "numpy": ("numpy", "scipy", "scikit-learn", "pytest", "msgspec"),
    "keras": ("numpy", "scipy", "scikit-learn", "pytest", "msgspec", "keras", "tensorflow"),
}


def grade_keys(problem: Problem, *, busy: bool) -> Callable[[bytes, int, bool, str], str]:
    """Gives the function that makes the key of one grade: of its source, seed, end at a failure, and first test.

    Args:
        problem: The problem.
        busy: Whether other work keeps the cores busy meanwhile.
    """
    sandbox = os.environ.get("PRACTICE_SANDBOX", "")
    shared = (judge_digest(), suite_digest(problem), environment(problem.file.backend), sandbox, str(busy))

    def key(source: bytes, seed: int, fail_fast: bool, first: str) -> str:
        return _digest([*(part.encode() for part in (*shared, str(seed), str(fail_fast), first)), source])

    return key


def content_digest(problem: Problem) -> str:
    """Hash of everything in a problem's folders that its proof depends on; statement, hints and such do not count."""
    parts = [suite_digest(problem).encode()]
    for path in _files(problem.solutions):
        parts += [path.relative_to(problem.solutions).as_posix().encode(), path.read_bytes()]
    return _digest(parts)


def suite_digest(problem: Problem) -> str:
    """Hash of what a grade takes from the problem: limits, stub, hidden suite, support and data; not the solutions."""
    parts = []
    for path in _files(problem.folder):
        if path.suffix != ".md" and path.name != "test_examples.py":
            parts += [path.relative_to(problem.folder).as_posix().encode(), path.read_bytes()]
    used = b"".join(part for part in parts[1::2])
    if b"reference" in used and problem.reference.is_file():  # the yardstick of time
        parts.append(problem.reference.read_bytes())
    if b"dataset" in used:
        parts += [card.read_bytes() for card in sorted((content_root() / "datasets").glob("*/card.toml"))]
    return _digest(parts)


@functools.cache
def judge_digest() -> str:
    """Hash of every module of ours that takes part in a verdict: judge, checks, worker, and what they import."""
    waiting = [*JUDGE_ROOTS, *(f"grader.sandbox.{path.stem}" for path in (PACKAGE / "sandbox").glob("*.py"))]
    found: dict[str, bytes] = {}
    while waiting:
        name = waiting.pop()
        path = _path_of(name)
        if path is None or name in found:
            continue
        found[name] = path.read_bytes()
        waiting += _imported(found[name])
    return _digest(part for name in sorted(found) for part in (name.encode(), found[name]))


@functools.cache
def environment(backend: str) -> str:
    """Versions of Python and of the libraries that take part in a verdict, e.g. `python 3.12.4 numpy 2.1.0 …`."""
    versions = [f"python {platform.python_version()}", platform.machine()]
    for name in LIBRARIES[backend]:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"{name} missing")
    return " ".join(versions)


def _files(folder: Path) -> Iterator[Path]:
    """Every file that belongs to a folder, in a fixed order; nothing hidden and nothing compiled."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in inside):
            yield path


def _path_of(module: str) -> Path | None:
    """File of a module of ours, or None for anything else."""
    parts = module.split(".")
    if parts[0] != "grader":
        return None
    path = PACKAGE.joinpath(*parts[1:])
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if len(parts) > 1 and p.is_file()), None)


def _imported(source: bytes) -> list[str]:
    """Modules that a source may import, wherever in it; `from a import b` may mean `a.b`, or something in `a`."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


def _digest(parts: Iterable[bytes]) -> str:
    """One hash of many parts, each with its length, so that they cannot run into each other."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)
    return whole.hexdigest()[:DIGITS]
