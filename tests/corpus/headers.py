"""The cases of the corpus: one behaviour per file, with what must become of it in its first lines.

# What: ends its process by a segmentation fault, in one call.
# Verdict: crash
# Then: passed                      every later test; left out where the case misbehaves in all of them
# Says: ended its process           a piece of text that the report must contain
# Problem: softmax                  a problem of this corpus; `softmax` if it is left out
# At process: passed                the verdict at a lower level, where it differs
# At process as root: passed        the same, where it takes root
# Leaves at process: file           what a lower level cannot keep it from leaving behind
# Not at process: it ends the judge     a lower level is no match for it
# Slow: left to the full run
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
CASES = HERE / "cases"
KEY = re.compile(r"# ([A-Z][a-z ]+): (.+)")
KNOWN = re.compile(
    r"(?:What|Verdict|Then|Says|Problem|Slow|(?:At|Leaves at|Not at) (?:process|kernel|bubblewrap)(?: as root)?)"
)


@dataclass(frozen=True)
class Case:
    """One submission of the corpus.

    Attributes:
        name: `family/stem`.
        source: The bytes that are graded.
        keys: Its header.
    """

    name: str
    source: bytes
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def family(self) -> str:
        return self.name.partition("/")[0]

    @property
    def problem(self) -> str:
        return self.keys.get("Problem", "softmax")

    def verdict(self, level: str, is_root: bool) -> str:
        usual = self.keys.get(f"At {level}", self.keys["Verdict"])
        return self.keys.get(f"At {level} as root", usual) if is_root else usual

    def is_usual(self, level: str) -> bool:
        return not any(key.startswith(f"At {level}") for key in self.keys)

    @property
    def is_slow(self) -> bool:
        return "Slow" in self.keys or self.problem.startswith("keras")

    def is_for(self, level: str) -> bool:
        return f"Not at {level}" not in self.keys

    def may_leave(self, level: str) -> set[str]:
        return set(self.keys.get(f"Leaves at {level}", "").split(", ")) - {""}


def load_all() -> list[Case]:
    """Every case, in the order of names."""
    return [read(path) for path in sorted(CASES.glob("*/*.py"))]


def read(path: Path) -> Case:
    """Read a case.

    Raises:
        ValueError: If its header is incomplete or has a key that nobody knows.
    """
    name, source = f"{path.parent.name}/{path.stem}", path.read_bytes()
    keys = {}
    lines = re.split(r"\r\n|\r|\n", source.removeprefix(b"\xef\xbb\xbf").decode("latin-1"))
    for line in lines:
        if match := KEY.fullmatch(line):
            keys[match[1]] = match[2]
        elif not line.startswith(("#!", "# -*-", "\x0c")):
            break
    wrong = [key for key in keys if not KNOWN.fullmatch(key)]
    if wrong or not {"What", "Verdict"} <= keys.keys():
        raise ValueError(f"{name}: the header needs What and Verdict, and knows no {wrong}")
    return Case(name, source, keys)


def faults(case: Case, result: dict[str, object], level: str, is_root: bool) -> list[str]:
    """What is not as the header promises.

    Args:
        case: What was graded.
        result: What a lane says of it.
        level: At which it was to be graded.
        is_root: Whether the judge was root.
    """
    found = []
    if result["level"] not in (level, ""):
        found.append(f"it was graded at level {result['level']}, not {level}")
    wanted = case.verdict(level, is_root).split(" or ")
    if result["verdict"] not in wanted:
        found.append(f"verdict {result['verdict']}, expected {' or '.join(wanted)}: {str(result['says'])[:200]}")
    tests = dict(result["tests"])  # type: ignore[call-overload]
    if "Then" in case.keys and case.is_usual(level):
        bad = [name for name, outcome in list(tests.items())[1:] if outcome != case.keys["Then"]]
        if bad or len(tests) < 2:
            found.append(f"not {case.keys['Then']} afterwards: {', '.join(bad) or 'no later test ran'}")
    if case.keys.get("Says", "") not in str(result["says"]) and case.is_usual(level):
        found.append(f"the report does not say `{case.keys['Says']}`: {str(result['says'])[:200]}")
    left = set(result["effects"]) - case.may_leave(level)  # type: ignore[call-overload]
    return found + [f"left behind: {effect}" for effect in sorted(left)]
