"""Where problems lie; imported to complete a slug while a person types, so it imports next to nothing."""

import os
from collections.abc import Sequence
from pathlib import Path

from grader.errors import UsageError

PROBLEMS_VARIABLE = "PRACTICE_PROBLEMS"


def roots(extra: Sequence[Path] = ()) -> list[Path]:
    """Folders that hold `problems/` and `solutions/`: those of the person first, ours last.

    Args:
        extra: From the command line; after them come those of the environment variable `PRACTICE_PROBLEMS`.

    Raises:
        UsageError: If one of the person's has no `problems` folder.
    """
    named = [*extra, *(Path(part) for part in os.environ.get(PROBLEMS_VARIABLE, "").split(os.pathsep) if part)]
    for root in named:
        if not (root / "problems").is_dir():
            raise UsageError(
                f"`{root}` has no folder `problems`", "name the folder that holds `problems` and `solutions`"
            )
    return [*named, content_root()]


def content_root() -> Path:
    """Where our own content lies: inside the package of a wheel, beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / "content"
    return inside if inside.is_dir() else package.parent


def slugs(where: Sequence[Path]) -> dict[str, Path]:
    """Every slug and its root; the first root that has it wins."""
    found: dict[str, Path] = {}
    for root in where:
        for path in sorted((root / "problems").glob("*/problem.toml")):
            found.setdefault(path.parent.name, root)
    return found
