"""The command line `practice`: what a person types, and the exit status that they get."""

import gc
import os
import sys
from collections.abc import Sequence

OBJECTS_BEFORE_COLLECTION = 50_000


def main() -> None:
    """Run the command line; never returns."""
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION)  # at 700, as usual, a twentieth of a grade went into it
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a second one only spins, on a core that the workers need
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
