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
COMMANDS = {
    "list": "overview", "show": "learner", "start": "learner", "hint": "learner", "reset": "learner",
    "status": "overview", "grade": "grading", "watch": "watching", "compare": "grading", "new": "author",
    "verify": "author", "data": "machine",
    "doctor": "machine",
}  # fmt: skip


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
        module = importlib.import_module(f"grader.cli.{COMMANDS[cmd_name]}")
        command = getattr(module, f"{cmd_name}_command")
        assert isinstance(command, click.Command)
        command.context_class = TidyContext
        command.short_help = (command.help or "").partition("\n")[0]  # whole, where click would cut it
        return command

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
