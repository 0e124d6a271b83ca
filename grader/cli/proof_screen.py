"""What a proof says on screen while it is made, and its report on disk."""

from collections.abc import Callable, Sequence
from pathlib import Path

from grader import proof_file
from grader.catalogue import FULL_SCORE, Problem
from grader.mutants import EQUIVALENT_FILE
from grader.mutation import Trial
from grader.parts import missing_parts
from grader.proof import Progress, Proof, rewarded
from grader.report.plain import safe
from grader.report.proof import markdown
from grader.verify import Entry, flips


class Screen:
    """The lines of one problem.

    Args:
        problem: The problem.
        say: Writes lines.
        every_grade: Whether grades that are as promised are shown too.
    """

    def __init__(self, problem: Problem, say: Callable[[str], None], *, every_grade: bool) -> None:
        self._say = say
        self.progress = Progress(self._entry, self._trial)
        self._every_grade = every_grade
        self._entries: list[Entry] = []
        say(problem.slug)
        for part in missing_parts(problem):
            self._say(safe(f"  ✗ {part}"))

    def end(self, proof: Proof, from_cache: int) -> None:
        """What follows from all grades together."""
        for flip in proof.flips:
            self._say(f"  ✗ the verdict depends on the seed: {flip}")
        for line in rewarded(proof):
            self._say(f"  - {line}")
        for test in proof.uncaught if proof.wrong else ():
            by = "wrong solution" if proof.mutants is None else "wrong solution or mutant"
            self._say(f"  - no {by} is first caught by {test}")
        for test in proof.inconclusive:
            self._say(f"  - some grade could not decide {test}")
        if proof.no_ops:
            points = ", ".join(f"{name} {score:g}" for name, score in proof.no_ops.items())
            self._say(f"  answers that do nothing, of {FULL_SCORE} points: {points}")
        good = sum(not entry.trouble for entry in self._entries)
        many = f"seeds {proof.first_seed} to {proof.first_seed + proof.seeds - 1}"
        seeds = many if proof.seeds > 1 else f"seed {proof.first_seed}"
        kept = f" ({from_cache} grades from the cache)" if from_cache else ""
        if self._entries:
            self._say(f"  {good} of {len(self._entries)} grades as promised, {seeds}{kept}")
        else:
            self._say("  nothing was graded")
        if proof.mutants is not None and proof.mutants.made:
            table = proof.mutants
            for record in table.stale:
                self._say(safe(f"  ✗ stale record of an equivalent mutant: {record}"))
            self._say(
                f"  {table.made} mutants: {table.killed} killed, {table.equivalent} equivalent, "
                f"{len(table.survivors)} survived; {table.percent} of those that are not equivalent killed"
            )

    def _entry(self, entry: Entry) -> None:
        self._entries.append(entry)
        if entry.trouble:
            self._say(safe(f"  ✗ {entry.name} (seed {entry.seed}): {entry.trouble}"))
        elif self._every_grade:
            self._say(f"  ✓ {entry.name}: {entry.outcome} · {entry.grade.seconds:.1f} s")

    def _trial(self, trial: Trial) -> None:
        mutant = trial.mutant
        if trial.grade.failed_suite:
            self._say(safe(f"  ✗ line {mutant.line}, {mutant.change}: {trial.grade.words}"))
        elif trial.survived:
            where = f" in `{mutant.function}`" if mutant.function else ""
            lines = [f"  ✗ survivor, line {mutant.line}{where}: {mutant.change}"]
            lines += [f"      {line}" for line in mutant.diff()]
            lines.append(f"      if it changes nothing, in {EQUIVALENT_FILE}:")
            self._say("\n".join([*lines, *(f"        {line}" for line in mutant.record())]))


def brief(problem: Problem, parts: Sequence[str], entries: Sequence[Entry]) -> list[str]:
    """What is still to do, the next thing first."""
    troubles = [f"{entry.name}: {entry.trouble}" for entry in entries if entry.trouble]
    todo = [*parts, *troubles, *(f"the verdict depends on the seed: {flip}" for flip in flips(entries))]
    if not todo:
        return [f"{problem.slug}: nothing is missing, {len(entries)} grades as promised",
                f"  how strong it is: practice verify {problem.slug} --mutants --seeds 20"]  # fmt: skip
    lines = [f"{problem.slug}: {len(todo)} {'thing' if len(todo) == 1 else 'things'} to do"]
    return [*lines, *(safe(f"  {'next:' if number == 0 else '     '} {what}") for number, what in enumerate(todo))]


def write_report(target: Path, made: dict[str, Proof], known: set[str]) -> None:
    """Write `proof.json` and `proof.md` into a folder, or a file of another name with the other one beside it.

    Raises:
        UsageError: If they cannot be written.
        ContentError: If what is there is no file of proofs.
    """
    is_file = target.suffix in (".json", ".md") and not target.is_dir()
    path = target.with_suffix(".json") if is_file else target / proof_file.NAME
    stored = proof_file.store(path, made, known)
    proof_file.write(path.with_suffix(".md"), markdown(stored).encode())
