"""The command line `practice`: what a person types, and the exit status that they get."""

import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

import click

from grader import __version__
from grader.errors import PracticeError
from grader.words import Exit

COMMANDS = {
    "list": "learner", "show": "learner", "start": "learner", "hint": "learner", "reset": "learner",
    "status": "learner", "grade": "grading", "compare": "grading", "verify": "author", "data": "machine",
    "doctor": "machine",
}  # fmt: skip


class LazyGroup(click.Group):
    """Imports the module of a command when it is used, so that `--help` answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the order in which a person meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module that defines a command."""
        if cmd_name not in COMMANDS:
            return None
        import importlib

        module = importlib.import_module(f"grader.cli.{COMMANDS[cmd_name]}")
        command = getattr(module, f"{cmd_name}_command")
        assert isinstance(command, click.Command)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
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


def main() -> None:
    """Run the command line; never returns."""
    status: int
    arguments = sys.argv[1:]
    try:
        status = practice.main(args=arguments, standalone_mode=False) or Exit.PASSED
    except click.exceptions.Exit as error:
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        status = Exit.INTERRUPTED
    except click.ClickException as error:
        hint = error.ctx.command_path + " --help" if isinstance(error, click.UsageError) and error.ctx else ""
        status = _tell(PracticeError(_sentence(error.format_message()), hint), Exit.USAGE, arguments)
    except PracticeError as error:
        status = _tell(error, error.exit_status, arguments)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 128 + signal.SIGPIPE
    except Exception as error:
        status = _tell(_unexpected(error), Exit.GRADER_FAILED, arguments)
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    sys.exit(int(status))


def _tell(error: PracticeError, status: int, arguments: list[str]) -> int:
    """One cause, one message: on standard error, and as JSON where that was asked for."""
    if "--json" in arguments:
        from grader.report.as_json import error_json

        click.echo(error_json(error))
    else:
        click.echo(f"error: {error.message}", err=True)
        if error.hint:
            click.echo(f"\nhint: {error.hint}", err=True)
    return status


def _unexpected(error: Exception) -> PracticeError:
    """A defect of ours: one line for the person, the traceback in a file for the report."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="practice-error-", suffix=".txt", delete=False) as file:
        traceback.print_exception(error, file=file)
    text = f"the grader failed: {type(error).__name__}: {str(error)[:200]}"
    return PracticeError(text, f"please report it with `{file.name}`")


def _sentence(text: Any) -> str:
    plain = str(text).rstrip(".")
    return plain[:1].lower() + plain[1:]
