"""The zygote: imports the heavy libraries once, then forks a keeper and its worker in milliseconds.

It imports and does nothing else: a process that has run one TensorFlow operation forks children that hang.

    python -I -m grader.sandbox.zygote BACKEND FD            the zygote, on the socket FD
    python -I -m grader.sandbox.zygote BACKEND FD keeper     without fork: the keeper of one worker
    python -I -m grader.sandbox.zygote BACKEND FD worker     without fork: that worker
"""

import gc
import importlib
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable

import msgspec

from grader import wire
from grader.messages import Hatch
from grader.sandbox import keeper, limits, worker

LIBRARIES = {"numpy": ("numpy",), "keras": ("tensorflow", "keras")}
DESCRIPTORS = 4


def main() -> None:
    """Start as the role that the command line names."""
    backend, number, *role = sys.argv[1:]
    control = socket.socket(fileno=int(number))
    if role == ["keeper"]:
        hatch, descriptors = _receive(control)
        wire_end, out, err, judge = descriptors
        keeper.keep(socket.socket(fileno=judge), hatch.limits, _spawner(backend, hatch, wire_end, out, err))
        return
    for library in LIBRARIES[backend]:
        importlib.import_module(library)
    if role == ["worker"]:
        hatch = msgspec.msgpack.decode(bytes.fromhex(os.environ.pop("PRACTICE_HATCH")), type=Hatch)
        _become_worker(hatch, control.detach(), 1, 2, os.getppid())
    control.sendall(b"\x01")
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        try:
            hatch, descriptors = _receive(control)
        except EOFError:
            return
        if os.fork() == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _become_keeper(hatch, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _receive(control: socket.socket) -> tuple[Hatch, list[int]]:
    data, descriptors, _flags, _address = socket.recv_fds(control, 1 << 16, DESCRIPTORS)
    if not data:
        raise EOFError
    return wire.decode_message(data[wire.HEADER_BYTES :], Hatch), list(descriptors)


def _become_keeper(hatch: Hatch, descriptors: list[int]) -> None:
    wire_end, out, err, judge = descriptors
    status = 1
    try:
        os.setsid()
        keeper.keep(socket.socket(fileno=judge), hatch.limits, _forker(hatch, wire_end, out, err))
        status = 0
    except BaseException:
        traceback.print_exc()  # into the judge's own file: a keeper that fails is our fault
    finally:
        sys.stderr.flush()
        os._exit(status)


def _forker(hatch: Hatch, wire_end: int, out: int, err: int) -> Callable[[], int]:
    def start() -> int:
        me = os.getpid()
        pid = os.fork()
        if pid == 0:
            _become_worker(hatch, wire_end, out, err, me)
        for descriptor in (wire_end, out, err):
            os.close(descriptor)
        return pid

    return start


def _spawner(backend: str, hatch: Hatch, wire_end: int, out: int, err: int) -> Callable[[], int]:
    def start() -> int:
        environment = {**os.environ, "PRACTICE_HATCH": msgspec.msgpack.encode(hatch).hex()}
        command = [sys.executable, "-I", "-m", "grader.sandbox.zygote", backend, str(wire_end), "worker"]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, pass_fds=[wire_end], env=environment
        )
        process.returncode = 0  # the keeper waits for it itself
        for descriptor in (wire_end, out, err):
            os.close(descriptor)
        return process.pid

    return start


def _become_worker(hatch: Hatch, wire_end: int, out: int, err: int, parent: int) -> None:
    """Give up everything that a worker must not have, then serve. Never returns."""
    try:
        if os.getsid(0) != os.getpid():
            os.setsid()
        limits.die_with_parent(parent)
        null = os.open(os.devnull, os.O_RDONLY)
        for source, number in ((null, 0), (out, 1), (err, 2)):
            os.dup2(source, number)
        limits.close_descriptors_except({0, 1, 2, wire_end})
        os.chdir(hatch.folder)
        os.environ.update(HOME=hatch.folder, TMPDIR=hatch.folder)
        limits.apply(hatch.limits)
        worker.run(socket.socket(fileno=wire_end), hatch.nonce)
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}".encode())  # the judge quotes it
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()
