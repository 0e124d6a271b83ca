"""The commands of `practice`, and the options that stand before them."""

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from grader import __version__
from grader.errors import UsageError
from grader.report.plain import columns
from grader.words import Exit

WIDEST = 80
COMPLETION_VARIABLE = "_PRACTICE_COMPLETE"
COMMANDS = {  # module, and the first line of the help: `--help` imports none of them
    "list": ("overview", "List the problems, in learning order, with your best scores."),
    "show": ("learner", "Show the statement of a problem."),
    "start": ("learner", "Make a folder to work in, and start the clock."),
    "hint": ("learner", "Show the next of three hints; it is counted."),
    "reset": ("learner", "Put the stub back; your file is kept as a backup."),
    "status": ("overview", "Show what you have attempted: best score, hints, time."),
    "grade": ("grading", "Run the hidden tests on your solution."),
    "watch": ("watching", "Grade your solution again whenever you save it."),
    "compare": ("grading", "Show your solution beside the reference solution."),
    "new": ("author", "Begin a problem: its folders, small and complete."),
    "verify": ("author", "Prove that hidden suites tell right from wrong."),
    "data": ("machine", "List the data sets, or fetch one."),
    "doctor": ("machine", "Check this machine: versions, devices, sandbox, storage."),
}


class TidyContext(click.Context):
    """Prints help without trailing spaces."""

    def get_help(self) -> str:
        """The help of a command."""
        return "\n".join(line.rstrip() for line in super().get_help().split("\n"))


class LazyGroup(click.Group):
    """Imports the module of a command when it is used, so that `--help` answers at once."""

    context_class = TidyContext

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the order in which a person meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module that defines a command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"grader.cli.{COMMANDS[cmd_name][0]}")
        command = getattr(module, f"{cmd_name}_command")
        assert isinstance(command, click.Command)
        command.context_class = TidyContext
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands and what they do, whole where click would cut it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_module, about) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command, or name those that are spelled nearly the same."""
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=2)
            raise UsageError(
                f"there is no command `{args[0]}`",
                f"did you mean {' or '.join(f'`practice {name}`' for name in near)}?" if near else "practice --help",
            )
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="practice")
@click.option(
    "--problems",
    "problem_roots",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A further folder with `problems` and `solutions` (also PRACTICE_PROBLEMS).",
)
@click.pass_context
def practice(ctx: click.Context, problem_roots: tuple[Path, ...]) -> None:
    """Practise for deep-learning interviews: problems, hidden tests, verdicts.

    Start with `practice list`, then `practice start SLUG`.
    """
    ctx.obj = problem_roots
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def run(arguments: Sequence[str]) -> int:
    """Run a command; gives its exit status. What it raises is `grader.cli.ending`'s to tell."""
    if COMPLETION_VARIABLE in os.environ:
        practice.main(args=list(arguments), prog_name="practice")
    width = columns(sys.stdout)
    with practice.make_context(
        "practice", list(arguments), terminal_width=min(width, WIDEST) if width else WIDEST
    ) as context:
        return int(practice.invoke(context) or Exit.PASSED)
