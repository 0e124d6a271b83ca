"""The messages that judge, zygote, keeper and worker send each other.

A value inside a message is a tree of `grader.wire`.
"""

from typing import Any, Literal

import msgspec

Reason = Literal["", "memory", "timeout", "disk", "tasks"]


class Limits(msgspec.Struct, frozen=True):
    """What one worker may use.

    Attributes:
        cpu_seconds: CPU time of the worker, in whole seconds.
        memory_bytes: Memory of it and its children, above what it starts with.
        file_bytes: Size of a file that it may write.
        open_files: Descriptors that it may hold.
        tasks: Processes and threads that it may start.
        disk_bytes: What it may store in files.
    """

    cpu_seconds: int
    memory_bytes: int
    file_bytes: int = 64 << 20
    open_files: int = 256
    tasks: int = 512
    disk_bytes: int = 256 << 20


class Home(msgspec.Struct, frozen=True, tag=True):
    """Zygote to judge, at once. Where it can, it sends a descriptor of its process along.

    Attributes:
        folder: The temporary folder that it removes when it ends.
        level: The level of isolation of its workers, tried already.
        notices: What is missing of the level that was asked for, and why.
    """

    folder: str
    level: str
    notices: list[str]


class Imported(msgspec.Struct, frozen=True, tag=True):
    """Zygote to judge: its libraries are imported."""


class Hatch(msgspec.Struct, frozen=True, tag=True):
    """Judge to zygote: fork a keeper and its worker. Four descriptors travel with it."""

    limits: Limits
    nonce: int


class Leave(msgspec.Struct, frozen=True, tag=True):
    """Judge to a warm zygote: let no other judge in, and end with the last one."""


class Born(msgspec.Struct, frozen=True, tag=True):
    """Keeper to judge, first: the worker lives. Where it can, it sends descriptors of both processes along.

    Attributes:
        pid: Of the worker, as its keeper sees it.
        keeper: Of its keeper, as it sees itself.
    """

    pid: int
    keeper: int


class Ended(msgspec.Struct, frozen=True, tag=True):
    """Keeper to judge, last: how the worker ended.

    Attributes:
        status: As `os.waitpid` gives it.
        reason: The limit that it broke, where the keeper knows it, "" otherwise.
        cpu_seconds: CPU time that the worker used since it was set up.
        peak_bytes: Largest resident memory of the worker.
    """

    status: int
    reason: Reason
    cpu_seconds: float
    peak_bytes: int


class Load(msgspec.Struct, frozen=True, tag=True):
    """Judge to worker: the solution to load. Sent once, before any call.

    Attributes:
        rules_kept: Another worker has loaded this source before, and so found that it keeps the rules: that is looked
            at before a line of it runs, and takes longer than all else.
    """

    id: int
    source: bytes
    entry_points: list[str]
    forbid: list[str]
    forbid_names: list[str]
    support: bytes | None
    backend: str
    seed: int
    rules_kept: bool = False


class Keep(msgspec.Struct, frozen=True, tag=True):
    """Judge to worker: the arguments of the next call that is `kept`, sent before the clock starts.

    Attributes:
        id: Random; the reply repeats it.
        args: Tree of a list.
        kwargs: Tree of a dict.
        tidy: Give memory that is not used back to the system first, so that what the call takes can be seen.
    """

    id: int
    args: Any
    kwargs: Any
    tidy: bool = False


class Call(msgspec.Struct, frozen=True, tag=True):
    """Judge to worker: call a function, or a method of a handle, or read an attribute.

    Attributes:
        id: Random; the reply repeats it.
        target: "solution", "support", or the number of a handle.
        name: Function, method or attribute.
        args: Tree of a list.
        kwargs: Tree of a dict.
        attribute: Read `name` instead of calling it.
        echo: Send the arguments back as they are after the call.
        kept: The arguments are those of the last `Keep`.
        shared: A descriptor of a file with large arrays travels with it.
    """

    id: int
    target: str | int
    name: str
    args: Any
    kwargs: Any
    attribute: bool = False
    echo: bool = False
    kept: bool = False
    shared: bool = False


class Lent(msgspec.Struct, frozen=True, tag=True):
    """Judge to worker: the memory that it asked for. A descriptor travels with it."""

    id: int


class FrameInfo(msgspec.Struct, frozen=True):
    """One of the learner's own frames."""

    line: int
    function: str
    source: str


class ErrorInfo(msgspec.Struct, frozen=True):
    """An exception of the submission."""

    type: str
    bases: list[str]
    message: str
    frames: list[FrameInfo]
    stage: Literal["compile", "import", "rule", "missing", "call", "return"]
    memory: bool = False


class Ready(msgspec.Struct, frozen=True, tag=True):
    """Worker to judge: set-up worked, and no line of the submission has run yet."""

    nonce: int
    resident_bytes: int


class Value(msgspec.Struct, frozen=True, tag=True):
    """Worker to judge: what a call returned; its large arrays are in the memory that the judge has lent."""

    id: int
    value: Any
    echo: Any = None


class Error(msgspec.Struct, frozen=True, tag=True):
    """Worker to judge: what a call raised."""

    id: int
    error: ErrorInfo


class Room(msgspec.Struct, frozen=True, tag=True):
    """Worker to judge, before a value with large arrays: it needs memory to put them in, and waits for `Lent`."""

    id: int
    size: int


class Progress(msgspec.Struct, frozen=True, tag=True):
    """Worker to judge, in the middle of a call: a line for the person who waits."""

    id: int
    text: str


Request = Load | Keep | Call | Lent
Reply = Ready | Value | Error | Progress | Room
