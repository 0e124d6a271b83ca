"""The command line `practice`: what a person types, and the exit status that they get."""

import sys
from collections.abc import Sequence


def main() -> None:
    """Run the command line; never returns."""
    from grader.cli import interrupts

    interrupts.install()
    status = status_of(sys.argv[1:])
    interrupts.ignore()
    sys.exit(status)


def status_of(arguments: Sequence[str]) -> int:
    """Run a command, tell what goes wrong, and give the exit status."""
    try:
        from grader.cli.app import run

        return run(arguments)
    except BaseException as error:
        from grader.cli.ending import end

        return end(error, as_json="--json" in arguments)
