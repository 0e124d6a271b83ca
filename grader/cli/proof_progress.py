"""How far a proof is, on standard error: a bar, or a line for each tenth of a long one where that is no terminal."""

import contextlib
import os
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from grader.cli.progress import WITHOUT_CONTROL
from grader.report.plain import is_terminal, say, tell

LONG = 100  # grades: fewer are there before anybody wonders


class ProofBar:
    """How many grades of a problem are there, of how many.

    Args:
        bar: What draws it; None writes lines.
    """

    def __init__(self, bar: Progress | None) -> None:
        self._bar = bar
        self._task = None if bar is None else bar.add_task("", total=None)
        self._title, self._grades, self._done = "", 0, 0

    def begin(self, title: str, grades: int) -> None:
        """Start with the next problem."""
        self._title, self._grades, self._done = title, grades, 0
        if self._bar is not None and self._task is not None:
            self._bar.reset(self._task, description=title, total=grades, visible=True)

    def rest(self) -> None:
        """Show nothing until the next problem begins."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, visible=False)

    def say(self, text: str) -> None:
        """Write lines on standard output, above the bar.

        Rich could redirect the stream, but what it puts in its place has neither encoding nor width.
        """
        if self._bar is None:
            say(text)
            return
        self._bar.stop()
        say(text)
        self._bar.start()

    def step(self) -> None:
        """One more grade is there; may be called from any thread."""
        self._done += 1
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task)
        elif self._grades >= LONG and 10 * self._done // self._grades > 10 * (self._done - 1) // self._grades:
            tell(f"{self._title}: {self._done} of {self._grades} grades")


@contextlib.contextmanager
def proof_bar() -> Iterator[ProofBar]:
    """A bar until the block ends; lines that are written meanwhile appear above it."""
    can_erase = os.environ.get("TERM", "dumb").lower() not in WITHOUT_CONTROL
    if not is_terminal(sys.stderr) or not can_erase:
        yield ProofBar(None)
        return
    console = Console(file=sys.stderr, highlight=False, markup=False, emoji=False)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
    with bar:
        yield ProofBar(bar)
