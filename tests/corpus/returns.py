"""Answers that no author thought of, for every function of every problem: none may pass, and none may break a suite.

    python tests/corpus/returns.py [SLUG ...]

Each is the reference solution, one of whose functions gives something else than it should. A suite that ends in an
exception of its own would tell the learner that the grader failed. Exit status 1 if there is one, or if one passes.
"""

import argparse
import os
import sys
import warnings

from grader import catalogue
from grader.errors import GraderError
from grader.judge import grade
from grader.processes import Zygote

INSTEAD = {
    "None": "None",
    "a bool": "True",
    "an integer": "3",
    "a number": "0.25",
    "NaN": "float('nan')",
    "an integer without end": "10 ** 400",
    "a complex number": "1j",
    "a text": "'text'",
    "bytes": "b'bytes'",
    "an empty list": "[]",
    "an empty tuple": "()",
    "an empty dict": "{}",
    "a ragged list": "[[1], [2, 3], None]",
    "a tuple of None": "(None, None, None)",
    "an object": "object()",
    "a tuple of objects": "(object(), object())",
    "an empty array": "_np.zeros(0)",
    "an array without axes": "_np.zeros(())",
    "an array of many axes": "_np.zeros((1,) * 7)",
    "an array of text": "_np.array(['a', 'b'])",
    "an array of bools": "_np.zeros((2, 3), bool)",
    "every array NaN": "_all(result, lambda a: a * _np.nan)",
    "every array infinite": "_all(result, lambda a: a * 0.0 + _np.inf)",
    "every array empty": "_all(result, lambda a: a[:0] if a.ndim else a)",
    "every array transposed": "_all(result, lambda a: a.T if a.ndim > 1 else a[::-1])",
    "every array with an axis more": "_all(result, lambda a: a[..., None])",
    "every array a list": "_all(result, lambda a: a.tolist())",
    "every array of half precision": "_all(result, lambda a: a.astype(_np.float16))",
    "every array complex": "_all(result, lambda a: a.astype(complex))",
    "every array an object": "_all(result, lambda a: a.astype(object))",
    "every array its first value": "_all(result, lambda a: a.ravel()[0] if a.size else 0.0)",
    "a tuple too short": "result[:-1] if isinstance(result, tuple) else (result,)",
    "a dict too short": "dict(list(result.items())[1:]) if isinstance(result, dict) else {'a': result}",
    "a list of it": "[result]",
}
TAIL = """

import functools as _functools
import numpy as _np


_SEEN = []


def _all(value, change):
    _SEEN.clear()
    changed = _each(value, change)
    if not _SEEN:
        raise TypeError("there is no array to change")
    return changed


def _each(value, change):
    if isinstance(value, (_np.ndarray, _np.generic)):
        _SEEN.extend([value] * (_np.ndim(value) > 0))
        return change(_np.asarray(value))
    if isinstance(value, float):
        return change(_np.asarray(value))
    if isinstance(value, dict):
        return {{key: _each(item, change) for key, item in value.items()}}
    if isinstance(value, (list, tuple)):
        return type(value)(_each(item, change) for item in value)
    return value


def _changed(function):
    @_functools.wraps(function)
    def changed(*args, **kwargs):
        result = function(*args, **kwargs)
        return {instead}

    return changed


{name} = _changed({name})
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("slugs", nargs="*", help="default: every problem of the NumPy backend")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    os.environ.setdefault("PRACTICE_SANDBOX", "process")
    roots = catalogue.roots()
    problems = [catalogue.load(slug, roots) for slug in asked.slugs or catalogue.slugs(roots)]
    problems = [problem for problem in problems if asked.slugs or problem.file.backend == "numpy"]
    bad = 0
    for problem in problems:
        count = 0
        with Zygote(problem.file.backend) as zygote:
            for name in problem.file.entry_points:
                for words, instead in INSTEAD.items():
                    source = problem.reference.read_bytes() + TAIL.format(name=name, instead=instead).encode()
                    count += 1
                    if told := _fault(problem, source, zygote, asked.seed):
                        bad += 1
                        sys.stdout.write(f"    {problem.slug}: `{name}` gives {words}: {told}\n")
                        sys.stdout.flush()
        sys.stdout.write(f"{problem.slug}: {count} graded\n")
        sys.stdout.flush()
    return int(bad > 0)


def _fault(problem: catalogue.Problem, source: bytes, zygote: Zygote, seed: int) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            report = grade(problem, source, zygote=zygote, seed=seed)
    except GraderError as error:
        return error.message
    return "passed" if report.passed else ""


if __name__ == "__main__":
    sys.exit(main())
