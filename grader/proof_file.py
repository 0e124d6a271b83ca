"""The stored proofs of a folder of problems: `proof.json`, and what has changed since."""

import contextlib
import os
import secrets
from pathlib import Path

import msgspec

from grader import proof_keys
from grader.catalogue import Problem
from grader.errors import ContentError, UsageError
from grader.proof import Proof, percent_killed
from grader.sources import printable

NAME = "proof.json"
SCHEMA_VERSION = 1


class Totals(msgspec.Struct, frozen=True):
    """The sums over all problems.

    Attributes:
        problems: How many.
        hold: How many of their proofs hold.
        tests: Hidden tests.
        accepted: Accepted alternatives.
        rewrites: Rewrites of references, made by machine.
        wrong: Wrong solutions.
        grades: Grades of solutions.
        mutants: Mutants graded.
        killed: Of them, told from the reference.
        equivalent: Of the others, recorded as equivalent.
        survivors: The rest.
    """

    problems: int = 0
    hold: int = 0
    tests: int = 0
    accepted: int = 0
    rewrites: int = 0
    wrong: int = 0
    grades: int = 0
    mutants: int = 0
    killed: int = 0
    equivalent: int = 0
    survivors: int = 0


class ProofFile(msgspec.Struct):
    """`proof.json`.

    Attributes:
        schema_version: Of this file.
        totals: Over all problems.
        problems: The proof of each, by slug.
    """

    schema_version: int = SCHEMA_VERSION
    totals: Totals = Totals()
    problems: dict[str, Proof] = {}


def beside(problem: Problem) -> Path:
    """The stored proofs of the root that a problem belongs to."""
    return problem.folder.parents[1] / NAME


def load(path: Path) -> ProofFile:
    """Read stored proofs; none if there is no file.

    Raises:
        ContentError: If the file is malformed.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=ProofFile)
    except (FileNotFoundError, NotADirectoryError):
        return ProofFile()
    except (OSError, msgspec.DecodeError) as error:
        hint = "write it again with `practice verify --mutants --report`"
        raise ContentError(f"`{printable(path)}` is no file of proofs: {error}", hint) from None


def store(path: Path, made: dict[str, Proof], known: set[str]) -> ProofFile:
    """Write proofs beside those of other problems that are stored already.

    Args:
        path: The file.
        made: New proofs, by slug.
        known: Slugs that exist; the proof of any other is dropped.

    Returns:
        What the file holds now.

    Raises:
        UsageError: If it cannot be written.
        ContentError: If what is there is no file of proofs.
    """
    problems = {**load(path).problems, **made}
    kept = {slug: problems[slug] for slug in sorted(problems) if slug in known}
    whole = ProofFile(SCHEMA_VERSION, totals(kept), kept)
    write(path, msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n")
    return whole


def write(path: Path, data: bytes) -> None:
    """Write a file as a whole or not at all.

    Raises:
        UsageError: If it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        reason = (error.strerror or os.strerror(error.errno or 0)).lower()
        raise UsageError(f"`{printable(path)}` cannot be written: {reason}", "name another with --report") from None


def totals(problems: dict[str, Proof]) -> Totals:
    """The sums over proofs."""
    tables = [proof.mutants for proof in problems.values() if proof.mutants is not None]
    proofs = list(problems.values())
    return Totals(
        problems=len(proofs),
        hold=sum(not proof.defects for proof in proofs),
        tests=sum(proof.tests for proof in proofs),
        accepted=sum(proof.accepted for proof in proofs),
        rewrites=sum(proof.rewrites for proof in proofs),
        wrong=sum(proof.wrong for proof in proofs),
        grades=sum(proof.grades for proof in proofs),
        mutants=sum(table.made for table in tables),
        killed=sum(table.killed for table in tables),
        equivalent=sum(table.equivalent for table in tables),
        survivors=sum(len(table.survivors) for table in tables),
    )


def summary(sums: Totals) -> str:
    """The totals in one sentence, as the README shows them."""
    others = sums.killed + sums.survivors
    share = percent_killed(sums.killed, sums.survivors) if others else "none"
    return (
        f"{sums.problems} problem{'' if sums.problems == 1 else 's'} with {sums.tests} hidden tests: "
        f"{sums.accepted} accepted alternatives and {sums.rewrites} rewrites pass, {sums.wrong} wrong solutions fail "
        f"as promised, and {sums.killed} of {others} mutants that are not equivalent are killed ({share})."
    )


def has_changed(problem: Problem, stored: ProofFile) -> bool:
    """Whether a problem or its solutions are others than those of its stored proof."""
    known = stored.problems.get(problem.slug)
    return known is None or known.content != proof_keys.content_digest(problem)


def is_outdated(problem: Problem, stored: ProofFile) -> bool:
    """Whether a stored proof was made by another judge, or with other versions of Python or a library."""
    known = stored.problems[problem.slug]
    return (known.judge, known.environment) != (
        proof_keys.judge_digest(), proof_keys.environment(problem.file.backend)
    )  # fmt: skip
