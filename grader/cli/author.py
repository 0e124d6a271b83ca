"""Commands for authors."""

import fnmatch
import random
from pathlib import Path

import click

from grader import catalogue
from grader.words import Exit


@click.command("verify")
@click.argument("slugs", nargs=-1, metavar="[SLUG]...")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the first round of grades; default random.")
@click.option("--seeds", type=click.IntRange(min=1), default=1, show_default=True, help="Rounds, each with its own seed.")
@click.option("--only", metavar="PATTERN", default="*", help="Only files whose name matches, e.g. 'gate*'.")
@click.pass_obj
def verify_command(
    problem_roots: tuple[Path, ...], slugs: tuple[str, ...], seed: int | None, seeds: int, only: str
) -> int:
    """Prove the hidden suites: right solutions pass, wrong ones fail as promised."""
    from grader import verify
    from grader.cli.progress import progress
    from grader.processes import Zygote

    roots = catalogue.roots(problem_roots)
    problems = [catalogue.load(slug, roots) for slug in slugs] or list(catalogue.load_all(roots))
    first_seed = random.randrange(1 << 31) if seed is None else seed
    troubles = 0
    for problem in problems:
        click.echo(problem.slug)
        for part in verify.missing_parts(problem):
            troubles += 1
            click.echo(f"  x missing: {part}")
        entries: list[verify.Entry] = []
        with Zygote(problem.file.backend) as zygote, progress(problem.slug) as listener:
            for round_number in range(seeds):
                for entry in verify.prove(
                    problem, zygote, first_seed + round_number, listener, lambda name: fnmatch.fnmatch(name, only + "*")
                ):
                    entries.append(entry)
                    troubles += bool(entry.trouble)
                    _echo_entry(entry, verbose=seeds == 1)
        if only == "*":
            for identifier in verify.tests_without_catch(entries):
                click.echo(f"  - no wrong solution is first caught by {identifier}")
        good = sum(not entry.trouble for entry in entries)
        click.echo(f"  {good} of {len(entries)} grades as promised, seeds {first_seed} to {first_seed + seeds - 1}")
    return Exit.NOT_PASSED if troubles else Exit.PASSED


def _echo_entry(entry: "object", *, verbose: bool) -> None:
    from grader.verify import Entry

    assert isinstance(entry, Entry)
    if entry.trouble:
        click.echo(f"  ✗ {entry.name} (seed {entry.seed}): {entry.trouble}")
    elif verbose:
        where = f"{entry.report.verdict} at {entry.caught_by}" if entry.caught_by else str(entry.report.verdict)
        click.echo(f"  ✓ {entry.name}: {where} · {entry.report.seconds:.1f} s")
