"""The checks with which hidden suites are written.

Each either returns what it checked or raises `grader.failure.Failed` with a failure as data. `problems/README.md` lists
them for authors.
"""

from grader.checks.calls import generator, raises, unchanged
from grader.checks.gradients import gradient
from grader.checks.timing import not_slower
from grader.checks.types import array, handle, mapping, number, unpack
from grader.checks.values import between, close, equal, fail, finite, that

__all__ = [
    "array",
    "between",
    "close",
    "equal",
    "fail",
    "finite",
    "generator",
    "gradient",
    "handle",
    "mapping",
    "not_slower",
    "number",
    "raises",
    "that",
    "unchanged",
    "unpack",
]
