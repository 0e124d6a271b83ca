"""`practice watch`: grade again whenever the file is saved."""

import contextlib
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.cli import attempts
from grader.cli.circumstances import backend_option, chosen, dataset_option, runs_on
from grader.cli.grading import allow_comparison, print_comparison
from grader.cli.keyboard import keys
from grader.cli.options import checked_seed, complete_slug, file_option, seed_or_another
from grader.cli.progress import WITHOUT_CONTROL, progress
from grader.errors import PracticeError, UsageError
from grader.words import Exit

if TYPE_CHECKING:
    from grader.catalogue import Problem
    from grader.processes import Zygote
    from grader.report_data import GradeReport

SAVED = "saved"
KEYS = {"h": "hint", "a": "all failures", "c": "compare", "r": "again", "q": "quit"}
LOOK_AGAIN_SECONDS = 2.0  # where the file system tells nothing: a network folder, too many watchers
SETTLED_MS = 5  # also how often it looks: half a percent of a core, and a save is noticed after 9 ms instead of 31
CLEAR_SCREEN = "\x1b[H\x1b[2J"


@click.command("watch")
@click.argument("slug", required=False, shell_complete=complete_slug)
@file_option("Watch this file.")
@click.option("--seed", type=int, metavar="N", callback=checked_seed, help="The same inputs at every grade.")
@dataset_option
@backend_option
@click.pass_obj
def watch_command(
    problem_roots: tuple[Path, ...], slug: str | None, file: Path | None, seed: int | None, dataset: str | None,
    backend: str | None,
) -> int:  # fmt: skip
    """Grade your solution again whenever you save it."""
    with progress("starting") as line:
        from grader import catalogue, workspace
        from grader.processes import Zygote
        from grader.sources import refuse_unwatchable

        problem, path = workspace.find(slug, file, catalogue.roots(problem_roots))
        refuse_unwatchable(path)
        problem = chosen(problem, dataset, backend, line)
        zygote = Zygote(problem.file.backend, keras_backend=runs_on(backend), shared=True)  # it imports while we do
    with zygote:
        Watch(problem, path, problem_roots, zygote, seed).run()
    return Exit.PASSED


class Events(queue.SimpleQueue[str]):
    """What happens meanwhile: keys and saves.

    Attributes:
        quits: Whether the person wants to end.
        grading: Whether a grade is under way, which `q` then stops.
    """

    quits = False
    grading = False

    def put(self, event: str, block: bool = True, timeout: float | None = None) -> None:
        """Add one; may be called from any thread."""
        self.quits = self.quits or event == "q"
        if event == "q" and self.grading:  # before the key can be taken: no interruption may meet the tidying up
            os.kill(os.getpid(), signal.SIGINT)
        super().put(event, block, timeout)


