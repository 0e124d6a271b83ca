"""Warm zygotes: a grade finds what an earlier one has imported; whatever goes wrong costs a cold start only."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from grader import places, warm
from grader.messages import Limits
from grader.processes import WorkerProcess, Zygote
from grader.sandbox.levels import Level
from grader.watching import held

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="zygotes stay warm on Linux only")
LIMITS = Limits(cpu_seconds=5, memory_bytes=256 << 20)
PATIENCE_SECONDS = 20.0


@pytest.fixture(autouse=True)
def ended(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Zygotes may stay warm, and are ended with the test."""
    monkeypatch.setenv("PRACTICE_WARM", "60")
    monkeypatch.delenv("CI", raising=False)
    yield
    for each in warm.running():
        assert warm.stop(each)


def opened() -> Zygote:
    """A zygote that may be shared, ready."""
    zygote = Zygote("numpy", level=Level.PROCESS, shared=True)
    zygote.wait_until_ready()
    return zygote


def ends(zygote: Zygote) -> WorkerProcess:
    """A worker that it has started, and that has ended."""
    worker = zygote.start_worker(LIMITS)
    worker.close()
    assert worker.ended is not None
    return worker


def pids() -> list[int]:
    """Processes of the warm zygotes."""
    return [each.pid for each in warm.running()]


def wait(condition: Callable[[], bool]) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process is there and not only waited for."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_the_second_finds_the_first_one_s():
    with opened() as first:
        ends(first)
    (pid,) = pids()
    with opened() as second:
        ends(second)
        assert psutil.Process(pid).is_running()
    assert pids() == [pid]
    (found,) = warm.running()
    assert (found.backend, found.level) == ("numpy", "process")


def test_two_at_once_share_it():
    with opened() as first, opened() as second:
        workers = [first.start_worker(LIMITS), second.start_worker(LIMITS)]
        assert len({psutil.Process(worker.pid).parent().parent().pid for worker in workers}) == 1
        for worker in workers:
            worker.close()
    assert len(pids()) == 1


def test_one_that_ends_does_not_disturb_the_other():
    with opened() as first:
        with opened() as second:
            other = second.start_worker(LIMITS)
        wait(lambda: not alive(other.pid))  # it went with its judge
        ends(first)


def test_a_worker_of_a_found_one_can_be_held():
    with opened():
        pass
    with opened() as second:
        worker = second.start_worker(LIMITS)
        with held(worker.pid, worker.root):
            wait(lambda: psutil.Process(worker.pid).status() == psutil.STATUS_STOPPED)
        wait(lambda: psutil.Process(worker.pid).status() != psutil.STATUS_STOPPED)
        worker.close()


@pytest.mark.parametrize("variable", [{"PRACTICE_WARM": "0"}, {"CI": "true"}])
def test_none_stays_where_none_is_wanted(monkeypatch, variable):
    for name, value in variable.items():
        monkeypatch.setenv(name, value)
    with opened() as zygote:
        ends(zygote)
    assert warm.running() == []


def test_one_that_is_not_shared_does_not_stay():
    with Zygote("numpy", level=Level.PROCESS) as zygote:
        ends(zygote)
    assert warm.running() == []


def test_it_ends_when_nobody_comes(monkeypatch):
    monkeypatch.setenv("PRACTICE_WARM", "0.2")
    with opened() as zygote:
        ends(zygote)
        pid = warm.running()[0].pid
    wait(lambda: not alive(pid))
    assert warm.running() == []
    with opened() as zygote:
        ends(zygote)


@pytest.mark.parametrize("when", ["between", "meanwhile"])
def test_killed(when):
    with opened():
        pass
    (pid,) = pids()
    folder = Path(next(places.runtime_folder().glob("*.home")).read_text(encoding="utf-8"))
    assert folder.is_dir()
    if when == "between":
        os.kill(pid, signal.SIGKILL)
        wait(lambda: not alive(pid))
    with opened() as zygote:
        if when == "meanwhile":
            ends(zygote)
            os.kill(pid, signal.SIGKILL)
            wait(lambda: not alive(pid))
        ends(zygote)
    assert pids() not in ([], [pid])
    assert not folder.exists()


