"""The history, without letting one that fails cost anything else."""

from collections.abc import Callable
from typing import TypeVar

from grader.history import HistoryError
from grader.report.plain import safe, tell

T = TypeVar("T")


def keep(store: Callable[[], None]) -> None:
    """Store something; a history that fails is told in one line."""
    try:
        store()
    except HistoryError as error:
        tell(f"warning: this is not stored: {safe(error.message)}\nhint: {safe(error.hint)}")


def remembered(read: Callable[[], T], otherwise: T) -> T:
    """Read something; a history that fails is told in one line, and `otherwise` is taken in its place."""
    try:
        return read()
    except HistoryError as error:
        tell(f"warning: {safe(error.message)}\nhint: {safe(error.hint)}")
        return otherwise