class Watch:
    """A file that is graded again and again.

    Args:
        problem: The problem.
        path: The file.
        problem_roots: As on the command line.
        zygote: Where all workers come from.
        seed: Of every grade; None for another one each time.
    """

    def __init__(
        self, problem: "Problem", path: Path, problem_roots: Sequence[Path], zygote: "Zygote", seed: int | None
    ) -> None:
        from grader.sources import printable

        self._problem, self._path, self._roots, self._zygote, self._seed = problem, path, problem_roots, zygote, seed
        self._name = printable(path)
        self._source: bytes | None = None
        self._shown: tuple[GradeReport, float | None] | None = None
        self._trouble = ""
        self._is_told = False
        self._keys = False
        self._events = Events()

    def run(self) -> None:
        """Grade, and again after each change, until the person quits."""
        actions: dict[str, Callable[[], None]] = {
            "h": self._hint, "a": self._all_failures, "c": self._compare, "r": self._grade,
        }  # fmt: skip
        with _saves(self._path, self._events), keys(self._events) as self._keys:
            try:
                self._look(at_once=True)
                while (event := self._next()) != "q":
                    if event == SAVED:
                        self._look()
                    elif event in actions:
                        with self._told():
                            actions[event]()
            except KeyboardInterrupt:
                if not self._events.quits:
                    raise

    def _next(self) -> str:
        try:
            return self._events.get(timeout=LOOK_AGAIN_SECONDS)
        except queue.Empty:
            return SAVED

    def _look(self, *, at_once: bool = False) -> None:
        """Grade if the file is another one than before; what it cannot be read for is told once, and not at once."""
        from grader.sources import read_source

        try:
            source = read_source(self._path)
        except UsageError as error:
            is_known = error.message == self._trouble
            if not is_known:  # an editor may be about to put it there again
                self._trouble, self._is_told = error.message, False
            if not self._is_told and (at_once or is_known):
                self._is_told, self._source = True, None
                self._clear()
                is_missing = not os.path.lexists(self._path)
                doubt = "; if the name is misspelled, end this and name another" if is_missing else ""
                self._say(f"{error.message}: waiting for it{doubt}")
                self._foot()
            return
        self._trouble = ""
        if source != self._source:
            self._source = source
            with self._told():
                self._grade()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """What cannot be done is told, and the watch goes on; then the keys."""
        try:
            yield
        except PracticeError as error:
            self._say(f"error: {error.message}" + (f"\nhint: {error.hint}" if error.hint else ""))
        self._foot()

    def _grade(self) -> None:
        from grader import judge
        from grader.bench import Listener

        if self._source is None:
            raise UsageError(f"there is nothing to grade: {self._trouble}")
        source = self._source
        seed = seed_or_another(self._seed)
        with self._stoppable(), progress(f"{self._problem.slug}: starting") as line:
            self._shown = attempts.remembered(
                self._problem, source, seed, self._name, "",
                lambda: judge.grade(
                    self._problem, source, zygote=self._zygote, seed=seed, file=self._name,
                    listener=Listener(line.test, line.line),
                ),
            )  # fmt: skip
        self._show(everything=False)

    @contextlib.contextmanager
    def _stoppable(self) -> Iterator[None]:
        """What takes long is stopped by `q`, as by Ctrl-C."""
        self._events.grading = True
        try:
            yield
        finally:
            self._events.grading = False

    def _all_failures(self) -> None:
        self._show(everything=True)

    def _show(self, *, everything: bool) -> None:
        if self._shown is not None:
            self._clear()
            whole = "the key a" if self._keys else "practice grade --all"
            attempts.show(self._problem, *self._shown, "", everything=everything, whole=whole)

    def _hint(self) -> None:
        from grader.cli.learner import show_next_hint

        self._say("")
        show_next_hint(self._problem, self._roots)

    def _compare(self) -> None:
        from grader.bench import Listener
        from grader.compare import compare

        if self._source is None:
            raise UsageError(f"there is nothing to compare: {self._trouble}")
        allow_comparison(self._problem, False, self._roots)
        seed = seed_or_another(self._seed)
        with self._stoppable(), progress(f"{self._problem.slug}: starting") as line:
            comparison = compare(
                self._problem, self._source, zygote=self._zygote, seed=seed, file=self._name,
                listener=Listener(line.test, line.line),
            )  # fmt: skip
        self._clear()
        print_comparison(comparison, self._problem, self._source, self._roots)

    def _foot(self) -> None:
        keys = " · ".join(f"{key} {what}" for key, what in KEYS.items()) if self._keys else "Ctrl-C ends"
        self._say(f"\nwatching {self._name} · {keys}")

    def _say(self, text: str) -> None:
        from grader.report.plain import safe, say

        say(safe(text))

    def _clear(self) -> None:
        """The report takes the place of the one before."""
        from grader.report.plain import is_terminal

        if is_terminal(sys.stdout) and os.environ.get("TERM", "dumb").lower() not in WITHOUT_CONTROL:
            sys.stdout.write(CLEAR_SCREEN)


@contextlib.contextmanager
def _saves(path: Path, events: "queue.SimpleQueue[str]") -> Iterator[None]:
    """Put an event into the queue whenever something becomes of a file."""
    import watchfiles

    folder, stop = path.absolute().parent, threading.Event()

    def follow() -> None:
        changes = watchfiles.watch(
            folder, watch_filter=lambda _, changed: Path(changed).name == path.name, step=SETTLED_MS,
            stop_event=stop, recursive=False, raise_interrupt=False,
        )  # fmt: skip
        with contextlib.suppress(OSError, RuntimeError):  # nothing is told here; the file is looked at now and then
            for _ in changes:
                events.put(SAVED)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
