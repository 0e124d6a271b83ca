"""On what a problem is graded: its data set, and the library below Keras. Imports nothing heavy."""

from typing import TYPE_CHECKING

import click

from grader.errors import UsageError

if TYPE_CHECKING:
    from grader.catalogue import Problem
    from grader.cli.progress import StatusLine

KERAS_BACKENDS = ("tensorflow", "jax", "torch")

dataset_option = click.option("--dataset", metavar="NAME", help="Train on this data set, where the problem can.")
backend_option = click.option(
    "--backend",
    type=click.Choice(KERAS_BACKENDS),
    metavar="NAME",
    help=f"What Keras runs on: {', '.join(KERAS_BACKENDS)}.",
)


def chosen(problem: "Problem", dataset: str | None, backend: str | None, line: "StatusLine") -> "Problem":
    """The problem on the data set that was asked for, after a look whether data and library are there at all.

    Raises:
        UsageError: If the problem cannot use one of them, or it is not installed.
        DataMissingError: If the data are not there, or damaged.
    """
    if backend:
        _require(backend, problem)
    if dataset:
        from grader import data

        problem = problem.on(dataset)
        line.test(f"reading {dataset}")
        data.load(dataset)
    return problem


def runs_on(backend: str | None) -> str:
    """What Keras runs on."""
    return backend or KERAS_BACKENDS[0]


def _require(backend: str, problem: "Problem") -> None:
    import importlib.util

    if problem.file.backend != "keras":
        raise UsageError(f"`{problem.slug}` is a NumPy problem: `--backend` is for those that use Keras")
    if importlib.util.find_spec(backend) is None:
        raise UsageError(f"`{backend}` is not installed, and `--backend {backend}` needs it", f"pip install {backend}")
