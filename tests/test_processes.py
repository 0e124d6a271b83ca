"""Nothing stays behind: no process, no folder, whatever the submission does, and also when the judge is killed."""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from grader import worker_process, zygote_process
from grader.errors import GraderError
from grader.messages import Call, Ended, Error, Limits, Load, Value
from grader.processes import Zygote
from grader.sandbox import folders, levels
from grader.sandbox.levels import Level
from grader.worker_process import WorkerEndedError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

CONTENT = Path(__file__).with_name("content")
PATIENCE_SECONDS = 30.0
LIMITS = Limits(cpu_seconds=1, memory_bytes=64 << 20)
HEAD = """
import ctypes, os, signal, subprocess, threading, time

def daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 99)
            while True:
                time.sleep(0.01)
        os._exit(0)
    os.wait()

def parent_of(pid):
    return int(open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[1])
"""
BEHIND = {
    "child": "os.fork() or time.sleep(600)",
    "grandchild": "os.fork() or os.fork() or time.sleep(600)",
    "daemon": "daemon()",
    "thread": "threading.Thread(target=time.sleep, args=(600,)).start()",
    "program": "subprocess.Popen(['sleep', '600'])",
    "program in a session of its own": "subprocess.Popen(['sleep', '600'], start_new_session=True, cwd='/', env={})",
    "stopped child": "os.fork() or os.kill(os.getpid(), signal.SIGSTOP)",
    "deaf child": "os.fork() or [signal.signal(s, signal.SIG_IGN) for s in (1, 2, 15)] and time.sleep(600)",
    "files": "os.makedirs('a/b'); open('a/b/c', 'w').close(); os.symlink('/', 'a/l'); os.mkfifo('f')",
    "locked folders": "os.makedirs('a/b'); open('a/b/c', 'w').close(); [os.chmod(p, 0) for p in ('a/b', 'a', '.')]",
    "keeper stopped": "daemon(); os.kill(os.getppid(), signal.SIGSTOP)",
    "zygote stopped": "os.kill(parent_of(os.getppid()), signal.SIGSTOP)",
}


@pytest.fixture(autouse=True)
def lowest_level(monkeypatch):
    """What is tried here, the levels above refuse."""
    monkeypatch.setenv(levels.VARIABLE, Level.PROCESS)


@pytest.fixture
def fresh():
    with Zygote("numpy") as opened:
        opened.wait_until_ready()
        yield opened


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(worker_process, "ROUSE_SECONDS", 0.2)


def load(worker, *lines):
    """Load a solution whose function runs these lines and gives 7."""
    source = HEAD + "def double(x):\n" + "".join(f"    {line}\n" for line in lines) + "    return 7\n"
    answer = worker.request(
        Load(id=1, source=source.encode(), entry_points=["double"], forbid=[], forbid_names=[], support=None,
             backend="numpy", seed=1)
    )  # fmt: skip
    assert isinstance(answer, Value), answer


def call(worker):
    return worker.request(Call(2, "solution", "double", [0, 1], [2]))


