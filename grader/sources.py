"""Reading a submission's file: once, without waiting, and with one clear line for a file passed by mistake."""

import os
import stat
from pathlib import Path

from grader.errors import UsageError

MOST_BYTES = 1 << 20


def read_source(path: Path) -> bytes:
    """Read the source of a submission.

    Args:
        path: A regular file, or a link to one.

    Returns:
        Its bytes.

    Raises:
        UsageError: If it is missing, no regular file, unreadable, empty, too large, a notebook, or no text.
    """
    name = printable(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        hint = (
            "the link points to nothing"
            if path.is_symlink()
            else "practice start SLUG makes a folder with a `solution.py`"
        )
        raise UsageError(f"`{name}` does not exist", hint) from None
    except OSError as error:
        raise _unreadable(name, error) from None
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise _folder(path)
        if not stat.S_ISREG(mode):
            raise UsageError(f"`{name}` is no regular file", "name a Python file")
        source = _read(descriptor)
    except OSError as error:
        raise _unreadable(name, error) from None
    finally:
        os.close(descriptor)
    if len(source) > MOST_BYTES:
        raise UsageError(f"`{name}` is larger than 1 MiB", "name the Python file with the solution")
    if not source.strip():
        raise UsageError(f"`{name}` is empty", "write the solution first")
    if source.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UsageError(f"`{name}` is encoded in UTF-16", "save it as UTF-8")
    if path.suffix == ".ipynb" or (source.lstrip().startswith(b"{") and b'"nbformat"' in source):
        raise UsageError(f"`{name}` is a notebook", "jupyter nbconvert --to script FILE makes a Python file")
    if b"\0" in source:
        raise UsageError(f"`{name}` is no text: it contains NUL bytes", "name a Python file")
    return source


def refuse_unwatchable(path: Path) -> None:
    """Refuse what no save can turn into a submission; a file that is not there yet may come.

    Raises:
        UsageError: If it is a folder, or would lie in one that is not there.
    """
    try:
        is_folder, has_place = path.is_dir(), path.absolute().parent.is_dir()
    except OSError as error:
        raise _unreadable(printable(path), error) from None
    if is_folder:
        raise _folder(path)
    if not has_place:
        raise UsageError(
            f"`{printable(path)}` does not exist", f"there is no folder `{printable(path.parent)}`: name a file"
        )


def _folder(path: Path) -> UsageError:
    return UsageError(
        f"`{printable(path)}` is a folder", f"name the file in it, e.g. `{printable(path / 'solution.py')}`"
    )


def _unreadable(name: str, error: OSError) -> UsageError:
    return UsageError(f"`{name}` cannot be read: {(error.strerror or str(error)).lower()}", "name a Python file")


def _read(descriptor: int) -> bytes:
    """The file, or one byte more than is allowed of it."""
    parts, left = [], MOST_BYTES + 1
    while left and (part := os.read(descriptor, left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def printable(path: Path) -> str:
    """A path for the screen: what could write on a terminal is escaped."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
