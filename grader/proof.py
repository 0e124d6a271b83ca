"""The proof of one problem as plain data: what was measured, what is wrong with it, and whether it holds."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from grader import mutation, no_ops, proof_keys, verify
from grader.catalogue import FULL_SCORE, Problem
from grader.mutation import Trial
from grader.parts import can_be_graded, missing_parts
from grader.pool import Pool
from grader.verify import Entry

FEWEST_KILLED = 0.95


def percent_killed(killed: int, survivors: int) -> str:
    """Part of the mutants that was killed, e.g. `99.9 %`: rounded down, so that 100.0 % means all of them."""
    others = killed + survivors
    return f"{1000 * killed // others / 10 if others else 100:.1f} %"


class MutantTable(msgspec.Struct, frozen=True):
    """What became of the mutants.

    Attributes:
        made: How many.
        killed: How many the suite told from the reference.
        equivalent: How many of the others are recorded as equivalent.
        survivors: The rest, one text each.
        stale: Records of equivalent mutants that do not hold any more.
    """

    made: int
    killed: int
    equivalent: int
    survivors: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Part of the mutants that are not equivalent which was killed; 1 if there is none."""
        others = self.killed + len(self.survivors)
        return self.killed / others if others else 1.0

    @property
    def percent(self) -> str:
        """The share as text."""
        return percent_killed(self.killed, len(self.survivors))


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """The proof of one problem.

    Attributes:
        content: Hash of the problem and its solutions.
        judge: Hash of the judge, the checks and the worker.
        environment: Versions of Python and the libraries.
        first_seed: The seeds are this one and those that follow it.
        seeds: How many each right solution was graded with.
        wrong_seeds: How many each wrong solution was graded with.
        busy: Whether other work kept the cores busy.
        tests: How many hidden tests there are.
        accepted: How many accepted alternatives.
        rewrites: How many rewrites of the reference, made by machine.
        wrong: How many wrong solutions.
        grades: How many grades were made, those of mutants aside.
        missing: Parts that are missing or incomplete, one line each.
        troubles: Grades that are not as promised, one line each.
        flips: Solutions whose verdict depends on the seed, one line each.
        no_ops: Points of each no-op answer.
        uncaught: Hidden tests that are not the first to catch any wrong solution or mutant.
        inconclusive: Hidden tests that could not be decided in some grade of a right solution.
        mutants: What became of them; None if they were not asked for.
    """

    content: str
    judge: str
    environment: str
    first_seed: int
    seeds: int
    wrong_seeds: int
    busy: bool
    tests: int = 0
    accepted: int = 0
    rewrites: int = 0
    wrong: int = 0
    grades: int = 0
    missing: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()
    flips: tuple[str, ...] = ()
    no_ops: dict[str, float] = msgspec.field(default_factory=dict)
    uncaught: tuple[str, ...] = ()
    inconclusive: tuple[str, ...] = ()
    mutants: MutantTable | None = None

    @property
    def defects(self) -> list[str]:
        """Why it does not hold, one line each; empty if it does."""
        found = [*self.missing, *self.troubles, *(f"the verdict depends on the seed: {flip}" for flip in self.flips)]
        if self.mutants is not None:
            found += [f"stale record of an equivalent mutant: {record}" for record in self.mutants.stale]
            if self.mutants.share < FEWEST_KILLED:
                found.append(
                    f"{self.mutants.percent} of the mutants killed, expected {100 * FEWEST_KILLED:g} %"
                )
        return found


@dataclass(frozen=True)
class Plan:
    """What to measure.

    Attributes:
        seeds: Of the right solutions.
        wrong_seeds: Of the wrong ones.
        mutants: Whether the mutants are graded.
        only: Which solutions, by kind and name.
    """

    seeds: Sequence[int]
    wrong_seeds: Sequence[int]
    mutants: bool = False
    only: Callable[[str, str], bool] = lambda kind, name: True

    def grades(self, problem: Problem) -> int:
        """How many grades it takes."""
        many = len(mutation.made(problem)) if self.mutants else 0
        return many + verify.count(problem, self.seeds, self.only, self.wrong_seeds)