def marked(mark):
    """Every process that the zygote of this mark, or anything below it, has started."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(zygote_process.MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append((process.pid, process.cmdline()))
        except psutil.Error:
            continue
    return found


def below(pid):
    """Descendants of a process that have not ended."""
    found = psutil.Process(pid).children(recursive=True)
    return [child for child in found if lives(child)]


def lives(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False  # it ended between the two


def eventually(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("line", BEHIND.values(), ids=BEHIND)
def test_worker_leaves_nothing_behind(fresh, impatient, line):
    worker = fresh.start_worker(LIMITS)
    load(worker, line)
    assert call(worker) == Value(2, 7)
    ended = worker.close()
    assert ended is not None
    assert os.WTERMSIG(ended.status) == signal.SIGKILL
    assert {process.pid for process in below(fresh._process.process.pid)} <= {worker._keeper}  # it ends by itself
    assert list(Path(fresh._home.folder).iterdir()) == []
    assert not psutil.pid_exists(worker.pid)


@pytest.mark.parametrize("line", [*BEHIND.values(), "pass"], ids=[*BEHIND, "nothing"])
def test_zygote_leaves_nothing_behind(impatient, line):
    before = {child.pid for child in psutil.Process().children()}
    with Zygote("numpy") as opened:
        worker = opened.start_worker(LIMITS)
        mark, home = opened._process.mark, Path(opened._home.folder)
        load(worker, line)
        call(worker)
        worker.close()
        assert home.is_dir()
    assert marked(mark) == []
    assert not home.exists()
    assert {child.pid for child in psutil.Process().children()} == before


class TestAttackOnTheKeeper:
    @pytest.mark.parametrize("survives", [False, True], ids=["worker dies with it", "worker survives it"])
    def test_killed(self, fresh, survives):
        worker = fresh.start_worker(LIMITS)
        stay = "ctypes.CDLL(None).prctl(1, 0)" if survives else "pass"
        load(worker, "daemon()", stay, "os.kill(os.getppid(), signal.SIGKILL)", "time.sleep(600)")
        with pytest.raises(WorkerEndedError) as caught:
            call(worker)
        assert caught.value.reason == "keeper"
        eventually(lambda: below(fresh._process.process.pid) == [])  # its orphans are the zygote's, who ends them
        again = fresh.start_worker(LIMITS)
        load(again, "pass")
        assert call(again) == Value(2, 7)
        again.close()

    def test_stopped_again_and_again(self, fresh, impatient, monkeypatch):
        monkeypatch.setattr(worker_process, "END_SECONDS", 1.0)
        worker = fresh.start_worker(LIMITS)
        load(worker, "keeper = os.getppid()", "if os.fork() == 0:", "    while True: os.kill(keeper, signal.SIGSTOP)")
        call(worker)
        worker.close()
        eventually(lambda: below(fresh._process.process.pid) == [])


class TestAttackOnTheZygote:
    def test_killed(self, fresh):
        worker = fresh.start_worker(LIMITS)
        first, home = fresh._process.process.pid, Path(fresh._home.folder)
        load(worker, "os.kill(parent_of(os.getppid()), signal.SIGKILL)")
        assert call(worker) == Value(2, 7)
        worker.close()
        again = fresh.start_worker(LIMITS)
        assert fresh._process.process.pid != first
        assert not home.exists()
        load(again, "pass")
        assert call(again) == Value(2, 7)
        again.close()

    def test_killed_with_the_keeper(self):
        with Zygote("numpy") as opened:
            worker = opened.start_worker(LIMITS)
            mark, home = opened._process.mark, Path(opened._home.folder)
            lines = ["daemon()", "ctypes.CDLL(None).prctl(1, 0)", "keeper = os.getppid()",
                     "os.kill(parent_of(keeper), signal.SIGKILL)", "os.kill(keeper, signal.SIGKILL)",
                     "time.sleep(600)"]  # fmt: skip
            load(worker, *lines)
            with pytest.raises(WorkerEndedError):
                call(worker)
        assert marked(mark) == []
        assert not home.exists()

    def test_that_cannot_come_back(self, fresh, monkeypatch):
        fresh.start_worker(LIMITS).close()
        fresh._process.process.kill()
        fresh._process.process.wait()
        monkeypatch.setattr(zygote_process, "PYTHON", ("false",))
        with pytest.raises(GraderError, match="the worker process cannot start"):
            fresh.start_worker(LIMITS)


class TestSpares:
    """Workers that are set up before somebody asks for them."""

    def test_next_worker_is_there_already(self, fresh):
        first = fresh.start_worker(LIMITS, 1)
        eventually(lambda: len(self.workers(fresh)) == 2)
        before = self.workers(fresh)
        second = fresh.start_worker(LIMITS)
        assert second.pid in before - {first.pid}
        load(second, "pass")
        assert call(second) == Value(2, 7)
        first.close()
        second.close()
        eventually(lambda: below(fresh._process.process.pid) == [])

    def test_no_more_than_will_be_asked_for(self, fresh):
        workers = [fresh.start_worker(LIMITS, further) for further in (2, 1, 0)]
        assert fresh._spares == []
        for worker in workers:
            worker.close()

    @pytest.mark.parametrize("wait", [True, False], ids=["set up", "in the middle of it"])
    def test_one_that_was_killed_is_not_given_out(self, fresh, wait):
        fresh.start_worker(LIMITS, 2).close()
        if wait:
            eventually(lambda: len(self.workers(fresh)) == 2)
        killed = self.workers(fresh)
        for pid in killed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        eventually(lambda: not killed & self.workers(fresh))
        worker = fresh.start_worker(LIMITS)
        load(worker, "pass")
        assert call(worker) == Value(2, 7)
        worker.close()

    def test_other_limits(self, fresh):
        fresh.start_worker(LIMITS, 2).close()
        other = Limits(cpu_seconds=3, memory_bytes=300 << 20)
        worker = fresh.start_worker(other, 1)
        assert [spare.limits for spare in fresh._spares] == [other]
        load(worker, "import resource", "x = resource.getrlimit(resource.RLIMIT_CPU)[0]", "assert x <= 4, x")
        assert call(worker) == Value(2, 7)
        worker.close()

    def test_zygote_killed(self, fresh):
        worker = fresh.start_worker(LIMITS, 2)
        load(worker, "os.kill(parent_of(os.getppid()), signal.SIGKILL)")
        call(worker)
        worker.close()
        again = fresh.start_worker(LIMITS, 2)
        load(again, "pass")
        assert call(again) == Value(2, 7)
        again.close()

    def test_nothing_is_left_behind(self):
        with Zygote("numpy") as opened:
            opened.start_worker(LIMITS, 3).close()
            mark, home = opened._process.mark, Path(opened._home.folder)
            opened.dismiss_spares()
            eventually(lambda: below(opened._process.process.pid) == [])
            opened.start_worker(LIMITS, 3).close()
        assert marked(mark) == []
        assert not home.exists()

    def workers(self, zygote):
        """Process ids of the workers below a zygote: children of its keepers."""
        found = below(zygote._process.process.pid)
        keepers = {child.pid for child in psutil.Process(zygote._process.process.pid).children()}
        return {process.pid for process in found} - keepers


JUDGE = """
import sys
from pathlib import Path
from grader import catalogue, judge
from grader.processes import Zygote

