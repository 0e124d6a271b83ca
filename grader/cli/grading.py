"""Commands that grade."""

import random
from pathlib import Path

import click

from grader import catalogue
from grader.words import Exit


@click.command("grade")
@click.argument("slug", required=False)
@click.option("--file", "file", type=click.Path(path_type=Path), help="Grade this file.")
@click.option("--seed", type=click.IntRange(min=0), help="Repeat the inputs of an earlier grade.")
@click.option("--all", "everything", is_flag=True, help="Explain every failure, not the first three.")
@click.option("-k", "select", default="", metavar="EXPRESSION", help="Only the tests whose names match, as in pytest.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def grade_command(
    problem_roots: tuple[Path, ...], slug: str | None, file: Path | None, seed: int | None, everything: bool,
    select: str, as_json: bool,
) -> int:  # fmt: skip
    """Run the hidden tests on your solution and explain what fails."""
    from grader.processes import Zygote
    from grader.sources import read_source

    roots = catalogue.roots(problem_roots)
    assert slug and file
    problem = catalogue.load(slug, roots)
    source = read_source(file)
    with Zygote(problem.file.backend) as zygote:
        from grader import judge
        from grader.cli.progress import progress

        with progress("starting") as listener:
            report = judge.grade(
                problem, source, zygote=zygote, seed=random.randrange(1 << 31) if seed is None else seed,
                file=str(file), select=select, listener=listener,
            )  # fmt: skip
    if as_json:
        from grader.report.as_json import grade_json

        click.echo(grade_json(report))
    else:
        from grader.report.text import Surroundings, print_report

        print_report(report, Surroundings(), everything=everything)
    return Exit.PASSED if report.passed else Exit.NOT_PASSED
