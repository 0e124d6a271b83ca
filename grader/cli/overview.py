"""Commands that give an overview: the problems, and what was done on them."""

from pathlib import Path

import click

from grader import catalogue, history
from grader.catalogue import Problem
from grader.cli.keeping import remembered
from grader.cli.talk import ago, duration, typed
from grader.errors import UsageError
from grader.history import Summary
from grader.report.plain import columns, put, say
from grader.sources import printable
from grader.words import Exit

NARROW = 64


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
    nothing: dict[str, Summary] = {}
    done = remembered(history.summaries, nothing)
    if as_json:
        from grader.report.as_json import data_json

        put(data_json({"problems": [_list_row(p, done.get(p.slug, Summary())) for p in chosen]}))
        return Exit.PASSED
    width = max((len(problem.slug) for problem in chosen), default=0)
    narrow = _is_narrow()
    for name in tracks if track is None else [track]:
        say(name)
        for problem in (p for p in chosen if p.file.track == name):
            file, score = problem.file, _score(done.get(problem.slug, Summary()))
            if narrow:
                say(f"  {problem.slug}\n    {file.title}\n    {file.difficulty} · {file.minutes} min{_after(score)}")
            else:
                say(f"  {problem.slug:<{width}}  {file.difficulty:<6}  {file.minutes:3} min  {score}".rstrip())
                say(f"    {file.title}")
            if before := _still_before(problem, problems, done):
                say(f"    first: {', '.join(before)}")
        say("")
    say(f"{typed(problem_roots, 'start', 'SLUG')} makes a folder to work in.")
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

        put(data_json({"problems": [_status_row(slug, s) for slug, s in done.items()]}))
        return Exit.PASSED
    if not done:
        say(f"Nothing attempted yet. {typed(problem_roots, 'list')} shows the problems.")
    elif _is_narrow():
        for slug, s in done.items():
            say(f"{slug}{_after(_outcome(s))}\n  best {_best(s)} · grades {s.attempts} · hints {s.hints}")
            say(f"  time {_spent(s)} · last {ago(s.last or s.started)}")
    else:
        width = max(len(slug) for slug in done)
        say(f"{'problem':<{width}}  best  grades  hints  {'time':>7}  {'last':<12}")
        for slug, s in done.items():
            last = ago(s.last or s.started)
            say(
                f"{slug:<{width}}  {_best(s):>4}  {s.attempts:>6}  {s.hints:>5}  {_spent(s):>7}  "
                f"{last:<12}  {_outcome(s)}"
            )
    for path in history.damaged():
        say(f"\nA damaged history was put aside: {printable(path)}")
    return Exit.PASSED


def _still_before(problem: Problem, known: list[Problem], done: dict[str, Summary]) -> list[str]:
    """The prerequisites of a problem that have not been passed, while it has not been passed itself."""
    passed = {slug for slug, summary in done.items() if summary.passed}
    waiting = {each.slug for each in known} - passed
    return [] if problem.slug in passed else [slug for slug in problem.file.prerequisites if slug in waiting]


def _list_row(problem: Problem, summary: Summary) -> dict[str, object]:
    file = problem.file
    return {
        "slug": problem.slug, "title": file.title, "track": file.track, "kind": file.kind,
        "difficulty": file.difficulty, "minutes": file.minutes, "prerequisites": file.prerequisites,
        "best": summary.best, "passed": summary.passed,
    }  # fmt: skip


def _status_row(slug: str, summary: Summary) -> dict[str, object]:
    return {
        "slug": slug, "attempts": summary.attempts, "best": summary.best, "hints": summary.hints,
        "passed": summary.passed, "gave_up": summary.gave_up, "minutes_spent": summary.minutes_spent,
        "started": summary.started.isoformat() if summary.started else None,
        "last": summary.last.isoformat() if summary.last else None,
    }  # fmt: skip


def _score(summary: Summary) -> str:
    if summary.passed:
        return "✓ passed"
    return "" if summary.best is None else f"best {summary.best:g}"


def _outcome(summary: Summary) -> str:
    return "✓ passed" if summary.passed else "gave up" if summary.gave_up else ""


def _best(summary: Summary) -> str:
    return "-" if summary.best is None else f"{summary.best:g}"


def _spent(summary: Summary) -> str:
    return "-" if summary.minutes_spent is None else duration(summary.minutes_spent)


def _after(text: str) -> str:
    return f" · {text}" if text else ""


def _is_narrow() -> bool:
    import sys

    width = columns(sys.stdout)
    return width is not None and width < NARROW
