"""The zygote: imports the heavy libraries once, then forks a keeper and its worker in milliseconds.

It imports and does nothing else: a process that has run one TensorFlow operation forks children that hang.

    python -I -m grader.sandbox.zygote BACKEND FD LEVEL                   on the socket FD; forks workers
    python -I -m grader.sandbox.zygote BACKEND FD LEVEL warm FD SECONDS   the same, and outlives its first judge
    python -I -m grader.sandbox.zygote BACKEND FD LEVEL spawn             where forking is not safe: imports nothing
    python -I -m grader.sandbox.zygote BACKEND FD LEVEL worker            a worker of such a zygote

A warm one lets further judges in by the listening socket that comes second, and ends when none was there for so long.

LEVEL is the highest level of isolation to try; at `bubblewrap` it has been started inside.
"""

import gc
import importlib
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import msgspec

from grader.messages import Hatch, Home
from grader.sandbox import folders, keeper, kernel, levels, limits, paths
from grader.sandbox.judges import Judges
from grader.sandbox.kernel import Kernel
from grader.sandbox.levels import Level

LIBRARIES = {"numpy": ("numpy", "numpy.random"), "keras": ("keras",)}  # NumPy loads its parts late
LAST_KEEPERS_SECONDS = 12.0
USER = "learner"  # the file of users is not for a worker to read

Starter = Callable[[Hatch, int, int, int, str], int]  # hatch, wire, output, errors, folder -> process id


def main() -> None:
    """Start as the role that the command line names."""
    backend, number, level_name, *role = sys.argv[1:]
    control, level = socket.socket(fileno=int(number)), Level(level_name)
    if role == ["worker"]:
        hatch = msgspec.msgpack.decode(bytes.fromhex(os.environ.pop("PRACTICE_HATCH")), type=Hatch)
        set_up = int(os.environ.pop("PRACTICE_SET_UP"))
        _import_libraries(backend)
        means = None if level is Level.PROCESS else kernel.means(gpu=paths.has_gpu(backend))
        os.write(set_up, b"\x01")
        _become_worker(backend, hatch, control.detach(), 1, 2, os.getppid(), means)
    home = folders.make(None)
    keepers: set[int] = set()
    listener = socket.socket(fileno=int(role[1])) if "warm" in role else None
    judges = Judges(control, listener, float(role[2]) if "warm" in role else 0.0)
    try:
        _serve(judges, backend, level, "spawn" not in role, str(home), keepers)
    except BrokenPipeError:
        pass  # the judge has ended
    finally:
        judges.close()
        _outlast(keepers)
        folders.remove(home)


def _serve(judges: Judges, backend: str, level: Level, fork: bool, home: str, keepers: set[int]) -> None:
    """Fork a keeper for each hatch, until no judge is left."""
    os.chdir(home)
    os.environ.update(HOME=home, KERAS_HOME=f"{home}/keras")
    limits.adopt_orphans()
    notices = msgspec.json.decode(os.environ.pop(levels.NOTICES, "[]"), type=list[str])
    level, means, lacking = _isolate(backend, level, Path(home))
    limits.hide_memory()
    judges.introduce(Home(home, level, [*notices, *lacking]))
    if fork:
        _import_libraries(backend)
        importlib.util.find_spec("practice_no_such_module")  # every folder of packages is listed while it can be
    judges.invite()
    for asked in judges.hatches(_wake_on_children()):
        if asked is None:
            _reap(keepers)
            continue
        hatch, descriptors = asked
        pid = os.fork()
        if pid == 0:
            judges.close()
            starter = _forker(backend, means) if fork else _spawner(backend, level)
            _become_keeper(hatch, descriptors, starter)
        keepers.add(pid)
        for descriptor in descriptors:
            os.close(descriptor)


def _isolate(backend: str, level: Level, home: Path) -> tuple[Level, Kernel | None, list[str]]:
    """The level that works here, the means of it, and what is missing."""
    if level is Level.PROCESS:
        return level, None, []
    try:
        means = kernel.enter(home, boxed=level is Level.BUBBLEWRAP, gpu=paths.has_gpu(backend))
    except kernel.KernelRefusesError as error:
        return Level.PROCESS, None, [str(error)]
    return level, means, list(means.notices)


