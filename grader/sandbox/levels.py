"""The levels of isolation: their names and order, and which one a person asks for."""

import os
from enum import StrEnum

VARIABLE = "PRACTICE_SANDBOX"
NOTICES = "PRACTICE_NOTICES"  # for a zygote, as JSON: what is missing of the level, as the judge has seen already


class Level(StrEnum):
    """How far a submission is kept apart, each level with all of those before it."""

    PROCESS = "process"  # processes, limits, an empty environment
    KERNEL = "kernel"  # and namespaces, Landlock, a filter of system calls
    BUBBLEWRAP = "bubblewrap"  # and a file system of its own

    @property
    def rank(self) -> int:
        """0 for the lowest."""
        return list(Level).index(self)


PROMISES = {
    Level.PROCESS: "separate processes with limits",
    Level.KERNEL: "limits, namespaces, Landlock, a filter of system calls",
    Level.BUBBLEWRAP: "all of `kernel`, in a file system of its own",
}


def asked_for() -> Level | None:
    """The level that the environment variable `PRACTICE_SANDBOX` names, or None: the highest that works.

    Raises:
        ValueError: If it names none.
    """
    name = os.environ.get(VARIABLE)
    return Level(name) if name else None
