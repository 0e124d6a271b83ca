"""Warm zygotes: those that outlive a grade, where they are found, and how they are ended.

Each has a socket in a folder that only this user can enter. The name of the socket says all that makes one zygote as
good as another: Python, libraries, environment, level of isolation, and this kit. Whatever goes wrong here costs a cold
start and nothing else.
"""

import contextlib
import fcntl
import hashlib
import os
import signal
import socket
import stat
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader import frames, places
from grader.messages import Home, Leave
from grader.sandbox import folders, judges
from grader.watching import ids_here

VARIABLE = "PRACTICE_WARM"  # seconds without a judge after which a warm zygote ends; 0 for none at all
IDLE_SECONDS = 600.0
LOCK_SECONDS = 1.0
CONNECT_SECONDS = 1.0
HOME_SECONDS = 2.0
LEAVE_SECONDS = 10.0
DIGITS = 12
_PACKAGE = Path(__file__).parent


def idle_seconds() -> float:
    """How long a warm zygote waits for a judge; 0 where none is wanted: `PRACTICE_WARM=0`, or on a machine for CI."""
    if sys.platform != "linux" or os.environ.get("CI", "").lower() in ("true", "1"):
        return 0.0
    try:
        return max(0.0, float(os.environ.get(VARIABLE, IDLE_SECONDS)))
    except ValueError:
        return IDLE_SECONDS


class Slot:
    """The place of one warm zygote.

    Args:
        backend: Whose libraries it has imported.
        environment: What it is started with.
        level: The level of isolation that it is asked for; "" for the highest.
    """

    def __init__(self, backend: str, environment: Mapping[str, str], level: str) -> None:
        self._kind = f"{backend}-{_digest(sys.prefix, level, *map('='.join, sorted(environment.items())))}"
        self._name = f"{self._kind}-{_digest(sys.version, *_stamps())}"

    @contextlib.contextmanager
    def taken(self) -> Iterator[bool]:
        """Whether this process has it for itself, as who starts a zygote must."""
        with contextlib.ExitStack() as stack:
            folder, is_ours = _folder(), False
            if folder is not None:
                with contextlib.suppress(OSError):
                    lock = stack.enter_context((folder / f"{self._kind}.lock").open("wb"))
                    is_ours = _locked(lock.fileno())
            yield is_ours

    def connect(self) -> socket.socket | None:
        """A connection to its zygote, which may import still; None if there is none."""
        return _connect(places.runtime_folder() / f"{self._name}.sock")

    def listen(self) -> socket.socket | None:
        """A socket for a new zygote, which takes the place of those that have become out of date."""
        folder = places.runtime_folder()
        for path in folder.glob(f"{self._kind}-*.sock"):
            leaving = _ask_to_leave(path)
            if leaving is not None:
                leaving.close()
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(str(folder / f"{self._name}.sock"))
            listener.listen(judges.BACKLOG)
        except OSError:
            listener.close()
            return None
        return listener

    def remember_home(self, home: str) -> None:
        """Have the folder of its zygote removed even if that is killed."""
        with contextlib.suppress(OSError):
            (places.runtime_folder() / f"{self._name}.home").write_text(home, encoding="utf-8")


@dataclass(frozen=True)
class Running:
    """A warm zygote.

    Attributes:
        backend: Whose libraries it has imported.
        level: Its level of isolation, or "" if it imports still.
        pid: Its process, or 0 if that is not known.
        path: Its socket.
    """

    backend: str
    level: str
    pid: int
    path: Path


def running() -> list[Running]:
    """The warm zygotes of this user."""
    found = []
    for path in sorted(places.runtime_folder().glob("*.sock")) if _folder() else ():
        connection = _connect(path)
        if connection is None:
            continue
        with connection:
            at_the_end = judges.peer(connection)[0]
            home, pid = hear_home(connection, HOME_SECONDS)  # silent as long as it imports
        found.append(Running(path.name.partition("-")[0], home.level if home else "", pid or at_the_end, path))
    return found


def stop(zygote: Running) -> bool:
    """End a warm zygote; whether it has ended, and does not wait for a grade that needs it."""
    connection = _ask_to_leave(zygote.path)
    if connection is None:
        return True
    deadline = time.monotonic() + LEAVE_SECONDS
    with connection:
        connection.settimeout(LEAVE_SECONDS)
        with contextlib.suppress(OSError):
            while connection.recv(1 << 12):
                continue
    while _lives(zygote.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not _lives(zygote.pid)


def hear_home(connection: socket.socket, seconds: float) -> tuple[Home | None, int]:
    """What a zygote says of itself, and its process; None if it is silent, 0 if its process is not known here."""
    connection.settimeout(seconds)
    descriptors: list[int] = []
    home: Home | None = None
    with contextlib.suppress(OSError, frames.ProtocolError):
        home = frames.receive(connection, Home, descriptors)
    ids = ids_here(descriptors)
    return home, ids[0] if ids else 0


def _folder() -> Path | None:
    """The folder of the sockets, if it is there and nobody else can enter."""
    folder = places.runtime_folder()
    try:
        folder.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
        facts = folder.lstat()
    except OSError:
        return None
    ours = stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.geteuid()
    return folder if ours and not facts.st_mode & (stat.S_IRWXG | stat.S_IRWXO) else None


def _locked(descriptor: int) -> bool:
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        else:
            return True


def _connect(path: Path) -> socket.socket | None:
    """A connection; what a zygote that is gone has left behind is removed."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(CONNECT_SECONDS)
    try:
        connection.connect(str(path))
        pid, user = judges.peer(connection)
    except ConnectionRefusedError:
        _clear(path)
    except OSError:
        pass  # there is none, or no path that long
    else:
        if user == os.geteuid():
            if pid > 1:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGCONT)  # a submission may have stopped it
            return connection
    connection.close()
    return None


def _ask_to_leave(path: Path) -> socket.socket | None:
    """Have a zygote let nobody in any more, and end with the last judge that it serves."""
    connection = _connect(path)
    if connection is None:
        return None
    try:
        connection.sendall(frames.encode(Leave()))
    except OSError:
        connection.close()
        return None
    path.unlink(missing_ok=True)
    path.with_suffix(".home").unlink(missing_ok=True)
    return connection


def _clear(path: Path) -> None:
    home = path.with_suffix(".home")
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
        left = Path(home.read_text(encoding="utf-8"))
        home.unlink()
        if left.name.startswith(folders.PREFIX) and left.stat().st_uid == os.geteuid():
            folders.remove(left)


def _lives(pid: int) -> bool:
    import psutil  # only who ends zygotes comes here

    try:
        return pid > 0 and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:DIGITS]


def _stamps() -> list[str]:
    """What changes when this kit does, or when a library is installed, upgraded or removed."""
    installed = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    files = [*sorted(_PACKAGE.glob("*.py")), *sorted(_PACKAGE.glob("sandbox/*.py")), *map(Path, sorted(installed))]
    stamps = []
    for file in files:
        with contextlib.suppress(OSError):
            facts = file.stat()
            stamps.append(f"{file} {facts.st_mtime_ns} {facts.st_size}")
    return stamps
