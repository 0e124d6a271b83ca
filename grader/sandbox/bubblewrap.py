"""The level `bubblewrap`: a zygote in a file system of its own, which holds what workers may read and little else."""

import shutil
from collections.abc import Iterator

from grader.sandbox import paths

PROGRAM = "bwrap"
TEMPORARY = "/tmp"
TEMPORARY_BYTES = 512 << 20


def is_installed() -> bool:
    """Whether the program is there. That says little: many systems have it and forbid what it does."""
    return shutil.which(PROGRAM) is not None


def commands(*, gpu: bool, outlives: bool = False) -> Iterator[list[str]]:
    """What to write before a command so that it runs inside.

    Args:
        gpu: Whether it may use accelerators.
        outlives: Whether the command outlives the process that starts it.

    Yields:
        With a temporary folder of limited size; then, for versions before 0.7, without the limit.
    """
    life = [] if outlives else ["--die-with-parent"]
    options = ["--tmpfs", TEMPORARY, "--proc", "/proc"]
    for path in dict.fromkeys([*paths.readable(gpu=gpu), *paths.programs()]):
        if path.exists() and not path.is_relative_to("/proc"):
            options += ["--ro-bind", str(path), str(path)]
    for path in paths.devices(gpu=gpu):
        options += ["--dev-bind-try", str(path), str(path)]
    options += ["--symlink", "/proc/self/fd", "/dev/fd"]
    options += ["--chdir", "/", "--remount-ro", "/"]
    for size in (["--size", str(TEMPORARY_BYTES)], []):
        yield [PROGRAM, "--unshare-all", *life, *size, *options]
