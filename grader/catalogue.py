"""The problems, and what their `problem.toml` says."""

import ast
import dataclasses
import functools
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec

from grader.errors import ContentError, UsageError
from grader.roots import content_root, roots, slugs

__all__ = ["Problem", "ProblemFile", "content_root", "load", "load_all", "roots", "slugs"]

FULL_SCORE = 100
MORE_TIME = 5  # for a data set that is chosen: it is larger than the one that is shipped
TRACKS = (
    "foundations",
    "training-dynamics",
    "architectures",
    "generative-and-transfer",
    "emergence",
    "homogenization",
)
KEYS_HINT = "see `problems/README.md` for its keys"
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
REQUIRED_FILES = ("README.md", "stub.py", "test_examples.py", "test_hidden.py", "hints.md", "followups.md")

Positive = Annotated[int, msgspec.Meta(gt=0)]
Text = Annotated[str, msgspec.Meta(min_length=1)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Group = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class ProblemLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[limits]`: what a worker may use."""

    cpu_seconds: Positive = 5
    suite_cpu_seconds: Positive = 60
    memory_mib: Positive = 512


class Rubric(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[[rubric]]`: a group of hidden tests and its points."""

    group: Group
    title: Text
    points: Positive


class ProblemFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`problem.toml`."""

    title: Text
    track: Text
    kind: Literal["implement", "debug", "experiment"]
    difficulty: Literal["easy", "medium", "hard"]
    minutes: Positive
    entry_points: Annotated[list[Name], msgspec.Meta(min_length=1)]
    rubric: Annotated[list[Rubric], msgspec.Meta(min_length=1)]
    backend: Literal["numpy", "keras"] = "numpy"
    prerequisites: list[str] = []
    forbid: list[str] = []
    forbid_names: list[str] = []
    rewrites: list[Literal["float32"]] = []
    datasets: list[str] = []
    limits: ProblemLimits = ProblemLimits()


@dataclass(frozen=True)
class Problem:
    """One problem.

    Attributes:
        slug: Folder name, and the word typed after `practice`.
        folder: `problems/<slug>`.
        solutions: `solutions/<slug>`.
        file: What its `problem.toml` says.
        dataset: The data set that a person has chosen, one of `file.datasets`; "" for what the suite takes by itself.
    """

    slug: str
    folder: Path
    solutions: Path
    file: ProblemFile
    dataset: str = ""

    def on(self, dataset: str) -> "Problem":
        """The same problem on another data set, with more time for it.

        Raises:
            UsageError: If it is none of those that the problem can use.
        """
        names = self.file.datasets
        if dataset not in names:
            hint = f"one of {', '.join(names)}" if names else "its hidden tests bring their own data"
            raise UsageError(f"`{self.slug}` cannot use the data set `{dataset}`", hint)
        now = self.file.limits
        limits = msgspec.structs.replace(now, suite_cpu_seconds=MORE_TIME * now.suite_cpu_seconds)
        return dataclasses.replace(self, file=msgspec.structs.replace(self.file, limits=limits), dataset=dataset)

    def read(self, name: str) -> str:
        """Text of one of its files.

        Raises:
            ContentError: If it is missing.
        """
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except OSError:
            raise ContentError(f"`{self.folder / name}` is missing", f"practice verify {self.slug}") from None

    @property
    def suite(self) -> Path:
        """Its hidden suite."""
        return self.folder / "test_hidden.py"

    @property
    def reference(self) -> Path:
        """Its reference solution."""
        return self.solutions / "reference.py"

    def support(self) -> bytes | None:
        """Source of its `support.py`, if it has one."""
        path = self.folder / "support.py"
        return path.read_bytes() if path.is_file() else None

    @functools.cached_property
    def parameters(self) -> dict[str, list[str]]:
        """Parameter names of the functions of the stub, for reports."""
        tree = ast.parse(self.read("stub.py"))
        functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
        return {node.name: [a.arg for a in (*node.args.posonlyargs, *node.args.args)] for node in functions}


def load(slug: str, where: Sequence[Path]) -> Problem:
    """Load one problem.

    Raises:
        UsageError: If no root has it; the hint names the nearest slugs.
        ContentError: If its `problem.toml` is malformed; names file, key and what was expected.
    """
    known = slugs(where)
    if slug not in known:
        import difflib

        near = difflib.get_close_matches(slug, known, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(f'`{name}`' for name in near)}?" if near else "practice list"
        raise UsageError(f"there is no problem `{slug}`", hint)
    return _load(slug, known[slug])


def load_all(where: Sequence[Path]) -> Iterator[Problem]:
    """Every problem, in learning order: by track, then prerequisites before what needs them, then easy ones first."""
    problems = {slug: _load(slug, root) for slug, root in slugs(where).items()}
    done: set[str] = set()
    waiting = sorted(problems.values(), key=_rank)
    while waiting:
        ready = [p for p in waiting if all(q in done or q not in problems for q in p.file.prerequisites)]
        chosen = (ready or waiting)[0]
        waiting.remove(chosen)
        done.add(chosen.slug)
        yield chosen


def _rank(problem: Problem) -> tuple[int, int, str]:
    file = problem.file
    track = TRACKS.index(file.track) if file.track in TRACKS else len(TRACKS)
    return track, ("easy", "medium", "hard").index(file.difficulty), problem.slug


def _load(slug: str, root: Path) -> Problem:
    path = root / "problems" / slug / "problem.toml"
    if not SLUG.fullmatch(slug):
        raise ContentError(f"the folder `{path.parent}` is no slug: lower-case words, joined by hyphens")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        file = msgspec.convert(content, ProblemFile)
    except msgspec.ValidationError as error:
        raise ContentError(f"`{path}`: {_explained(str(error), content)}", KEYS_HINT) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ContentError(f"`{path}`: {reason[:1].lower()}{reason[1:]}", KEYS_HINT) from None
    total = sum(rubric.points for rubric in file.rubric)
    if total != FULL_SCORE:
        raise ContentError(f"`{path}`: the points of `rubric` add up to {total}, expected {FULL_SCORE}")
    groups = [rubric.group for rubric in file.rubric]
    if len(set(groups)) != len(groups):
        raise ContentError(f"`{path}`: two entries of `rubric` have the same `group`")
    return Problem(slug, path.parent, root / "solutions" / slug, file)


def _explained(text: str, content: dict[str, Any]) -> str:
    """A message of msgspec in our words: the key first, then what was expected and what is there."""
    what, _, where = text.partition(" - at `$")
    key = where.rstrip("`").lstrip(".")
    prefix = f"{key}." if key else ""
    if match := re.fullmatch(r"Object missing required field `(.+)`", what):
        return f"the key `{prefix}{match[1]}` is missing"
    if match := re.fullmatch(r"Object contains unknown field `(.+)`", what):
        return f"there is no key `{prefix}{match[1]}`"
    if what.startswith("Invalid enum value"):
        choices = get_args(get_type_hints(ProblemFile).get(key))
        what = f"Expected one of {', '.join(map(str, choices))}"
    elif "matching regex" in what:
        is_name = key.startswith("entry_points")
        what = f"Expected {'a name of Python' if is_name else 'lower-case words, joined by hyphens'}"
    got = "" if "got" in what else f", got {_at(content, key)!r}"
    return f"`{key}`: {what[:1].lower()}{what[1:]}{got}"


def _at(content: Any, key: str) -> Any:
    """The value of a key such as `rubric[0].points`."""
    for name, number in re.findall(r"(\w+)|\[(\d+)\]", key):
        content = content[name] if name else content[int(number)]
    return content
