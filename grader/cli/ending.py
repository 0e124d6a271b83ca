"""How a command that did not return ends: one message for one cause, and its exit status."""

import errno
import re
import signal
import tempfile
import traceback

import click

from grader.errors import GraderError, PracticeError, UsageError
from grader.report.plain import OutputClosedError, put, safe, tell
from grader.words import Exit

LONGEST_TEXT = 200
UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EBADF)


class Interrupted(PracticeError):
    """The person asked the program to end."""

    exit_status = Exit.INTERRUPTED
    kind = "interrupted"


def end(error: BaseException, *, as_json: bool) -> int:
    """Tell what ended a command.

    Args:
        error: What was raised.
        as_json: Whether standard output must hold one JSON object.

    Returns:
        The exit status.
    """
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else Exit.GRADER_FAILED if error.code else Exit.PASSED
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, OutputClosedError | BrokenPipeError):
        return 128 + signal.SIGPIPE
    told = _told(error)
    if as_json:
        from grader.report.as_json import error_json

        try:
            put(error_json(told))
        except OutputClosedError:
            return 128 + signal.SIGPIPE
        except GraderError:
            _tell(told)
    else:
        _tell(told)
    return told.exit_status


def _told(error: BaseException) -> PracticeError:
    """An error in the words that a person gets."""
    if isinstance(error, PracticeError):
        return error
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return Interrupted("interrupted")
    if isinstance(error, click.ClickException):
        context = error.ctx if isinstance(error, click.UsageError) else None
        text = re.sub("'([^']+)'", r"`\1`", error.format_message().rstrip("."))
        return UsageError(text[:1].lower() + text[1:], f"{context.command_path} --help" if context else "")
    if isinstance(error, OSError) and error.errno in UNWRITABLE and error.filename is None:
        return GraderError(f"the output cannot be written: {str(error.strerror).lower()}")
    text = " ".join(str(error).split())[:LONGEST_TEXT]
    return GraderError(f"the grader failed: {type(error).__name__}: {text}", _traceback_hint(error))


def _traceback_hint(error: BaseException) -> str:
    """A defect of ours: the traceback goes into a file for the report."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="practice-error-", suffix=".txt", delete=False, encoding="utf-8", errors="backslashreplace"
        ) as file:
            traceback.print_exception(error, file=file)
    except OSError:
        return "please report it"
    return f"please report it with `{file.name}`"


def _tell(error: PracticeError) -> None:
    message = safe(error.message).replace("\n", " ")
    if isinstance(error, Interrupted):
        tell(message)
        return
    tell(f"error: {message}")
    if error.hint:
        tell(f"\nhint: {safe(error.hint)}")