@dataclass
class Progress:
    """Who is told while a proof is made.

    Attributes:
        entry: Called with each graded solution.
        trial: Called with each mutant.
    """

    entry: Callable[[Entry], None] = field(default=lambda entry: None)
    trial: Callable[[Trial], None] = field(default=lambda trial: None)


def make(problem: Problem, plan: Plan, pool: Pool, progress: Progress) -> Proof:
    """Prove one problem.

    Args:
        problem: The problem.
        plan: What to measure.
        pool: Where grades are made.
        progress: Told of each grade.

    Returns:
        The proof; `defects` says whether it holds.

    Raises:
        GraderError: If the machine fails.
        ContentError: If a file of the problem is malformed.
    """
    missing = missing_parts(problem)
    entries: list[Entry] = []
    trials: list[Trial] = []
    if can_be_graded(problem):
        for entry in verify.prove(problem, plan.seeds, plan.only, pool, plan.wrong_seeds):
            entries.append(entry)
            progress.entry(entry)
        if plan.mutants:
            for trial in mutation.run(problem, plan.seeds[0], pool):
                trials.append(trial)
                progress.trial(trial)
    troubles = [f"{entry.name} (seed {entry.seed}): {entry.trouble}" for entry in entries if entry.trouble]
    troubles += [f"{_described(t)}: {t.grade.words}" for t in trials if t.grade.failed_suite]
    return Proof(
        content=proof_keys.content_digest(problem),
        judge=proof_keys.judge_digest(),
        environment=proof_keys.environment(problem.file.backend),
        first_seed=plan.seeds[0],
        seeds=len(plan.seeds),
        wrong_seeds=len(plan.wrong_seeds),
        busy=pool.busy,
        tests=len(verify.hidden_tests(entries)),
        accepted=_count(entries, "accepted"),
        rewrites=_count(entries, "rewrite"),
        wrong=_count(entries, "wrong"),
        grades=len(entries),
        missing=tuple(missing),
        troubles=tuple(troubles),
        flips=tuple(verify.flips(entries)),
        no_ops={entry.name.removeprefix("no-op: "): entry.grade.score
                for entry in entries if entry.kind in ("stub", "no-op")},
        uncaught=tuple(verify.tests_without_catch(entries, [trial.grade.caught_by for trial in trials])),
        inconclusive=tuple(dict.fromkeys(
            test for entry in entries if entry.kind in verify.RIGHT for test in entry.grade.inconclusive)),
        mutants=_table(problem, trials) if plan.mutants else None,
    )  # fmt: skip


def rewarded(proof: Proof) -> Iterator[str]:
    """No-op answers that earn many points, one line each."""
    for name, score in proof.no_ops.items():
        if score >= no_ops.HIGH_SCORE:
            what = "the stub" if name == "stub.py" else f"an answer that {no_ops.words(name)}"
            yield f"{what} earns {score:g} of {FULL_SCORE} points"


def _table(problem: Problem, trials: Sequence[Trial]) -> MutantTable:
    return MutantTable(
        made=len(trials),
        killed=sum(trial.killed for trial in trials),
        equivalent=sum(trial.equivalent is not None and not trial.killed for trial in trials),
        survivors=tuple("\n".join([_described(t), *t.mutant.diff()]) for t in trials if t.survived),
        stale=tuple(mutation.stale(problem, trials)),
    )


def _described(trial: Trial) -> str:
    where = f" in `{trial.mutant.function}`" if trial.mutant.function else ""
    return f"line {trial.mutant.line}{where}: {trial.mutant.change}"


def _count(entries: Sequence[Entry], kind: str) -> int:
    return len({entry.name for entry in entries if entry.kind == kind})
