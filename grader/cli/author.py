"""Commands for authors."""

import fnmatch
import random
from pathlib import Path

import click

from grader import catalogue
from grader.cli.talk import complete_slug
from grader.report.plain import safe, say
from grader.words import Exit

FEWEST_KILLED = 0.95


@click.command("verify")
@click.argument("slugs", nargs=-1, metavar="[SLUG]...", shell_complete=complete_slug)
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the first round of grades; default random.")
@click.option(
    "--seeds", type=click.IntRange(min=1), default=1, show_default=True, help="Rounds, each with its own seed."
)
@click.option("--only", metavar="PATTERN", default="*", help="Only files whose name matches, e.g. 'gate*'.")
@click.option("--mutants", is_flag=True, help="Grade the mutants of the reference solution too.")
@click.pass_obj
def verify_command(
    problem_roots: tuple[Path, ...], slugs: tuple[str, ...], seed: int | None, seeds: int, only: str, mutants: bool
) -> int:
    """Prove that hidden suites tell right from wrong."""
    from grader import verify

    roots = catalogue.roots(problem_roots)
    problems = [catalogue.load(slug, roots) for slug in slugs] or list(catalogue.load_all(roots))
    first_seed = random.randrange(1 << 31) if seed is None else seed
    troubles = 0
    for problem in problems:
        say(problem.slug)
        for part in verify.missing_parts(problem):
            troubles += 1
            say(f"  ✗ missing: {part}")
        if not all(path.is_file() for path in (problem.reference, problem.suite, problem.folder / "stub.py")):
            continue
        entries: list[verify.Entry] = []
        rounds = range(first_seed, first_seed + seeds)
        for entry in verify.prove(problem, rounds, lambda kind, name: fnmatch.fnmatch(name, only + "*")):
            entries.append(entry)
            troubles += bool(entry.trouble)
            _echo_entry(entry, verbose=seeds == 1)
        if only == "*":
            for identifier in verify.tests_without_catch(entries):
                say(f"  - no wrong solution is first caught by {identifier}")
        good = sum(not entry.trouble for entry in entries)
        say(f"  {good} of {len(entries)} grades as promised, seeds {first_seed} to {first_seed + seeds - 1}")
        if mutants:
            troubles += _try_mutants(problem, first_seed)
    return Exit.NOT_PASSED if troubles else Exit.PASSED


def _try_mutants(problem: catalogue.Problem, seed: int) -> int:
    """Grade the mutants of a problem; gives the number of troubles."""
    from grader import mutation

    trials = []
    for trial in mutation.run(problem, seed):
        trials.append(trial)
        if not trial.killed and trial.equivalent is None:
            say(f"  ✗ survivor, line {trial.mutant.line}: {trial.mutant.change}\n      {trial.mutant.text}")
        elif trial.killed and trial.equivalent is not None:
            say(f"  ✗ recorded as equivalent, but killed, line {trial.mutant.line}: {trial.mutant.change}")
    stale = mutation.stale(problem)
    for record in stale:
        say(f"  ✗ stale record of an equivalent mutant: {record.change} in `{record.line}`")
    equivalent = sum(trial.equivalent is not None for trial in trials)
    killed = sum(trial.killed for trial in trials)
    share = killed / max(1, len(trials) - equivalent)
    say(f"  {len(trials)} mutants: {killed} killed, {equivalent} equivalent, {share:.1%} of the others killed")
    return len(stale) + (share < FEWEST_KILLED)


def _echo_entry(entry: "object", *, verbose: bool) -> None:
    from grader.verify import Entry

    assert isinstance(entry, Entry)
    if entry.trouble:
        say(safe(f"  ✗ {entry.name} (seed {entry.seed}): {entry.trouble}"))
    elif verbose:
        where = f"{entry.report.verdict} at {entry.caught_by}" if entry.caught_by else str(entry.report.verdict)
        say(f"  ✓ {entry.name}: {where} · {entry.report.seconds:.1f} s")
