"""Storing what was done without letting a failing store cost anything else."""

from collections.abc import Callable

import click

from grader.history import HistoryError


def keep(store: Callable[[], None]) -> None:
    """Store something; a store that fails is told in one line."""
    try:
        store()
    except HistoryError as error:
        click.echo(f"warning: this is not stored: {error.message}\nhint: {error.hint}", err=True)
