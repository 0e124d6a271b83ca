"""The level `bubblewrap`: a zygote in a file system of its own, which holds what workers may read and little else."""

import shutil

from grader.sandbox import paths

PROGRAM = "bwrap"
TEMPORARY = "/tmp"
TEMPORARY_BYTES = 512 << 20


def is_installed() -> bool:
    """Whether the program is there. That says little: many systems have it and forbid what it does."""
    return shutil.which(PROGRAM) is not None


def command(*, gpu: bool, sized: bool, outlives: bool = False) -> list[str]:
    """What to write before a command so that it runs inside.

    Args:
        gpu: Whether it may use accelerators.
        sized: Whether the temporary folder is limited in size; versions before 0.7 cannot do that.
        outlives: Whether the command outlives the process that starts it.
    """
    size = ["--size", str(TEMPORARY_BYTES)] if sized else []
    life = [] if outlives else ["--die-with-parent"]
    options = [PROGRAM, "--unshare-all", *life, *size, "--tmpfs", TEMPORARY, "--proc", "/proc"]
    for path in dict.fromkeys([*paths.readable(gpu=gpu), *paths.programs()]):
        if path.exists() and not path.is_relative_to("/proc"):
            options += ["--ro-bind", str(path), str(path)]
    for path in paths.devices(gpu=gpu):
        options += ["--dev-bind-try", str(path), str(path)]
    options += ["--symlink", "/proc/self/fd", "/dev/fd"]
    return [*options, "--chdir", "/", "--remount-ro", "/"]
