"""The checks with which hidden suites are written.

Each either returns what it checked or raises `grader.failure.Failed` with a failure as data. `problems/README.md` lists
them for authors.
"""

from grader.checks.calls import generator, raises, unchanged
from grader.checks.gradients import gradient
from grader.checks.growth import not_steeper
from grader.checks.memory import not_larger
from grader.checks.timing import not_slower
from grader.checks.together import at_once
from grader.checks.types import array, handle, mapping, number, unpack
from grader.checks.values import between, close, equal, fail, finite, that

__all__ = [
    "array",
    "at_once",
    "between",
    "close",
    "equal",
    "fail",
    "finite",
    "generator",
    "gradient",
    "handle",
    "mapping",
    "not_larger",
    "not_slower",
    "not_steeper",
    "number",
    "raises",
    "that",
    "unchanged",
    "unpack",
]
