"""Commands for authors."""

import fnmatch
from pathlib import Path

import click

from grader import catalogue
from grader.catalogue import Problem
from grader.cli.options import complete_slug
from grader.cli.talk import typed
from grader.errors import UsageError
from grader.report.plain import say
from grader.sources import printable
from grader.words import Exit

FIRST_SEED = 1


@click.command("new")
@click.argument("slug", metavar="SLUG")
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path), metavar="DIR",
    help="Folder that holds, or will hold, `problems` and `solutions`.",
)  # fmt: skip
@click.pass_obj
def new_command(problem_roots: tuple[Path, ...], slug: str, folder: Path | None) -> int:
    """Begin a problem: its folders, small and complete."""
    from grader import skeleton

    roots = catalogue.roots(problem_roots)
    root = (folder or _usual_root(roots)).absolute()
    if slug in catalogue.slugs(roots):
        raise UsageError(f"there is a problem `{slug}` already", typed(problem_roots, "verify", slug))
    for path in skeleton.create(slug, root):
        say(printable(path))
    is_known = any(root == known.absolute() for known in roots)
    say(f"\nWhat to write next: {typed(problem_roots if is_known else (root,), 'verify', slug, '--watch')}")
    return Exit.PASSED


@click.command("verify")
@click.argument("slugs", nargs=-1, metavar="[SLUG]...", shell_complete=complete_slug)
@click.option("--seed", type=click.IntRange(min=0), default=FIRST_SEED, metavar="N", help="The first seed; default 1.")
@click.option("--seeds", type=click.IntRange(min=1), default=1, metavar="N", help="How many seeds; default 1.")
@click.option("--wrong-seeds", type=click.IntRange(min=1), metavar="N", help="For wrong solutions; default as --seeds.")
@click.option(
    "--only", "patterns", metavar="PATTERN", multiple=True,
    help="Only files whose name or kind matches, as in 'gate*' or 'accepted'; may be said again.",
)
@click.option("--mutants", is_flag=True, help="Grade the mutants of the reference solution too.")
@click.option("--busy", is_flag=True, help="Keep every core busy meanwhile.")
@click.option("--changed", is_flag=True, help="Only what differs from its stored proof; with --mutants.")
@click.option("--outdated", is_flag=True, help="As --changed, also what another judge or library proved.")
@click.option("--report", "target", type=click.Path(path_type=Path), metavar="PATH",
              help="Write JSON and Markdown into a folder, or a file.")  # fmt: skip
@click.option("--watch", is_flag=True, help="Tell at every change what is still to do.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Grades at a time; default one for each core.")
@click.option("--no-cache", is_flag=True, help="Make every grade again.")
@click.pass_obj
def verify_command(
    problem_roots: tuple[Path, ...],
    slugs: tuple[str, ...],
    seed: int,
    seeds: int,
    wrong_seeds: int | None,
    patterns: tuple[str, ...],
    mutants: bool,
    busy: bool,
    changed: bool,
    outdated: bool,
    target: Path | None,
    watch: bool,
    jobs: int | None,
    no_cache: bool,
) -> int:
    """Prove that hidden suites tell right from wrong."""
    if patterns and (target is not None or changed or outdated):
        raise UsageError("a part of a proof is no proof", "leave out --only, or --report, --changed and --outdated")
    if watch and len(slugs) != 1:
        raise UsageError("--watch looks at one problem", typed(problem_roots, "verify", "SLUG", "--watch"))
    if watch and (mutants or busy or changed or outdated or target is not None):
        raise UsageError("--watch grades the solutions only", typed(problem_roots, "verify", slugs[0], "--watch"))
    roots = catalogue.roots(problem_roots)
    problems = [_load(slug, roots) for slug in dict.fromkeys(slugs)] or list(catalogue.load_all(roots))

    from grader.cli import proving
    from grader.proof import Plan

    matched: set[str] = set()

    def is_chosen(kind: str, name: str) -> bool:
        names = (name, f"{kind}/{name}")
        matching = {pattern for pattern in patterns if any(fnmatch.fnmatch(each, pattern + "*") for each in names)}
        matched.update(matching)
        return bool(matching) or not patterns

    plan = Plan(
        range(seed, seed + seeds),
        range(seed, seed + (wrong_seeds or seeds)),
        mutants or changed or outdated,
        is_chosen,
    )
    work = proving.Work(plan, jobs, cached=not no_cache, busy=busy)
    if watch:
        return proving.watch(slugs[0], roots, work)
    stored_hold = True
    if changed or outdated:
        problems, stored_hold = proving.still_to_prove(problems, also_outdated=outdated)
    holds = proving.prove_all(problems, work, target, set(catalogue.slugs(roots)))
    for pattern in patterns:
        if pattern not in matched:
            hint = "mutants are those of `reference.py`" if mutants else "a name such as 'gate*', or a kind: 'accepted'"
            raise UsageError(f"no solution is called like `{pattern}`", hint)
    if problems and (changed or outdated):
        slugs_proved = [problem.slug for problem in problems]
        path = proving.stored_path(problems[0])
        command = typed(problem_roots, "verify", *slugs_proved, "--mutants", "--seeds", "20", "--report", path)
        say(f"\nTo store the new proofs: {command}")
    return Exit.PASSED if holds and stored_hold else Exit.NOT_PASSED


def _load(slug: str, roots: list[Path]) -> Problem:
    for root in roots:
        folder = root / "problems" / slug
        if catalogue.SLUG.fullmatch(slug) and folder.is_dir() and not (folder / "problem.toml").is_file():
            raise UsageError(f"`{printable(folder)}` has no `problem.toml`", "see `problems/README.md` for its keys")
    return catalogue.load(slug, roots)


def _usual_root(roots: list[Path]) -> Path:
    """The person's own folder of problems, else the checkout, else (beside an installed kit) the current folder."""
    inside_package = catalogue.content_root().parent == Path(catalogue.__file__).parent
    return Path.cwd() if len(roots) == 1 and inside_package else roots[0]
