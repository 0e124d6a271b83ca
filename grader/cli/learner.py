"""Commands for learners that do not grade."""

import datetime
import re
from pathlib import Path

import click

from grader import catalogue, history
from grader.cli.keeping import keep
from grader.errors import ContentError, UsageError
from grader.history import Summary
from grader.words import Exit

HINTS = 3


@click.command("list")
@click.option("--track", metavar="TRACK", help="Only the problems of one track.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_command(problem_roots: tuple[Path, ...], track: str | None, as_json: bool) -> int:
    """List the problems, in learning order, with your best scores."""
    problems = list(catalogue.load_all(catalogue.roots(problem_roots)))
    tracks = list(dict.fromkeys(problem.file.track for problem in problems))
    if track is not None and track not in tracks:
        raise UsageError(f"there is no track `{track}`", f"one of {', '.join(tracks)}")
    chosen = [problem for problem in problems if track in (None, problem.file.track)]
    done = history.summaries()
    if as_json:
        from grader.report.as_json import data_json

        rows = [
            {
                "slug": p.slug, "title": p.file.title, "track": p.file.track, "kind": p.file.kind,
                "difficulty": p.file.difficulty, "minutes": p.file.minutes, "prerequisites": p.file.prerequisites,
                "best": done.get(p.slug, Summary()).best,
            }
            for p in chosen
        ]  # fmt: skip
        click.echo(data_json({"problems": rows}))
        return Exit.PASSED
    width = max((len(problem.slug) for problem in chosen), default=0)
    for name in tracks:
        members = [problem for problem in chosen if problem.file.track == name]
        if not members:
            continue
        click.echo(f"\n{name}" if name != chosen[0].file.track else name)
        for problem in members:
            best = done.get(problem.slug, Summary()).best
            score = "  -" if best is None else f"{best:3.0f}"
            line = f"  {problem.slug:<{width}}  {problem.file.difficulty:<6}  {problem.file.minutes:3} min  {score}"
            title = problem.file.title
            fits = len(line) + 2 + len(title) <= _columns()
            click.echo(f"{line}  {title}" if fits else f"{line}\n    {title}")
    click.echo("\npractice start SLUG makes a folder to work in.")
    return Exit.PASSED


@click.command("show")
@click.argument("slug")
@click.pass_obj
def show_command(problem_roots: tuple[Path, ...], slug: str) -> int:
    """Show the statement of a problem."""
    problem = catalogue.load(slug, catalogue.roots(problem_roots))
    _print_markdown(problem.read("README.md"))
    return Exit.PASSED


@click.command("start")
@click.argument("slug")
@click.option(
    "--dir", "parent", type=click.Path(path_type=Path), default=Path(), help="Where to make the folder; default here."
)
@click.pass_obj
def start_command(problem_roots: tuple[Path, ...], slug: str, parent: Path) -> int:
    """Make a folder with the stub and the statement, and start the clock."""
    from grader import workspace
    from grader.sources import printable

    problem = catalogue.load(slug, catalogue.roots(problem_roots))
    folder = workspace.create(problem, parent)
    keep(lambda: history.record_start(slug, folder.absolute()))
    name = printable(folder)
    click.echo(f"{problem.file.title} · {problem.file.difficulty} · {problem.file.minutes} min\n")
    click.echo(f"  {name}/README.md         the statement")
    click.echo(f"  {name}/solution.py       write your solution here")
    click.echo(f"  {name}/test_examples.py  the examples of the statement; run them with pytest\n")
    click.echo("The clock runs. Next:\n")
    click.echo(f"  cd {name}")
    click.echo("  practice grade")
    return Exit.PASSED


@click.command("hint")
@click.argument("slug", required=False)
@click.pass_obj
def hint_command(problem_roots: tuple[Path, ...], slug: str | None) -> int:
    """Show the next of three hints; it is counted."""
    slug = _slug_here(slug)
    problem = catalogue.load(slug, catalogue.roots(problem_roots))
    hints = re.split(r"^## Hint \d+\s*$", problem.read("hints.md"), flags=re.MULTILINE)[1:]
    if len(hints) != HINTS:
        raise ContentError(f"`{problem.folder / 'hints.md'}` has {len(hints)} hints, expected {HINTS}")
    shown = history.summary(slug).hints
    number = min(shown + 1, HINTS)
    again = " (you have seen all of them)" if shown == HINTS else ""
    _print_markdown(f"Hint {number} of {HINTS}{again}\n\n{hints[number - 1].strip()}\n")
    if not again:
        keep(lambda: history.record_hint(slug, number))
    if number == HINTS:
        click.echo(f"\nThat was the last one. practice compare {slug} --give-up shows the reference solution.")
    return Exit.PASSED


@click.command("reset")
@click.argument("slug", required=False)
@click.option("--file", "file", type=click.Path(path_type=Path), help="The file to put the stub into.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def reset_command(problem_roots: tuple[Path, ...], slug: str | None, file: Path | None, yes: bool) -> int:
    """Put the stub back; your file is kept as a backup."""
    from grader import workspace
    from grader.sources import printable

    problem, solution = workspace.find(slug, file, catalogue.roots(problem_roots))
    if not solution.is_file():
        raise UsageError(f"`{printable(solution)}` does not exist", f"practice start {problem.slug}")
    if not yes:
        click.confirm(f"Replace {printable(solution)} by the stub? A backup is kept", abort=True)
    backup = workspace.reset(problem, solution)
    click.echo(f"{printable(solution)} is the stub again; your file is {printable(backup)}")
    return Exit.PASSED


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def status_command(problem_roots: tuple[Path, ...], as_json: bool) -> int:
    """Show what you have attempted: best score, hints, time."""
    known = catalogue.slugs(catalogue.roots(problem_roots))
    done = {slug: summary for slug, summary in sorted(history.summaries().items()) if slug in known}
    if as_json:
        from grader.report.as_json import data_json

        rows = [
            {
                "slug": slug, "attempts": s.attempts, "best": s.best, "hints": s.hints, "passed": s.passed,
                "gave_up": s.gave_up, "started": _iso(s.started), "last": _iso(s.last),
            }
            for slug, s in done.items()
        ]  # fmt: skip
        click.echo(data_json({"problems": rows}))
        return Exit.PASSED
    if not done:
        click.echo("Nothing attempted yet. practice list shows the problems.")
        return Exit.PASSED
    width = max(len(slug) for slug in done)
    click.echo(f"{'problem':<{width}}  best  attempts  hints  last")
    for slug, s in done.items():
        best = "-" if s.best is None else f"{s.best:.0f}"
        when = _ago(s.last or s.started)
        mark = " passed" if s.passed else " gave up" if s.gave_up else ""
        click.echo(f"{slug:<{width}}  {best:>4}  {s.attempts:>8}  {s.hints:>5}  {when}{mark}")
    return Exit.PASSED


def _slug_here(slug: str | None) -> str:
    from grader import workspace

    here = workspace.slug_at(Path.cwd())
    if slug is None and here is None:
        raise UsageError("no problem is named, and this folder is no workspace", "practice list")
    return slug if slug is not None else str(here and here[0])


def _print_markdown(text: str) -> None:
    from rich.markdown import Markdown

    from grader.report.console import ASCII, can_show_unicode, make_console

    console = make_console()
    if not console.is_terminal:
        click.echo(text if can_show_unicode() else text.translate(ASCII))
        return
    console.print(Markdown(text, hyperlinks=False, code_theme="ansi_dark"))


def _columns() -> int:
    import shutil

    return shutil.get_terminal_size().columns


def _iso(time: datetime.datetime | None) -> str | None:
    return time.isoformat() if time else None


def _ago(time: datetime.datetime | None) -> str:
    if time is None:
        return "-"
    minutes = int((history.now() - time).total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 60 * 48 else f"{minutes // 1440} days ago"
