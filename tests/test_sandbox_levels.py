"""The levels as they are here: what each refuses, what honest code may do, and what happens where one is missing."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from grader import isolation_trial, processes, zygote_process
from grader.errors import GraderError, UsageError
from grader.messages import Call, Limits, Load, Value
from grader.processes import Zygote
from grader.sandbox.kernel import WITHOUT_NAMESPACES
from grader.sandbox.levels import VARIABLE, Level

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="these levels are of Linux")

GOLDEN = Path(__file__).with_name("golden")
CONTENT = Path(__file__).with_name("content")
REFERENCE = GOLDEN / "solutions" / "tiny-relu" / "reference.py"
LIMITS = Limits(cpu_seconds=10, memory_bytes=1 << 30)
PATIENCE_SECONDS = 60.0
IMPATIENCE_SECONDS = 8.0  # less than a zygote waits for keepers that do not end
SOURCE = '''
import array, asyncio, concurrent.futures, ctypes, fcntl, os, pathlib, resource, shutil, signal, socket, subprocess
import sys, tempfile, threading, time, zipfile
import multiprocessing
import numpy as np

libc = ctypes.CDLL(None, use_errno=True)

def call(number, *arguments):
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")

def tell_all(lines):
    """The name of the exception that each line raises, "" for none."""
    told = []
    for line in lines:
        os.chdir(os.environ["HOME"])
        try:
            exec(line, dict(globals()))
            told.append("")
        except BaseException as error:
            told.append(type(error).__name__)
    return told
'''
REFUSED = {
    "list the root": "os.listdir('/')",
    "read the users": "open('/etc/passwd').read()",
    "read beside itself": "[open(p).read() for p in pathlib.Path('..').glob('*/solution.py')]; os.listdir('..')",
    "read another process": "open('/proc/1/environ').read()",
    "write a library": "open(os.path.dirname(np.__file__) + '/x', 'w')",
    "truncate a library": "os.close(os.open(np.__file__, os.O_RDONLY | os.O_TRUNC)) or os.truncate(np.__file__, 9)",
    "rename a library": "os.rename(np.__file__, np.__file__ + 'x')",
    "link to the outside": "os.link(np.__file__, 'x')",
    "shared memory": "open('/dev/shm/x', 'w')",
    "anonymous memory": "os.memfd_create('x')",
    "shared memory of System V": "call(29, 0, 4096, 0o1600)",
    "fork": "os.fork()",
    "program": "subprocess.run(['true'])",
    "program instead of itself": "os.execv('/bin/true', ['true'])",
    "pool of processes": "multiprocessing.get_context('fork').Pool(1)",
    "TCP": "socket.create_connection(('127.0.0.1', 9))",
    "UDP": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "IPv6": "socket.socket(socket.AF_INET6)",
    "netlink": "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
    "local socket": "socket.socket(socket.AF_UNIX)",
    "datagrams": "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
    "kill its parent": "os.kill(os.getppid(), 9)",
    "kill everybody": "os.kill(-1, 9)",
    "signals through a pipe": "fcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, os.getppid())",
    "limits of others": "resource.prlimit(os.getppid(), resource.RLIMIT_CPU)",
    "priority": "os.setpriority(os.PRIO_PROCESS, os.getppid(), 5)",
    "processors of others": "os.sched_setaffinity(os.getppid(), {0})",
    "survive its parent": "libc.prctl(1, 0) and 1 / 0",
    "namespace": "call(272, 0x10000000)",
    "trace": "call(101, 16, os.getppid(), 0, 0)",
    "user": "os.setuid(os.getuid())",
    "watch files": "call(253)",
}
FREE = {
    "own files": "open('a', 'w').write('a'); os.mkdir('d'); os.rename('a', 'd/b'); shutil.rmtree('d')",
    "temporary files": "tempfile.TemporaryFile().write(b'a'); tempfile.NamedTemporaryFile().write(b'a')",
    "copies": "open('a', 'w').write('a'); shutil.copy('a', 'b'); shutil.copy2('a', 'c'); os.chmod('a', 0o700)",
    "touch": "pathlib.Path('t').touch(); pathlib.Path('t').touch()",
    "archive": "z = zipfile.ZipFile('z', 'w'); z.writestr('m', 'x'); z.close(); zipfile.ZipFile('z').extractall()",
    "arrays in files": "np.save('x.npy', np.ones(9)); assert np.load('x.npy', mmap_mode='r+').sum() == 9",
    "truncate its own": "f = open('u', 'w+'); f.write('abc'); f.truncate(1); f.close()",
    "threads": "t = threading.Thread(target=print); t.start(); t.join()",
    "pool of threads": "assert list(concurrent.futures.ThreadPoolExecutor(4).map(abs, [-1] * 9)) == [1] * 9",
    "event loop": "asyncio.run(asyncio.sleep(0))",
    "signal to itself": "signal.signal(signal.SIGUSR1, lambda *a: None); os.kill(os.getpid(), signal.SIGUSR1)",
    "alarm": "signal.signal(signal.SIGALRM, lambda *a: None); signal.alarm(1); signal.alarm(0)",
    "pair of sockets": "a, b = socket.socketpair(); a.send(b'x'); assert b.recv(1) == b'x'",
    "late import": "import numpy.fft, numpy.polynomial, scipy.linalg, sklearn.metrics, email.mime.text, sqlite3",
    "facts": "open('/proc/self/status').read(); open('/proc/cpuinfo').read(); os.cpu_count(); os.getloadavg()",
    "devices": "open('/dev/null', 'w').write('x'); os.urandom(4); open('/dev/urandom', 'rb').read(4)",
    "time zone": "time.tzset(); time.localtime(); import zoneinfo; zoneinfo.ZoneInfo('Europe/Paris')",
    "home": "pathlib.Path.home().joinpath('x').write_text('x'); import getpass; getpass.getuser()",
    "lower limit": "resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); resource.getrlimit(resource.RLIMIT_AS)",
    "processors": "os.sched_setaffinity(0, os.sched_getaffinity(0))",
}
# Runs a command where the kernel refuses the system calls that are named first.
WITHOUT = """
import errno, os, struct, sys, ctypes
from grader.sandbox import limits, seccomp, syscalls
names, command = sys.argv[1].split(","), sys.argv[2:]
steps = [(0x20, 0, 0, 0)]
for name in names:
    steps += [(0x15, 0, 1, syscalls.NUMBERS[name]), (0x06, 0, 0, 0x50000 | errno.ENOSYS)]
