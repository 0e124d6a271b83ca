"""Commands for learners that neither grade nor list: statement, workspace, hints."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from grader import catalogue, history
from grader.catalogue import Problem
from grader.cli.keeping import keep, remembered
from grader.cli.options import complete_slug, file_option
from grader.cli.talk import quoted, typed
from grader.errors import ContentError, UsageError
from grader.history import Summary
from grader.report.plain import is_terminal, say
from grader.sources import printable
from grader.words import Exit

HINTS = 3


@click.command("show")
@click.argument("slug", required=False, shell_complete=complete_slug)
@click.option("--followups", is_flag=True, help="What an interviewer asks next, with model answers.")
@click.pass_obj
def show_command(problem_roots: tuple[Path, ...], slug: str | None, followups: bool) -> int:
    """Show the statement of a problem."""
    from grader.report.statement import print_statement

    problem = _problem_here(slug, problem_roots)
    print_statement(problem.read("followups.md" if followups else "README.md"))
    return Exit.PASSED


@click.command("start")
@click.argument("slug", shell_complete=complete_slug)
@click.option(
    "--dir", "parent", type=click.Path(path_type=Path), default=Path(), help="Where to make the folder; default here."
)
@click.pass_obj
def start_command(problem_roots: tuple[Path, ...], slug: str, parent: Path) -> int:
    """Make a folder to work in, and start the clock."""
    from grader import workspace

    problem = workspace.named(slug, catalogue.roots(problem_roots))
    folder = workspace.create(problem, parent)
    keep(lambda: history.record_start(problem.slug, folder.absolute()))
    say(
        f"{problem.file.title} · {problem.file.difficulty} · {problem.file.minutes} min\n\n"
        f"In {printable(folder)}:\n\n"
        "  README.md         the statement\n"
        "  solution.py       write your solution here\n"
        "  test_examples.py  the examples of the statement; run them with pytest\n\n"
        "The clock runs. Next:\n\n"
        f"  cd {quoted(folder)}\n"
        f"  {typed(problem_roots, 'grade')}"
    )
    return Exit.PASSED


@click.command("hint")
@click.argument("slug", required=False, shell_complete=complete_slug)
@click.pass_obj
def hint_command(problem_roots: tuple[Path, ...], slug: str | None) -> int:
    """Show the next of three hints; it is counted."""
    show_next_hint(_problem_here(slug, problem_roots), problem_roots)
    return Exit.PASSED


@click.command("reset")
@click.argument("slug", required=False, shell_complete=complete_slug)
@file_option("The file to put the stub into.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def reset_command(problem_roots: tuple[Path, ...], slug: str | None, file: Path | None, yes: bool) -> int:
    """Put the stub back; your file is kept as a backup."""
    from grader import workspace

    problem, solution = workspace.find(slug, file, catalogue.roots(problem_roots))
    name = printable(solution)
    if solution.exists() and not yes and not _confirmed(f"Replace {name} by the stub? A backup is kept [y/N] "):
        say("nothing was changed")
        return Exit.PASSED
    backup = workspace.reset(problem, solution)
    kept = f"; your file is {printable(backup)}" if backup is not None else ""
    say(f"{name} is the stub again{kept}")
    return Exit.PASSED


def show_next_hint(problem: Problem, problem_roots: Sequence[Path]) -> None:
    """Show the next hint, or the last one again."""
    from grader.report.statement import print_statement

    slug = problem.slug
    hints = re.split(r"^## Hint \d+\s*$", problem.read("hints.md"), flags=re.MULTILINE)[1:]
    if len(hints) != HINTS:
        raise ContentError(f"`{problem.folder / 'hints.md'}` has {len(hints)} hints, expected {HINTS}")
    shown = remembered(lambda: history.summary(slug), Summary()).hints
    number = min(shown + 1, HINTS)
    again = " (you have seen all of them)" if shown >= HINTS else ""
    print_statement(f"Hint {number} of {HINTS}{again}\n\n{hints[number - 1].strip()}\n")
    if not again:
        keep(lambda: history.record_hint(slug, number))
    if number == HINTS:
        command = typed(problem_roots, "compare", slug, "--give-up")
        say(f"\nThat was the last one. {command} shows the reference solution.")


def _problem_here(slug: str | None, problem_roots: Sequence[Path]) -> Problem:
    """The problem that is named, or that of the workspace here."""
    from grader import workspace

    if slug is None:
        here = workspace.slug_here()
        if here is None:
            raise UsageError("no problem is named, and this folder is no workspace", "practice list")
        slug = here[0]
    return workspace.named(slug, catalogue.roots(problem_roots))


def _confirmed(question: str) -> bool:
    """Whether a person says yes; on a terminal, no answer is a no."""
    try:
        return input(question).strip().lower() in ("y", "yes")
    except EOFError:
        say("")  # what comes next stands on a line of its own
        if is_terminal(sys.stdin):
            return False
        raise UsageError("nobody is there to confirm it", "add --yes") from None
    except KeyboardInterrupt:
        say("")
        raise
