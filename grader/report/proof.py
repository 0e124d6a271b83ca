"""Proofs as Markdown: one table for each problem, and the totals."""

from collections.abc import Iterator

from grader.no_ops import HIGH_SCORE
from grader.proof import Proof, rewarded
from grader.proof_file import ProofFile, summary


def markdown(stored: ProofFile) -> str:
    """The whole report."""
    lines = ["# Proofs", "", summary(stored.totals), ""]
    lines += [
        "| problem | tests | accepted | rewrites | wrong | seeds | mutants | killed | equivalent | survivors | proof |"
    ]
    lines += ["| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |"]
    lines += [_row(slug, proof) for slug, proof in stored.problems.items()]
    for slug, proof in stored.problems.items():
        lines += ["", f"## {slug}", "", *_table(proof), *_lists(proof)]
    return "\n".join(lines) + "\n"


def _row(slug: str, proof: Proof) -> str:
    table = proof.mutants
    figures = [table.made, table.killed, table.equivalent, len(table.survivors)] if table else ["-"] * 4
    cells = [f"`{slug}`", proof.tests, proof.accepted, proof.rewrites, proof.wrong, proof.seeds, *figures,
             "✗ does not hold" if proof.defects else "✓ holds"]  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def _table(proof: Proof) -> Iterator[str]:
    yield "| measured | result |"
    yield "| --- | --- |"
    yield f"| hidden tests | {proof.tests} |"
    yield f"| accepted alternatives | {proof.accepted} |"
    yield f"| rewrites of the reference, made by machine | {proof.rewrites} |"
    yield f"| wrong solutions | {proof.wrong} |"
    yield f"| seeds of right solutions | {proof.seeds}, from {proof.first_seed}{', cores busy' if proof.busy else ''} |"
    rest = "; from the second on, the promised test comes first" if proof.wrong_seeds > 1 else ""
    yield f"| seeds of wrong solutions | {proof.wrong_seeds}{rest} |"
    yield f"| grades | {proof.grades}, of which not as promised: {len(proof.troubles)} |"
    yield f"| verdicts that depend on the seed | {len(proof.flips)} |"
    points = ", ".join(f"{name} {score:g}" for name, score in proof.no_ops.items())
    yield f"| points of answers that do nothing | {points} |"
    if proof.mutants is None:
        yield "| mutants | not graded |"
    else:
        table = proof.mutants
        yield f"| mutants | {table.made} |"
        yield f"| killed | {table.killed}, {table.percent} of those that are not equivalent |"
        yield f"| equivalent | {table.equivalent} |"
        yield f"| survivors | {len(table.survivors)} |"
    yield f"| made with | {proof.environment} |"


def _lists(proof: Proof) -> Iterator[str]:
    yield from _listed("Why it does not hold", proof.defects)
    if proof.mutants is not None:
        for survivor in proof.mutants.survivors:
            head, *diff = survivor.split("\n")
            yield from ["", f"Survivor, {head}", "", "```diff", *diff, "```"]
    yield from _listed("Hidden tests that are not the first to catch anything", [f"`{t}`" for t in proof.uncaught])
    yield from _listed("Hidden tests that some grade could not decide", [f"`{t}`" for t in proof.inconclusive])
    yield from _listed(f"Points for doing nothing ({HIGH_SCORE:g} or more)", list(rewarded(proof)))


def _listed(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield from ["", f"{title}:", "", *(f"- {' '.join(line.split())}" for line in lines)]
