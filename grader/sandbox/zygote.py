"""The zygote: imports the heavy libraries once, then forks a keeper and its worker in milliseconds.

It imports and does nothing else: a process that has run one TensorFlow operation forks children that hang.

    python -I -m grader.sandbox.zygote BACKEND FD            on the socket FD; forks workers
    python -I -m grader.sandbox.zygote BACKEND FD spawn      the same where forking is not safe: imports nothing
    python -I -m grader.sandbox.zygote BACKEND FD worker     a worker of such a zygote
"""

import gc
import importlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil

from grader import frames
from grader.messages import Hatch, Home, Warm
from grader.sandbox import folders, keeper, limits

LIBRARIES = {"numpy": ("numpy", "numpy.random"), "keras": ("tensorflow", "keras")}  # NumPy loads its parts late
DESCRIPTORS = 4
LAST_KEEPERS_SECONDS = 12.0


def main() -> None:
    """Start as the role that the command line names."""
    backend, number, *role = sys.argv[1:]
    control = socket.socket(fileno=int(number))
    if role == ["worker"]:
        hatch = msgspec.msgpack.decode(bytes.fromhex(os.environ.pop("PRACTICE_HATCH")), type=Hatch)
        set_up = int(os.environ.pop("PRACTICE_SET_UP"))
        _import_libraries(backend)
        os.write(set_up, b"\x01")
        _become_worker(hatch, control.detach(), 1, 2, os.getppid())
    home = folders.make(None)
    keepers: set[int] = set()
    try:
        _serve(control, backend, "spawn" not in role, str(home), keepers)
    except BrokenPipeError:
        pass  # the judge has ended
    finally:
        control.close()
        _outlast(keepers)
        folders.remove(home)


def _serve(control: socket.socket, backend: str, fork: bool, home: str, keepers: set[int]) -> None:
    """Fork a keeper for each hatch, until the judge closes the socket."""
    os.chdir(home)
    os.environ.update(HOME=home, KERAS_HOME=f"{home}/keras")
    limits.adopt_orphans()
    limits.hide_memory()
    control.sendall(frames.encode(Home(home)))
    if fork:
        _import_libraries(backend)
        gc.collect()
        gc.freeze()
    control.sendall(frames.encode(Warm()))
    awake = _wake_on_children()
    sources: list[socket.socket | int] = [control, awake]
    while True:
        ready, _, _ = select.select(sources, [], [])
        if awake in ready:
            os.read(awake, 1 << 10)
            _reap(keepers)
        if control in ready:
            try:
                hatch, descriptors = _receive(control)
            except (EOFError, ConnectionError):
                return
            pid = os.fork()
            if pid == 0:
                control.close()
                _become_keeper(hatch, descriptors, None if fork else backend)
            keepers.add(pid)
            for descriptor in descriptors:
                os.close(descriptor)


def _import_libraries(backend: str) -> None:
    for library in (*LIBRARIES[backend], "grader.sandbox.worker"):
        importlib.import_module(library)


def _wake_on_children() -> int:
    """A descriptor that can be read once a child has ended."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    return reading


def _reap(keepers: set[int]) -> None:
    """Collect the children that have ended.

    A keeper ends when nothing is left below it. If a submission killed it, what it kept is ours now, and ends too.
    """
    left_behind = False
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            break
        left_behind |= pid not in keepers or status != 0
        keepers.discard(pid)
    if left_behind:
        for child in psutil.Process().children():
            if child.pid not in keepers:
                keeper.kill(child)


def _outlast(keepers: set[int]) -> None:
    """Stay until the keepers have ended their workers; then end whatever is left."""
    deadline = time.monotonic() + LAST_KEEPERS_SECONDS
    while keepers and time.monotonic() < deadline:
        _reap(keepers)
        time.sleep(keeper.POLL_SECONDS / 10)
    keeper.end_descendants()


def _receive(control: socket.socket) -> tuple[Hatch, list[int]]:
    data, descriptors, _flags, _address = socket.recv_fds(control, 1 << 16, DESCRIPTORS)
    if not data:
        raise EOFError
    return frames.decode(data[frames.HEADER_BYTES :], Hatch), list(descriptors)


def _become_keeper(hatch: Hatch, descriptors: list[int], spawn: str | None) -> None:
    """Keep one worker. Never returns."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    wire_end, out, err, judge = descriptors
    start = _forker(hatch, wire_end, out, err) if spawn is None else _spawner(spawn, hatch, wire_end, out, err)
    status = 1
    try:
        os.setsid()
        keeper.keep(socket.socket(fileno=judge), hatch.limits, start)
        status = 0
    except BaseException:
        traceback.print_exc()  # into the judge's own file: a keeper that fails is our fault
    finally:
        sys.stderr.flush()
        os._exit(status)


def _forker(hatch: Hatch, wire_end: int, out: int, err: int) -> Callable[[str], int]:
    def start(folder: str) -> int:
        me = os.getpid()
        pid = os.fork()
        if pid == 0:
            os.chdir(folder)
            _become_worker(hatch, wire_end, out, err, me)
        for descriptor in (wire_end, out, err):
            os.close(descriptor)
        return pid

    return start


def _spawner(backend: str, hatch: Hatch, wire_end: int, out: int, err: int) -> Callable[[str], int]:
    def start(folder: str) -> int:
        reading, writing = os.pipe()
        environment = {
            **os.environ,
            "PRACTICE_HATCH": msgspec.msgpack.encode(hatch).hex(),
            "PRACTICE_SET_UP": str(writing),
        }
        process = subprocess.Popen(
            [*limits.PYTHON, "-m", "grader.sandbox.zygote", backend, str(wire_end), "worker"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            pass_fds=[wire_end, writing],
            cwd=folder,
            env=environment,
        )
        process.returncode = 0  # the keeper waits for it itself
        for descriptor in (wire_end, out, err, writing):
            os.close(descriptor)
        os.read(reading, 1)  # its imports are no part of what it may use
        os.close(reading)
        return process.pid

    return start


def _become_worker(hatch: Hatch, wire_end: int, out: int, err: int, parent: int) -> None:
    """Give up everything that a worker must not have, then serve. Never returns."""
    try:
        if os.getsid(0) != os.getpid():
            os.setsid()
        limits.die_with_parent(parent)
        limits.show_memory()
        null = os.open(os.devnull, os.O_RDONLY)
        for source, number in ((null, 0), (out, 1), (err, 2)):
            os.dup2(source, number)
        limits.close_descriptors_except({0, 1, 2, wire_end})
        folder = str(Path.cwd())
        os.environ.update(HOME=folder, TMPDIR=folder)
        limits.apply(hatch.limits)
        from grader.sandbox import worker  # it imports NumPy, which a zygote that only spawns does not need

        worker.run(socket.socket(fileno=wire_end), hatch.nonce)
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}".encode())  # the judge quotes it
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()