source = '''{head}
def double(x):
    daemon()
    subprocess.Popen(["sleep", "600"], start_new_session=True)
    threading.Thread(target=time.sleep, args=(600,)).start()
    open("started", "w").close()
    {line}
'''
zygote = Zygote("numpy", fork={fork})
print(zygote._process.mark, flush=True)
if {wait}:
    zygote.wait_until_ready()
    print(zygote._home.folder, flush=True)
    judge.grade(catalogue.load("probe", [Path(sys.argv[1])]), source.encode(), zygote=zygote, seed=1)
"""


class TestJudgeKilled:
    def start(self, line="while True: pass", fork=True, wait=True):
        code = JUDGE.format(head=HEAD, line=line, fork=fork, wait=wait)
        return subprocess.Popen([sys.executable, "-c", code, str(CONTENT)], stdout=subprocess.PIPE, text=True)

    @pytest.mark.parametrize("fork", [True, False], ids=["forked", "spawned"])
    @pytest.mark.parametrize("line", ["while True: pass", "time.sleep(600)"], ids=["computing", "sleeping"])
    def test_in_the_middle_of_a_call(self, line, fork):
        with self.start(line, fork) as process:
            mark, home = (process.stdout.readline().strip() for _ in range(2))
            eventually(lambda: list(Path(home).glob("*/started")))
            assert len(marked(mark)) >= 3  # worker, daemon, program; zygote and keeper show theirs to root only
            process.kill()
        eventually(lambda: marked(mark) == [] and not Path(home).exists())

    def test_while_the_zygote_imports(self):
        with self.start(wait=False) as process:
            mark = process.stdout.readline().strip()
            process.kill()
        eventually(lambda: marked(mark) == [])

    def test_folder_of_a_zygote_without_judge(self, tmp_path):
        """Here the folder can be seen: its parent is ours."""
        environment = {**os.environ, "TMPDIR": str(tmp_path)}
        code = (
            "import time\nfrom grader.processes import Zygote\nz = Zygote('numpy')\nprint(flush=True)\ntime.sleep(600)"
        )
        for wait in (False, True):
            with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment) as process:
                process.stdout.readline()
                zygote = psutil.Process(process.pid).children()[0]
                if wait:
                    eventually(lambda: list(tmp_path.iterdir()))
                process.kill()
            zygote.wait(PATIENCE_SECONDS)
            assert list(tmp_path.iterdir()) == []


class TestZygote:
    def test_close_twice_and_at_once(self):
        zygote = Zygote("numpy")
        zygote.close()
        zygote.close()
        assert zygote._process.process.returncode is not None
        assert not Path(zygote._home.folder).exists()

    def test_library_that_is_missing(self):
        with Zygote("nonsense") as zygote:
            with pytest.raises(GraderError, match="the worker process cannot start: KeyError: 'nonsense'") as caught:
                zygote.wait_until_ready()
            assert caught.value.hint == "practice doctor"

    def test_descriptors_do_not_pile_up(self, fresh):
        fresh.start_worker(LIMITS).close()
        count = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(5):
            worker = fresh.start_worker(LIMITS)
            load(worker, "os.abort()")
            with pytest.raises(WorkerEndedError):
                call(worker)
        assert len(list(Path("/proc/self/fd").iterdir())) == count

    def test_several_workers_at_a_time(self, fresh):
        workers = [fresh.start_worker(LIMITS) for _ in range(3)]
        for worker in workers:
            load(worker, "pass")
        assert [call(worker) for worker in workers] == [Value(2, 7)] * 3
        for worker in workers:
            worker.close()
        assert len({worker.pid for worker in workers}) == 3

    def test_memory_of_the_judge_is_hidden(self, fresh):
        assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0  # PR_GET_DUMPABLE
        for pid in (os.getpid(), fresh._process.process.pid):
            assert Path(f"/proc/{pid}/environ").stat().st_uid == 0  # of root, whoever runs this


class TestWorkerProcess:
    def test_usage(self, fresh):
        worker = fresh.start_worker(Limits(cpu_seconds=5, memory_bytes=64 << 20))
        load(worker, "a = bytearray(b'x') * (32 << 20)", "t = time.process_time()",
             "while time.process_time() < t + 0.2: pass")  # fmt: skip
        call(worker)
        ended = worker.close()
        assert 0.2 <= ended.cpu_seconds < 2
        assert 30 << 20 <= ended.peak_bytes - worker.start_bytes < 100 << 20

    def test_request_after_the_end(self, fresh):
        worker = fresh.start_worker(LIMITS)
        load(worker, "pass")
        ended = worker.close()
        assert worker.close() is ended
        with pytest.raises(WorkerEndedError) as caught:
            call(worker)
        assert caught.value.ended is ended

    def test_error_then_more_calls(self, fresh):
        worker = fresh.start_worker(LIMITS)
        load(worker, "1 / 0")
        for _ in range(2):
            answer = call(worker)
            assert isinstance(answer, Error)
            assert (answer.error.type, answer.error.bases) == (
                "ZeroDivisionError",
                ["ArithmeticError", "Exception", "BaseException"],
            )
        worker.close()

    def test_answer_counts_however_late_we_look(self, fresh):
        worker = fresh.start_worker(LIMITS)
        load(worker, "pass")
        worker._wall_left = -1.0  # as after a long sleep of this process; the answer may not be there yet
        sent = worker._socket.send

        def send_and_wait(data, descriptors):
            count = sent(data)
            time.sleep(0.3)
            return count

        worker._send = send_and_wait
        assert call(worker) == Value(2, 7)
        worker.close()

    def test_status_of_the_worker_is_that_of_its_end(self, fresh):
        for line, expected in (("os._exit(3)", 3), ("os.abort()", -signal.SIGABRT)):
            worker = fresh.start_worker(LIMITS)
            load(worker, line)
            with pytest.raises(WorkerEndedError) as caught:
                call(worker)
            assert os.waitstatus_to_exitcode(caught.value.ended.status) == expected
            assert caught.value.reason == ""

    def test_ended_between_two_calls(self, fresh):
        worker = fresh.start_worker(LIMITS)
        load(worker, "threading.Timer(0.05, os.abort).start()")
        call(worker)
        eventually(lambda: not psutil.pid_exists(worker.pid))
        with pytest.raises(WorkerEndedError) as caught:
            call(worker)
        assert os.WTERMSIG(caught.value.ended.status) == signal.SIGABRT

    def test_child_that_holds_the_wire(self, fresh):
        """The worker is gone although its end of the wire is open somewhere."""
        worker = fresh.start_worker(LIMITS)
        load(worker, "if os.fork(): os._exit(5)", "time.sleep(600)")
        with pytest.raises(WorkerEndedError) as caught:
            call(worker)
        assert os.waitstatus_to_exitcode(caught.value.ended.status) == 5


class TestSpawn:
    def test_start_does_not_count(self):
        with Zygote("numpy", fork=False) as zygote:
            worker = zygote.start_worker(Limits(cpu_seconds=1, memory_bytes=8 << 20))
            load(worker, "t = time.process_time()", "while time.process_time() < t + 0.5: pass")
            assert call(worker) == Value(2, 7)
            ended = worker.close()
        assert isinstance(ended, Ended)
        assert 0.4 <= ended.cpu_seconds < 0.9
        assert ended.reason == ""


class TestFolders:
    def test_make(self, tmp_path):
        folder = folders.make(tmp_path)
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o700

    def test_remove(self, tmp_path):
        outside = tmp_path / "outside"
        outside.mkdir(mode=0o750)
        (outside / "file").touch()
        folder = folders.make(tmp_path)
        (folder / "a" / "b").mkdir(parents=True)
        (folder / "a" / "link").symlink_to(outside)
        (folder / "a" / "dangling").symlink_to("nowhere")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(folder / "socket"))
        os.mkfifo(folder / "fifo")
        (folder / "a" / "b").chmod(0)
        (folder / "a").chmod(0)
        folders.remove(folder)
        assert not folder.exists()
        assert (outside / "file").exists()
        assert outside.stat().st_mode & 0o777 == 0o750

    def test_remove_what_nests_too_deep_for_python(self, tmp_path, monkeypatch):
        folder = folders.make(tmp_path)
        (folder / "a" / "b").mkdir(parents=True)
        (folder / "a").chmod(0)

        def rmtree(*args, **kwargs):
            raise RecursionError

        monkeypatch.setattr(shutil, "rmtree", rmtree)
        folders.remove(folder)
        assert not folder.exists()

    def test_remove_what_is_gone(self, tmp_path):
        folders.remove(tmp_path / "nothing")
