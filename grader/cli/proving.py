"""What `practice verify` does: proofs made, compared with stored ones, or looked at again after every change."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from grader import catalogue, proof, proof_cache, proof_file, verify
from grader.catalogue import Problem
from grader.cli.proof_progress import ProofBar, proof_bar
from grader.cli.proof_screen import Screen, brief, write_report
from grader.errors import ContentError
from grader.parts import can_be_graded, missing_parts
from grader.pool import Pool
from grader.proof import Plan
from grader.report.plain import say
from grader.words import Exit


@dataclass(frozen=True)
class Work:
    """What to measure and with what.

    Attributes:
        plan: What to measure.
        jobs: Grades at a time; None: one for each core.
        cached: Whether grades that were made before are taken as they are.
        busy: Whether the cores are kept busy meanwhile.
    """

    plan: Plan
    jobs: int | None = None
    cached: bool = True
    busy: bool = False

    def pool(self, bar: ProofBar) -> Pool:
        """Where the grades are made."""
        return Pool(self.jobs, cached=self.cached, busy=self.busy, on_done=bar.step)


def prove_all(problems: Sequence[Problem], work: Work, target: Path | None, known: set[str]) -> bool:
    """Prove problems, one after the other.

    Args:
        problems: The problems.
        work: What to measure and with what.
        target: Where the report goes, if anywhere.
        known: Slugs that exist.

    Returns:
        Whether all proofs hold.
    """
    made: dict[str, proof.Proof] = {}
    proof_cache.prune()
    with proof_bar() as bar, work.pool(bar) as pool:
        for problem in problems:
            bar.begin(problem.slug, work.plan.grades(problem) if can_be_graded(problem) else 0)
            screen = Screen(problem, bar.say, every_grade=len(work.plan.seeds) == 1)
            before = pool.from_cache
            made[problem.slug] = proof.make(problem, work.plan, pool, screen.progress)
            screen.end(made[problem.slug], pool.from_cache - before)
            if target is not None:  # after each: an interruption costs only the problem that it meets
                write_report(target, made, known)
    return not any(each.defects for each in made.values())


def still_to_prove(problems: Iterable[Problem], *, also_outdated: bool) -> tuple[list[Problem], bool]:
    """Compare problems with their stored proofs, and tell what becomes of each.

    Args:
        problems: The problems.
        also_outdated: Whether what another judge or other libraries proved has to be proved again.

    Returns:
        Those to prove, and whether the stored proofs of all others hold.
    """
    waiting, hold = [], True
    for problem in problems:
        stored = proof_file.load(stored_path(problem))
        if proof_file.has_changed(problem, stored):
            waiting.append(problem)
            continue
        outdated = proof_file.is_outdated(problem, stored)
        if outdated and also_outdated:
            waiting.append(problem)
            continue
        defects = stored.problems[problem.slug].defects
        hold = hold and not defects
        if defects:
            say(f"{problem.slug}: its stored proof does not hold: {defects[0]}")
        else:
            say(f"{problem.slug}: unchanged{', though proved with another judge or library' if outdated else ''}")
    return waiting, hold


def stored_path(problem: Problem) -> Path:
    """Where the proof of a problem is stored."""
    return proof_file.beside(problem)


def watch(
    slug: str, roots: Sequence[Path], work: Work, changes: Callable[[Path, str], Iterable[object]] | None = None
) -> int:
    """Look at a problem once, then again after each change, until interrupted.

    Args:
        slug: The problem.
        roots: Where problems lie.
        work: Which solutions, how often, and with what.
        changes: Gives something for each change, for root and slug; default what the file system tells.
    """
    root = catalogue.load(slug, list(roots)).folder.parents[1]
    with proof_bar() as bar, work.pool(bar) as pool:
        _look(slug, roots, work.plan, pool, bar)
        bar.say("waiting for a change; Ctrl-C ends")
        for _ in (changes or _file_changes)(root, slug):
            _look(slug, roots, work.plan, pool, bar)
    return Exit.PASSED


def _look(slug: str, roots: Sequence[Path], plan: Plan, pool: Pool, bar: ProofBar) -> None:
    try:
        problem = catalogue.load(slug, list(roots))
        parts = missing_parts(problem)
        entries: list[verify.Entry] = []
        if can_be_graded(problem):
            bar.begin(slug, verify.count(problem, plan.seeds, plan.only, plan.wrong_seeds))
            entries = list(verify.prove(problem, plan.seeds, plan.only, pool, plan.wrong_seeds))
        bar.rest()
        bar.say("\n".join(brief(problem, parts, entries)))
    except ContentError as error:  # half written: the next change may mend it
        bar.say(f"{slug}: {error.message}")


def _file_changes(root: Path, slug: str) -> Iterator[object]:
    import watchfiles

    folders = [root / name for name in ("problems", "solutions") if (root / name).is_dir()]

    def concerns(_change: watchfiles.Change, path: str) -> bool:
        parts = Path(path).relative_to(root).parts
        return len(parts) > 2 and parts[1] == slug and "__pycache__" not in parts and not parts[-1].startswith(".")

    yield from watchfiles.watch(*folders, watch_filter=concerns)