def _import_libraries(backend: str) -> None:
    """Import what a worker needs; no collection looks through it, now or in a worker, which would copy its pages."""
    runs_on = [os.environ["KERAS_BACKEND"]] if backend == "keras" else []
    gc.disable()
    for library in (*runs_on, *LIBRARIES[backend], "grader.sandbox.worker"):
        importlib.import_module(library)
    gc.freeze()
    gc.enable()


def _wake_on_children() -> int:
    """A descriptor that can be read once a child has ended."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
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
            break
        if pid == 0:
            break
        left_behind |= pid not in keepers or status != 0
        keepers.discard(pid)
    if left_behind:
        import psutil

        for child in psutil.Process().children():
            if child.pid not in keepers:
                keeper.kill(child)
    folders.remove_of_others(Path.cwd(), keepers)


def _outlast(keepers: set[int]) -> None:
    """Stay until the keepers have ended their workers; then end whatever is left."""
    deadline = time.monotonic() + LAST_KEEPERS_SECONDS
    while keepers and time.monotonic() < deadline:
        _reap(keepers)
        time.sleep(keeper.POLL_SECONDS / 10)
    keeper.end_descendants()


def _become_keeper(hatch: Hatch, descriptors: list[int], starter: Starter) -> None:
    """Keep one worker. Never returns."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    wire_end, out, err, judge = descriptors
    status = 1
    try:
        os.setsid()
        control = socket.socket(fileno=judge)
        keeper.keep(control, hatch.limits, lambda folder: starter(hatch, wire_end, out, err, folder))
        status = 0
    except BaseException:
        traceback.print_exc()  # into the judge's own file: a keeper that fails is our fault
    finally:
        sys.stderr.flush()
        os._exit(status)


def _forker(backend: str, means: Kernel | None) -> Starter:
    def start(hatch: Hatch, wire_end: int, out: int, err: int, folder: str) -> int:
        me = os.getpid()
        pid = os.fork()
        if pid == 0:
            os.chdir(folder)
            _become_worker(backend, hatch, wire_end, out, err, me, means)
        for descriptor in (wire_end, out, err):
            os.close(descriptor)
        return pid

    return start


def _spawner(backend: str, level: Level) -> Starter:
    def start(hatch: Hatch, wire_end: int, out: int, err: int, folder: str) -> int:
        reading, writing = os.pipe()
        environment = {
            **os.environ,
            "PRACTICE_HATCH": msgspec.msgpack.encode(hatch).hex(),
            "PRACTICE_SET_UP": str(writing),
        }
        process = subprocess.Popen(
            [*limits.PYTHON, "-m", "grader.sandbox.zygote", backend, str(wire_end), level, "worker"],
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


def _become_worker(
    backend: str, hatch: Hatch, wire_end: int, out: int, err: int, parent: int, means: Kernel | None
) -> None:
    """Give up everything that a worker must not have, then serve. Never returns."""
    try:
        if os.getsid(0) != os.getpid():
            os.setsid()
        limits.die_with_parent(parent)
        limits.show_memory()
        null = os.open(os.devnull, os.O_RDONLY)
        for source, number in ((null, 0), (out, 1), (err, 2)):
            os.dup2(source, number)
        limits.close_descriptors_except({0, 1, 2, wire_end} | (means.descriptors() if means else set()))
        folder = Path.cwd()
        os.environ.update(HOME=str(folder), TMPDIR=str(folder), KERAS_HOME=f"{folder}/keras", LOGNAME=USER)
        tempfile.tempdir = str(folder)  # it remembers what was right for the zygote
        from grader.sandbox import worker  # it imports NumPy, which a zygote that only spawns does not need

        if means is not None:
            means.confine_files(folder)
        limits.apply(hatch.limits, address_space=not paths.has_gpu(backend))
        if means is not None:
            means.confine_calls()
        worker.run(socket.socket(fileno=wire_end), hatch.nonce)
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}".encode())  # the judge quotes it
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()
