"""Private temporary folders: made for one process, and removed whatever a submission left in them."""

import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path

PREFIX = "practice-"


def make(parent: Path | None) -> Path:
    """Make a folder that only this user can enter; in the system's temporary folder if there is no parent."""
    return Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))


def remove(folder: Path) -> None:
    """Remove a folder, also one with locked or very deep folders in it; no process works in it any more."""
    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
            subprocess.run([*command, "--", str(folder)], stderr=subprocess.DEVNULL, check=False)
