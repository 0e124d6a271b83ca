"""The worker: loads one solution file and answers calls until the wire closes.

It runs in a process of its own, forked from the zygote or started afresh. Until the source arrives only our code has
run here; afterwards nothing that it says is believed.
"""

import ast
import ctypes
import gc
import importlib
import linecache
import os
import random
import socket
import sys
import traceback
import types
from pathlib import Path
from typing import Any, Literal

import numpy as np

from grader import frames, shared_memory, wire
from grader.messages import Call, Error, ErrorInfo, FrameInfo, Keep, Lent, Load, Progress, Ready, Request, Room, Value
from grader.sandbox import rules
from grader.shared_memory import Outbox, OwnView

SOLUTION = "solution"
SUPPORT = "support"
MAX_TEXT = 4096
MAX_FRAMES = 12
BALLAST_BYTES = 4 << 20
PIECE_BYTES = 1 << 16

Stage = Literal["compile", "import", "rule", "missing", "call", "return"]


class Worker:
    """One solution, and the objects that it keeps for the judge."""

    def __init__(self, wire_socket: socket.socket) -> None:
        self._socket = wire_socket
        self._handles: list[Any] = []
        self._owners: dict[str, types.ModuleType] = {}
        self._file = Path("solution.py").absolute()
        self._current_id = 0
        self._descriptors: list[int] = []
        self._kept: tuple[Any, Any] = ([], {})
        self._ballast = _ballast()

    def serve(self, nonce: int) -> None:
        """Answer requests until the judge closes the wire."""
        self._send(Ready(nonce, _resident_bytes()))
        while (body := self._receive()) is not None:
            request: Load | Keep | Call | Lent = frames.decode(body, Request)
            self._current_id = request.id
            del body
            answer = self._answer(request)
            is_tidy = isinstance(request, Keep) and request.tidy
            del request  # what came with it is no memory of the next call
            if is_tidy:
                _give_memory_back()
            _flush_output()
            self._send(answer)
            self._ballast = self._ballast or _ballast()

    def report_progress(self, text: str) -> None:
        """Tell the person who waits how far the current call is."""
        self._send(Progress(self._current_id, text[:MAX_TEXT]))

    def _answer(self, request: Load | Keep | Call | Lent) -> Value | Error:
        if isinstance(request, Load):
            return self._load(request)
        if isinstance(request, Keep):
            return self._keep_arguments(request)
        assert isinstance(request, Call)
        return self._call(request)

    def _load(self, request: Load) -> Value | Error:
        self._file.write_bytes(request.source)
        try:
            tree = None if request.rules_kept else ast.parse(request.source, str(self._file))
            code = compile(tree or request.source, str(self._file), "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return Error(request.id, _describe_syntax(error, self._file))
        for use in rules.broken_rules(tree, request.forbid, request.forbid_names) if tree else ():
            return Error(request.id, _describe_rule(use, self._file))
        sys.meta_path.insert(0, rules.Gate(request.forbid))
        rules.close_names(request.forbid_names)
        _seed_global_generators(request.seed)
        device = "cpu"
        if request.backend == "keras":
            keras_setup = importlib.import_module("grader.sandbox.keras_setup")
            device = keras_setup.install(request.seed, self.report_progress)
        solution = self._new_module(SOLUTION, self._file)
        try:
            exec(code, solution.__dict__)
        except BaseException as error:
            return Error(request.id, self._describe(error, "import"))
        missing = [name for name in request.entry_points if not callable(getattr(solution, name, None))]
        if missing:
            return Error(request.id, ErrorInfo("", [], ", ".join(f"`{name}`" for name in missing), [], "missing"))
        if request.support is not None:
            support_file = self._file.with_name("support.py")
            support = self._new_module(SUPPORT, support_file)
            try:
                support_file.write_bytes(request.support)
                exec(compile(request.support, str(support_file), "exec", dont_inherit=True), support.__dict__)
            except BaseException as error:  # the submission changed something that our code stands on
                return Error(request.id, self._describe(error, "import"))
        return Value(request.id, device)

    def _keep_arguments(self, request: Keep) -> Value | Error:
        try:
            self._kept = wire.from_tree(request.args, self._resolve), wire.from_tree(request.kwargs, self._resolve)
        except BaseException as error:
            return Error(request.id, self._describe(error, "call"))
        return Value(request.id, None)

    def _call(self, request: Call) -> Value | Error:
        try:
            target = request.target
            owner = self._handles[target] if isinstance(target, int) else self._owners[target]
            if request.kept:
                (args, kwargs), self._kept = self._kept, ([], {})
            else:
                memory = self._memory() if request.shared else None
                args = wire.from_tree(request.args, self._resolve, memory)
                kwargs = wire.from_tree(request.kwargs, self._resolve, memory)
            result = getattr(owner, request.name)
            if not request.attribute:
                result = result(*args, **kwargs)
        except BaseException as error:
            return Error(request.id, self._describe(error, "call"))
        try:
            outbox = Outbox() if shared_memory.IS_HERE else None
            echo = wire.to_tree([args, kwargs], self._keep, outbox) if request.echo else None
            value = Value(request.id, wire.to_tree(result, self._keep, outbox), echo)
            if outbox is not None and outbox.size:
                self._fill(outbox)
            return value
        except BaseException as error:
            return Error(request.id, self._describe(error, "return"))

    def _memory(self) -> OwnView:
        """The file that came with a message."""
        descriptor = self._descriptors.pop()
        try:
            return OwnView(descriptor)
        finally:
            os.close(descriptor)

    def _fill(self, outbox: Outbox) -> None:
        """Put large arrays into memory of the judge's."""
        self._send(Room(self._current_id, outbox.size))
        self._receive()
        descriptor = self._descriptors.pop()
        try:
            outbox.fill(descriptor)
        finally:
            os.close(descriptor)

    def _new_module(self, name: str, file: Path) -> types.ModuleType:
        """An empty module that honest code can find: dataclasses look themselves up in `sys.modules`."""
        module = types.ModuleType(name)
        module.__file__ = str(file)
        sys.modules[name] = self._owners[name] = module
        return module

    def _keep(self, value: Any) -> wire.HandleToken:
        self._handles.append(value)
        kind = type(value)
        module = "" if kind.__module__ in ("builtins", SOLUTION, SUPPORT) else f"{kind.__module__.partition('.')[0]}."
        dtype = f" of dtype {value.dtype}" if isinstance(value, np.ndarray) else ""
        return wire.HandleToken(len(self._handles) - 1, f"{module}{kind.__qualname__}{dtype}"[:MAX_TEXT])

    def _resolve(self, reference: wire.HandleToken | wire.Generator) -> Any:
        if isinstance(reference, wire.Generator):
            return np.random.default_rng(reference.seed)
        return self._handles[reference.number]

    def _describe(self, error: BaseException, stage: Stage) -> ErrorInfo:
        memory = isinstance(error, MemoryError)
        if memory:
            self._ballast = b""
        return ErrorInfo(
            type=_name_of(type(error)),
            bases=[_name_of(base) for base in type(error).__mro__[1:-1]][:MAX_FRAMES],
            message=_text_of(error),
            frames=self._own_frames(error),
            stage=stage,
            memory=memory,
        )

    def _own_frames(self, error: BaseException) -> list[FrameInfo]:
        """The learner's own frames; only those that are shown are looked up."""
        mine = [
            (frame.f_code.co_name, line or 0)
            for frame, line in traceback.walk_tb(error.__traceback__)
            if frame.f_code.co_filename == str(self._file)
        ]
        if len(mine) > MAX_FRAMES:
            mine = mine[:2] + mine[2 - MAX_FRAMES :]
        return [FrameInfo(line, _text(function), _line(self._file, line)) for function, line in mine]

    def _send(self, message: Ready | Value | Error | Progress | Room) -> None:
        try:
            frame = frames.encode(message)
        except Exception as error:  # too large, or an answer that the submission has made unreadable
            del message
            frame = frames.encode(Error(self._current_id, self._describe(error, "return")))
        self._socket.sendall(frame)

    def _receive(self) -> bytes | None:
        """The body of the next frame; the judge sends one at a time."""
        data = self._receive_some()
        while data:
            length = frames.body_length(data[: frames.HEADER_BYTES]) if len(data) >= frames.HEADER_BYTES else 0
            if len(data) >= frames.HEADER_BYTES and len(data) == frames.HEADER_BYTES + length:
                return bytes(memoryview(data)[frames.HEADER_BYTES :])
            more = self._receive_some()
            if not more:
                break
            data += more
        return None

    def _receive_some(self) -> bytearray:
        data, descriptors, _flags, _address = socket.recv_fds(self._socket, PIECE_BYTES, frames.MAX_DESCRIPTORS)
        self._descriptors += descriptors
        return bytearray(data)


def run(wire_socket: socket.socket, nonce: int) -> None:
    """Serve on a socket, then end this process without the submission's exit handlers."""
    status = 1
    try:
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a crash loses no line that was printed
        Worker(wire_socket).serve(nonce)
        status = 0
    finally:
        os._exit(status)


def _describe_syntax(error: Exception, file: Path) -> ErrorInfo:
    if isinstance(error, SyntaxError):
        source = _text(error.text.strip()) if error.text else _line(file, error.lineno or 0)
        where = [FrameInfo(error.lineno, "<module>", source)] if error.lineno else []
        return ErrorInfo(type(error).__name__, [], _text(str(error.msg)), where, "compile")
    return ErrorInfo(type(error).__name__, [], "the source nests too deep", [], "compile")


def _describe_rule(use: tuple[int, str, bool], file: Path) -> ErrorInfo:
    line, name, is_import = use
    what = "may not be imported" if is_import else "is not allowed"
    frame = FrameInfo(line, "<module>", _line(file, line))
    return ErrorInfo("ImportError" if is_import else "", [], f"`{name}` {what} in this problem", [frame], "rule")


def _text_of(error: BaseException) -> str:
    try:
        return _text(str(error))
    except BaseException:
        return "(its message could not be read)"


def _name_of(kind: type) -> str:
    """The name of a class, whatever its metaclass says."""
    return _text(str(type.__dict__["__name__"].__get__(kind)))


def _line(file: Path, number: int) -> str:
    return _text(linecache.getline(str(file), number).strip())


def _text(text: str) -> str:
    """A text as exactly `str`, short enough to travel."""
    return wire.sendable_text(str.__getitem__(text, slice(MAX_TEXT)))


def _ballast() -> bytes:
    """Memory that is let go where there is none left, so that this can still be told."""
    try:
        return bytes(BALLAST_BYTES)
    except MemoryError:
        return b""


def _give_memory_back() -> None:
    """Give what was freed back to the system, where the C library can."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _seed_global_generators(seed: int) -> None:
    """Same seed, same verdict, also for a solution that draws from the global generators."""
    random.seed(seed)
    np.random.seed(seed % (1 << 32))  # noqa: NPY002 - the state that the submission may use, not ours


def _flush_output() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:
            continue  # the submission replaced or closed it; its output is its own affair


def _resident_bytes() -> int:
    """Resident memory of this process, which may have another number in `/proc` than for itself."""
    if sys.platform == "linux":
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
