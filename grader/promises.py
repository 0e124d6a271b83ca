"""What the first lines of a wrong solution promise, and whether a diagnosis says anything."""

import re
from dataclasses import dataclass

HEADER_LINES = 6
SHORTEST_DIAGNOSIS = 5
GENERIC = frozenset({
    "wrong values", "has wrong values", "have wrong values", "values differ", "the values differ", "differ", "differs",
    "value differs", "wrong value", "wrong answer", "wrong result", "wrong", "is wrong", "incorrect", "is incorrect",
    "mismatch", "does not match", "not equal", "not close", "failed", "the test failed", "test failed", "error",
    "an error", "runtime error", "exception", "expected", "got", "values", "first", "call", "largest error", "relative",
    "bad", "unexpected", "unexpected value", "unexpected result", "not as expected", "passed", "not passed", "is not",
})  # fmt: skip
_PROMISE = re.compile(r"^# (Mistake|Caught by|Diagnosis): (.+)$")


@dataclass(frozen=True)
class Promise:
    """What the first lines of a wrong solution say.

    Attributes:
        mistake: What is wrong with it.
        caught_by: Hidden test that must be the first to fail, or `load`.
        diagnosis: Text that the report of that test must contain.
    """

    mistake: str
    caught_by: str
    diagnosis: str

    @property
    def is_vague(self) -> bool:
        """Whether the diagnosis would fit any mistake: it names neither the mistake nor numbers."""
        if re.search(r"\d", self.diagnosis):
            return False
        words = re.sub(r"`[^`]*`", " ", self.diagnosis).lower()
        bare = " ".join(re.sub(r"[^\w ]", " ", words).split())
        is_code = bare != plain(self.diagnosis) and "`" in self.diagnosis
        return bare in GENERIC or (len(bare) < SHORTEST_DIAGNOSIS and not is_code) or not plain(self.diagnosis)


def promise_of(source: bytes) -> Promise | None:
    """What a wrong solution promises, or None if its first lines do not say."""
    found = {}
    for line in source.decode("utf-8", "replace").splitlines()[:HEADER_LINES]:
        if match := _PROMISE.match(line):
            found[match[1]] = match[2].strip()
    if len(found) < 3:
        return None
    return Promise(found["Mistake"], found["Caught by"], found["Diagnosis"])


def plain(text: str) -> str:
    """A text for comparison: one space between words, no capitals."""
    return " ".join(text.lower().split())