program = b"".join(struct.pack("=HBBI", *step) for step in [*steps, (0x06, 0, 0, 0x7FFF0000)])
buffer = ctypes.create_string_buffer(program, len(program))
described = seccomp._Program(len(program) // 8, ctypes.addressof(buffer))
limits.allow_no_new_privileges()
assert ctypes.CDLL(None).prctl(22, 2, ctypes.byref(described), 0, 0) == 0
os.execv(command[0], command)
"""


def offered(level):
    try:
        with Zygote("numpy", level=level) as zygote:
            return zygote.isolation.level is level
    except UsageError:
        return False


@pytest.fixture(scope="module", params=[Level.KERNEL, Level.BUBBLEWRAP])
def isolated(request):
    if not offered(request.param):
        pytest.skip(f"this machine does not offer {request.param}")
    with Zygote("numpy", level=request.param) as zygote:
        yield zygote


@pytest.fixture
def told(isolated):
    """`told(lines)` gives the names of what the lines raise in a worker."""

    def call(lines):
        worker = isolated.start_worker(LIMITS)
        try:
            worker.request(Load(0, SOURCE.encode(), ["tell_all"], [], [], None, "numpy", 1))
            answer = worker.request(Call(1, "solution", "tell_all", [0, [0, *lines]], [2]))
        finally:
            worker.close()
        assert isinstance(answer, Value), answer
        return answer.value[1:]

    return call


@pytest.fixture
def practice(tmp_path):
    """Grade a small reference solution in a process of its own; gives exit status, the object on stdout, and stderr."""

    def run(*options, before=(), **environment):
        command = [
            sys.executable,
            "-m",
            "grader.cli",
            "grade",
            "tiny-relu",
            "--file",
            str(REFERENCE),
            "--json",
            *options,
        ]
        variables = {
            **os.environ,
            "PRACTICE_PROBLEMS": str(GOLDEN),
            "PRACTICE_HOME": str(tmp_path / "home"),
            **environment,
        }
        done = subprocess.run(
            [*before, *command], capture_output=True, text=True, env=variables, cwd=tmp_path, check=False
        )
        return done.returncode, json.loads(done.stdout), done.stderr

    return run


def without(*names):
    return [sys.executable, "-c", WITHOUT, ",".join(names)]


class TestWorker:
    def test_refused(self, told):
        names = dict(zip(REFUSED, told(REFUSED.values()), strict=True))
        expected = {"PermissionError", "FileNotFoundError", "ProcessLookupError", "OSError", "ZeroDivisionError"}
        assert {what: name for what, name in names.items() if name not in expected} == {}

    def test_free(self, told):
        names = dict(zip(FREE, told(FREE.values()), strict=True))
        assert {what: name for what, name in names.items() if name} == {}

    def test_modes_of_others_stay(self, told, tmp_path):
        file = tmp_path / "file"
        file.touch()
        before = file.stat()
        told([f"os.chmod({str(file)!r}, 0o777)", f"os.utime({str(file)!r}, (0, 0))", f"open({str(file)!r}, 'w')"])
        after = file.stat()
        assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)

    def test_folder_of_another_worker(self, isolated, told):
        other = isolated.start_worker(LIMITS)
        try:
            other.request(
                Load(0, b"def f():\n    import os\n    return os.getcwd()\n", ["f"], [], [], None, "numpy", 1)
            )
            folder = other.request(Call(1, "solution", "f", [0], [2])).value
            lines = [f"open({folder!r} + '/solution.py').read()", f"os.listdir({folder!r})"]
            assert told(lines) == ["PermissionError"] * 2
        finally:
            other.close()

    def test_processes_are_known_by_our_numbers(self, isolated):
        worker = isolated.start_worker(LIMITS)
        try:
            assert psutil.Process(worker.pid).ppid() == worker._keeper
            assert os.getpid() in {parent.pid for parent in psutil.Process(worker._keeper).parents()}
        finally:
            worker.close()
        assert not psutil.pid_exists(worker.pid)

    def test_trial_of_the_doctor(self, isolated):
        tried = isolation_trial.tried(isolated)
        assert len(tried) >= 10
        assert all(tried.values()), tried


def test_trial_tells_what_is_not_refused(lowest):
    tried = isolation_trial.tried(lowest)
    assert not tried["fork"]
    assert not tried["read a hidden suite"]


class TestSpawned:
    @pytest.mark.parametrize("level", [Level.KERNEL, Level.BUBBLEWRAP])
    def test_same_without_fork(self, level):
        if not offered(level):
            pytest.skip(f"this machine does not offer {level}")
        with Zygote("numpy", fork=False, level=level) as zygote:
            assert all(isolation_trial.tried(zygote).values())


class TestChoice:
    def test_by_environment(self, monkeypatch):
        monkeypatch.setenv(VARIABLE, "process")
        with Zygote("numpy") as zygote:
            assert zygote.isolation == processes.Isolation(Level.PROCESS, ())

    def test_no_level(self, practice):
        status, said, _ = practice(PRACTICE_SANDBOX="strong")
        assert status == 2
        assert said["error"]["message"] == "`PRACTICE_SANDBOX=strong` is no level of the sandbox"
        assert said["error"]["hint"] == "one of process, kernel, bubblewrap"

    def test_required(self, practice, tmp_path):
        status, said, _ = practice("--require-sandbox", "kernel", PRACTICE_SANDBOX="process")
        assert status == 2
        assert said["error"]["message"] == (
            "the sandbox is `process` here, `kernel` is required: `PRACTICE_SANDBOX` asks for no more"
        )
        assert not list((tmp_path / "home").glob("**/*.py"))
        status, said, _ = practice("--require-sandbox", "process", PRACTICE_SANDBOX="process")
        assert (status, said["sandbox"], said["sandbox_notices"]) == (0, "process", [])

    def test_problems_where_every_submission_can_read(self, practice, tmp_path):
        """A folder of libraries is open to workers."""
        course = tmp_path / "course"
        shutil.copytree(GOLDEN, course)
        where = {"PRACTICE_PROBLEMS": str(course), "LD_LIBRARY_PATH": str(course)}
        status, said, _ = practice(**where)
        if offered(Level.KERNEL):
            assert status == 2
            message = f"`{course / 'problems' / 'tiny-relu'}` lies where every submission can read"
            assert said["error"]["message"] == message
        assert practice(**where, PRACTICE_SANDBOX="process")[0] == 0


class TestMissing:
    """What a machine lacks costs a level, says so, and is never guessed."""

    def test_no_bubblewrap(self, practice, tmp_path):
        status, said, _ = practice(PATH=str(tmp_path))
        assert (status, said["sandbox"]) == (0, "kernel" if offered(Level.KERNEL) else "process")
        assert "`bwrap` is not installed" in said["sandbox_notices"]
        status, said, _ = practice(PATH=str(tmp_path), PRACTICE_SANDBOX="bubblewrap")
        assert status == 2
        assert said["error"]["message"] == "the sandbox cannot be `bubblewrap` here: `bwrap` is not installed"

    def test_bubblewrap_that_does_not_work(self, practice, tmp_path):
        program = tmp_path / "bwrap"
        program.write_text("#!/bin/sh\necho 'bwrap: no permission to make a namespace' >&2\nexit 1\n")
        program.chmod(0o755)
        status, said, _ = practice(PATH=f"{tmp_path}:{os.environ['PATH']}")
        assert (status, said["sandbox"]) == (0, "kernel" if offered(Level.KERNEL) else "process")
        expected = "`bubblewrap` does not work here: bwrap: no permission to make a namespace"
        assert expected in said["sandbox_notices"]

    def test_no_landlock(self, practice, tmp_path):
        status, said, _ = practice(before=without("landlock_create_ruleset"), PATH=str(tmp_path))
        assert (status, said["sandbox"]) == (0, "process")
        assert said["sandbox_notices"][-1] == (
            "this kernel has no Landlock (landlock_create_ruleset: Function not implemented)"
        )
        before = without("landlock_create_ruleset")
        status, said, _ = practice("--require-sandbox", "kernel", before=before, PATH=str(tmp_path))
        assert status == 2
        assert "`kernel` is required: this kernel has no Landlock" in said["error"]["message"]

    def test_no_filter(self, practice, tmp_path):
        status, said, _ = practice(before=without("seccomp"), PATH=str(tmp_path))
        assert (status, said["sandbox"]) == (0, "process")
        assert "seccomp: Function not implemented" in said["sandbox_notices"][-1]

    @pytest.mark.skipif(not offered(Level.KERNEL), reason="this machine does not offer kernel")
    def test_no_namespaces(self, practice):
        status, said, _ = practice(before=without("unshare", "clone3"), PATH="/nowhere")
        assert (status, said["sandbox"]) == (0, "kernel")
        assert said["sandbox_notices"][-1] == WITHOUT_NAMESPACES

    def test_unknown_processor(self, monkeypatch):
        from grader.sandbox import kernel, syscalls

        monkeypatch.setattr(syscalls, "KNOWN", False)
        with pytest.raises(kernel.KernelRefusesError, match="not known to the sandbox"):
            kernel.enter(Path(), boxed=False, gpu=False)

    def test_hole_is_a_refusal(self, monkeypatch, tmp_path):
        """A system where something is not refused that the level promises to refuse does not have the level."""
        from grader.sandbox import kernel

        monkeypatch.setitem(kernel.ATTEMPTS, "to do nothing", lambda: None)
        with pytest.raises(kernel.KernelRefusesError, match=r"to do nothing was not refused|no Landlock"):
            kernel.enter(tmp_path, boxed=True, gpu=False)


class TestNeverLower:
    def test_zygote_that_comes_back_with_less(self, isolated):
        with Zygote("numpy") as zygote:
            zygote.start_worker(LIMITS).close()
            before = zygote.isolation.level
            zygote._ways = [(Level.PROCESS, [])]
            zygote._process.process.kill()
            zygote._process.process.wait()
            assert zygote._control.recv(1) == b""  # what was boxed ends a moment after its box
            with pytest.raises(GraderError, match=f"the sandbox was `{before}` and can only be `process` now"):
                zygote.start_worker(LIMITS)

    def test_set_up_that_fails_is_no_lower_level(self):
        if not offered(Level.KERNEL):
            pytest.skip("this machine does not offer kernel")
        with Zygote("numpy", level=Level.KERNEL) as zygote:
            impossible = Limits(cpu_seconds=1, memory_bytes=1 << 28, open_files=0)
            with pytest.raises(GraderError, match="a worker could not be set up: OSError"):
                zygote.start_worker(impossible)
            assert zygote.isolation.level is Level.KERNEL


JUDGE = """
import sys
from pathlib import Path
from grader import catalogue, judge
from grader.processes import Zygote
zygote = Zygote("numpy")
print(zygote._process.mark, flush=True)
zygote.wait_until_ready()
print(zygote._home.folder, flush=True)
source = b"def double(x):\\n    while True: pass\\n"
judge.grade(catalogue.load("probe", [Path(sys.argv[1])]), source, zygote=zygote, seed=1)
"""


class TestJudgeKilled:
    @pytest.mark.parametrize("level", [Level.KERNEL, Level.BUBBLEWRAP])
    @pytest.mark.parametrize("seconds", [0.0, 0.05, 0.2, 0.5, 1.0])
    def test_nothing_stays(self, level, seconds, tmp_path):
        if not offered(level):
            pytest.skip(f"this machine does not offer {level}")
        environment = {**os.environ, VARIABLE: level, "TMPDIR": str(tmp_path)}
        command = [sys.executable, "-c", JUDGE, str(CONTENT)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            mark = process.stdout.readline().strip()
            time.sleep(seconds)
            process.send_signal(signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while marked(mark) or list(tmp_path.iterdir()):
            assert time.monotonic() < deadline, (marked(mark), list(tmp_path.iterdir()))
            time.sleep(0.05)


def marked(mark):
    """Processes that the zygote of this mark, or anything below it, has started."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(zygote_process.MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


class TestInterrupted:
    def test_while_a_worker_is_set_up(self, monkeypatch):
        """Nobody holds the worker yet: the zygote ends it at once, and does not wait for somebody to let it go."""

        def interrupted(_worker, _nonce):
            raise KeyboardInterrupt

        with Zygote("numpy") as zygote:
            zygote.wait_until_ready()
            monkeypatch.setattr(processes.WorkerProcess, "wait_until_ready", interrupted)
            with pytest.raises(KeyboardInterrupt) as caught:
                zygote.start_worker(LIMITS)
            start = time.monotonic()
            zygote.close()
            assert time.monotonic() - start < IMPATIENCE_SECONDS
            assert caught.value is not None  # its traceback has kept the worker until here