@pytest.mark.parametrize("when", ["between", "meanwhile"])
def test_stopped(when):
    with opened():
        pass
    (pid,) = pids()
    if when == "between":
        os.kill(pid, signal.SIGSTOP)
    with opened() as zygote:
        if when == "meanwhile":
            os.kill(pid, signal.SIGSTOP)
        ends(zygote)
    assert pids() == [pid]


def test_a_kit_that_has_changed_gets_a_new_one(monkeypatch):
    with opened():
        pass
    (old,) = pids()
    monkeypatch.setattr(warm, "_stamps", lambda: ["another kit"])
    with opened() as zygote:
        ends(zygote)
    (new,) = pids()
    assert new != old
    wait(lambda: not alive(old))


def test_one_that_has_to_leave_serves_its_judge_first():
    with opened() as first:
        (found,) = warm.running()
        warm._ask_to_leave(found.path).close()
        assert warm.running() == []
        ends(first)
        assert alive(found.pid)
    wait(lambda: not alive(found.pid))


def test_another_level_is_another_one():
    with opened(), Zygote("numpy", level=Level.KERNEL, shared=True) as other:
        other.wait_until_ready()
        assert sorted(each.level for each in warm.running()) == ["kernel", "process"]


def test_a_socket_without_a_zygote():
    with opened():
        pass
    (found,) = warm.running()
    assert warm.stop(found)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(found.path))
    with opened() as zygote:
        ends(zygote)
    assert len(pids()) == 1


def open_to_others(home: Path) -> None:
    """A folder that others can enter."""
    (home / "run").mkdir()
    (home / "run").chmod(0o755)


def a_file(home: Path) -> None:
    """A file where the folder should be."""
    (home / "run").write_text("", encoding="utf-8")


def a_link(home: Path) -> None:
    """A link where the folder should be."""
    (home / "elsewhere").mkdir(mode=0o700)
    (home / "run").symlink_to(home / "elsewhere")


@pytest.mark.parametrize("spoil", [open_to_others, a_file, a_link])
def test_a_folder_that_cannot_be_trusted(practice_home, spoil):
    spoil(practice_home)
    with opened() as zygote:
        ends(zygote)
    assert warm.running() == []


def test_a_path_that_no_socket_can_have(practice_home, monkeypatch):
    monkeypatch.setenv("PRACTICE_HOME", str(practice_home / ("long" * 30)))
    with opened() as zygote:
        ends(zygote)
    assert warm.running() == []


def test_no_warning_where_the_system_names_no_runtime_folder(monkeypatch):
    for name in ("PRACTICE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert places.runtime_folder().name == "practice"  # a warning would be an error here


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_is_not_served():
    with opened():
        pass
    (found,) = warm.running()
    for folder in (found.path, *found.path.parents):
        if folder.stat().st_uid == 0 and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o777)
    code = (
        "import os, socket, sys\nos.setuid(65534)\ns = socket.socket(socket.AF_UNIX)\n"
        "s.connect(sys.argv[1])\nprint(s.recv(1))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(found.path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "b''"
    found.path.parent.chmod(0o700)


def test_nonsense_closes_the_connection_and_nothing_else():
    with opened() as zygote:
        (found,) = warm.running()
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(str(found.path))
            stranger.sendall(b"\x00\x00\x00\x01nonsense" * 100)
            stranger.settimeout(PATIENCE_SECONDS)
            while stranger.recv(1 << 12):
                continue
        ends(zygote)


def test_one_that_imports_still_is_known_by_its_process():
    with opened():
        pass
    (found,) = warm.running()
    assert warm.stop(found)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(found.path))
        silent.listen()
        (importing,) = warm.running()
    assert (importing.level, importing.pid) == ("", os.getpid())
