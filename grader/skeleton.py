"""The folders of a new problem: small, complete and right, so that they can be graded before a word is changed."""

import contextlib
from pathlib import Path
from string import Template

from grader.catalogue import SLUG
from grader.errors import UsageError
from grader.sources import printable

FILES = {
    "problems/$slug/problem.toml": '''\
title = "$title"
track = "foundations"
kind = "implement"
difficulty = "easy"
minutes = 10
entry_points = ["center"]
forbid = ["tensorflow", "keras", "torch", "jax"]

[limits]
cpu_seconds = 5
memory_mib = 256

[[rubric]]
group = "values"
title = "Values"
points = 80

[[rubric]]
group = "manners"
title = "Manners"
points = 20
''',
    "problems/$slug/README.md": '''\
# $title

Write `center(x)`: subtract from each column of `x` its mean.

```python
center(x) -> out
```

| name | shape | dtype |
| --- | --- | --- |
| `x` | (n, d), n ≥ 1 | float64 |
| `out` | (n, d) | float64 |

```python
center(np.array([[1.0, 2.0], [3.0, 6.0]]))   # [[-1, -2], [1, 2]]
```

- NumPy only. `x` must not be changed.
''',
    "problems/$slug/stub.py": '''\
"""$title: fill in the function."""

import numpy as np


def center(x: np.ndarray) -> np.ndarray:
    """Subtract from each column of x, (n, d), its mean; gives a new array."""
    raise NotImplementedError
''',
    "problems/$slug/test_examples.py": '''\
"""The example of the statement."""

import numpy as np
from numpy.testing import assert_allclose
from solution import center


def test_two_rows():
    assert_allclose(center(np.array([[1.0, 2.0], [3.0, 6.0]])), [[-1.0, -2.0], [1.0, 2.0]])
''',
    "solutions/$slug/reference.py": '''\
"""Subtract the mean of each column."""

import numpy as np


def center(x: np.ndarray) -> np.ndarray:
    return x - x.mean(axis=0)  # (n, d) - (d,)
''',
    "problems/$slug/test_hidden.py": '''\
"""Hidden suite: one class for each rubric group, one rule for each test."""

import numpy as np

from grader import checks


class TestValues:
    def test_columns(self, submission, rng):
        """The mean of each column is subtracted"""
        x = rng.normal(loc=3.0, size=(5, 3))
        mistakes = [
            (x - x.mean(), "this is centred by the mean of the whole array"),
            (lambda: x - x.mean(axis=1, keepdims=True), "this is centred by the mean of each row"),
            (x - np.median(x, axis=0), "this is centred by the median"),
        ]
        expected = np.array([column - sum(column) / len(column) for column in x.T]).T
        checks.close(submission.center(x), expected, name="out", mistakes=mistakes)


class TestManners:
    def test_unchanged(self, submission, rng):
        """The argument is left as it was"""
        checks.unchanged(submission.center, rng.normal(size=(4, 2)))
''',
    "solutions/$slug/accepted/by_columns.py": '''\
"""The same with a loop over the columns."""

import numpy as np


def center(x):
    return np.stack([column - column.sum() / len(column) for column in x.T], axis=1)
''',
    "solutions/$slug/wrong/whole_mean.py": '''\
# Mistake: the mean of the whole array instead of that of each column.
# Caught by: TestValues::test_columns
# Diagnosis: this is centred by the mean of the whole array


def center(x):
    return x - x.mean()
''',
    "problems/$slug/hints.md": '''\
## Hint 1

What is the shape of a mean that each column has its own one of?

## Hint 2

Which axis has to go, and how is what remains aligned with the array?

## Hint 3

Take the mean along the first axis; broadcasting subtracts it from every row.
''',
    "problems/$slug/followups.md": '''\
## What changes if the rows arrive one at a time?

Keep a count and the running mean; each row moves the mean by its distance divided by the count.

Source: Welford (1962), Technometrics 4(3).
''',
}  # fmt: skip


def texts(slug: str) -> dict[str, str]:
    """Path, relative to the folder of `problems` and `solutions`, and text of every file."""
    title = slug.replace("-", " ").capitalize()
    return {
        Template(path).substitute(slug=slug): Template(text).substitute(slug=slug, title=title)
        for path, text in FILES.items()
    }


def create(slug: str, root: Path) -> list[Path]:
    """Write the folders of a new problem; what exists is never touched.

    Args:
        slug: Of the problem.
        root: The folder that holds, or will hold, `problems` and `solutions`.

    Returns:
        The files, in the order in which an author would fill them in.

    Raises:
        UsageError: If the slug is none, the problem exists, or nothing can be written there.
    """
    if not SLUG.fullmatch(slug):
        raise UsageError(f"`{printable(Path(slug))}` is no slug", "lower-case words, joined by hyphens: relu-backprop")
    for folder in (root / "problems" / slug, root / "solutions" / slug):
        if folder.exists() or folder.is_symlink():
            raise UsageError(f"`{printable(folder)}` exists already; nothing was changed", f"practice verify {slug}")
    made: list[Path] = []
    try:
        for name, text in texts(slug).items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                made.append(path)
                file.write(text)
    except OSError as error:
        for path in made:
            with contextlib.suppress(OSError):
                path.unlink()
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"`{printable(root)}` cannot be written: {reason}", "name another folder with --dir") from None
    return made
