"""What a load or a call that gave no value means: from the words of a worker and its keeper to an outcome.

All text that comes from a submission is cut and escaped here, whatever its worker did to it before.
"""

import os
import signal

from grader.checks import show
from grader.failure import Failed, Failure, Frame, RemoteError
from grader.messages import ErrorInfo
from grader.words import Outcome
from grader.worker_process import WorkerEndedError

LONGEST_MESSAGE = 600
LONGEST_NAME = 100
MOST_FRAMES = 12
PRINTED_LINES = 3


def of_load(error: ErrorInfo) -> Failed:
    """The verdict of a solution that cannot be loaded."""
    remote = _remote(error)
    frames = _frame_facts(remote.frames)
    if error.memory:
        return Failed(
            Outcome.MEMORY_LIMIT, Failure("the import of the solution ran out of memory", facts=frames), remote
        )
    match error.stage:
        case "compile":
            return Failed(Outcome.COMPILE_ERROR, Failure(_sentence(remote), facts=frames), remote)
        case "rule":
            outcome = Outcome.IMPORT_ERROR if error.type == "ImportError" else Outcome.WRONG_ANSWER
            return Failed(
                outcome, Failure(remote.message, facts=frames, note="The statement names what may be used."), remote
            )
        case "missing":
            note = "Keep the names of the stub: the hidden tests call them."
            verb = "are" if "," in remote.message else "is"
            return Failed(Outcome.MISSING_FUNCTION, Failure(f"{remote.message} {verb} missing", note=note), remote)
    is_import = "ImportError" in (error.type, *error.bases)
    outcome = Outcome.IMPORT_ERROR if is_import else Outcome.RUNTIME_ERROR
    note = "It was raised while the file was loaded."
    return Failed(outcome, Failure(_sentence(remote), facts=frames, note=note), remote)


def of_call(error: ErrorInfo, name: str) -> Failed:
    """The outcome of a call that raised, or whose result cannot travel."""
    remote = _remote(error)
    facts = _frame_facts(remote.frames)
    if error.memory:
        return Failed(Outcome.MEMORY_LIMIT, Failure(f"`{name}` ran out of memory", facts=facts), remote)
    if error.stage == "return":
        return Failed(
            Outcome.BAD_RETURN_TYPE, Failure(f"what `{name}` returned cannot be read: {remote.message}"), remote
        )
    note = ""
    if error.type == "NotImplementedError":
        note = f"`{name}` is still the stub."
    return Failed(Outcome.RUNTIME_ERROR, Failure(_sentence(remote), facts=facts, note=note), remote)


def of_end(error: WorkerEndedError, what: str, printed: str, cpu_seconds: int, memory_bytes: int) -> Failed:
    """The outcome of a load or call in which the worker ended.

    Args:
        error: How it ended.
        what: The load or call, in words.
        printed: What the worker has printed.
        cpu_seconds: Its limit.
        memory_bytes: Its limit.
    """
    last = [line for line in printed.splitlines() if line.strip()][-PRINTED_LINES:]
    facts = tuple(("printed", show.cut(show.printable(line))) for line in last)
    if error.reason == "idle":
        text = f"{what} waits for something that does not come"
        note = "It neither computes nor returns: is there a sleep, a lock or an input()?"
        return Failed(Outcome.TIMEOUT, Failure(text, note=note))
    if error.reason == "timeout" or error.ended.reason == "timeout":
        text = f"{what} did not finish within its time limit ({cpu_seconds} s of CPU time)"
        note = "Is there a loop that does not end, or a loop where an array operation would do?"
        return Failed(Outcome.TIMEOUT, Failure(text, note=note))
    if error.ended.reason == "memory":
        text = f"{what} took more than {memory_bytes >> 20} MiB of memory"
        return Failed(Outcome.MEMORY_LIMIT, Failure(text))
    if error.ended.reason == "disk":
        return Failed(Outcome.OUTPUT_LIMIT, Failure(f"{what} stored more in files than any solution needs"))
    if error.ended.reason == "tasks":
        return Failed(Outcome.CRASH, Failure(f"{what} started more threads than any solution needs"))
    if error.reason == "output":
        return Failed(Outcome.OUTPUT_LIMIT, Failure(f"{what} printed without end", facts=facts))
    return Failed(Outcome.CRASH, Failure(f"{what} {_way_of_ending(error)}", facts=facts))


def _way_of_ending(error: WorkerEndedError) -> str:
    status = error.ended.status
    if error.reason == "protocol":
        return "broke the connection to the judge"
    if error.reason == "closed":
        return "closed the connection to the judge"
    if error.reason == "keeper":
        return "ended the process that watches over it"
    if os.WIFSIGNALED(status):
        return f"ended its process by {_signal_name(os.WTERMSIG(status))}"
    return f"ended its process with exit status {os.WEXITSTATUS(status)}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"  # the real-time signals have no names


def _remote(error: ErrorInfo) -> RemoteError:
    frames = tuple(
        Frame(frame.line, _short(frame.function), show.cut(show.printable(frame.source)))
        for frame in error.frames[:MOST_FRAMES]
    )
    message = show.cut(show.printable(error.message[: 2 * LONGEST_MESSAGE]), LONGEST_MESSAGE)
    bases = tuple(_short(base) for base in error.bases[:MOST_FRAMES])
    return RemoteError(_short(error.type), message, bases, frames, error.stage)


def _short(name: str) -> str:
    return show.cut(show.printable(name[: 2 * LONGEST_NAME]), LONGEST_NAME)


def _sentence(remote: RemoteError) -> str:
    return f"{remote.type}: {remote.message}" if remote.message else remote.type


def _frame_facts(frames: tuple[Frame, ...]) -> tuple[tuple[str, str], ...]:
    """The learner's own frames, the innermost last."""
    return tuple(
        (f"line {frame.line}", frame.source if frame.function == "<module>" else f"in {frame.function}: {frame.source}")
        for frame in frames
    )
