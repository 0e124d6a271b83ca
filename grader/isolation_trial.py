"""What a worker can reach on this machine: tried by a submission of ours, for `practice doctor`."""

import os
from pathlib import Path

from grader import catalogue, places
from grader.errors import GraderError
from grader.messages import Call, Limits, Load, Value
from grader.processes import Zygote
from grader.worker_process import WorkerEndedError

LIMITS = Limits(cpu_seconds=10, memory_bytes=256 << 20)
SOURCE = b'''
import ctypes, os, socket, subprocess, sys, tempfile

def read(path):
    if os.path.isdir(path):
        os.listdir(path)
    else:
        open(path, "rb").read(1)

def write(folder):
    os.rmdir(tempfile.mkdtemp(dir=folder))

def tcp(_):
    socket.create_connection(("127.0.0.1", 9), timeout=1)

def udp(_):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", ("127.0.0.1", 9))

def fork(_):
    if os.fork() == 0:
        os._exit(0)
    os.wait()

def program(_):
    subprocess.run([sys.executable, "-I", "-S", "-c", ""], check=True)

def signal(pid):
    os.kill(int(pid), 0)

def shared_memory(_):
    os.close(os.memfd_create("trial"))

def try_all(attempts):
    """What came of each attempt: the name of the exception, or nothing where it went well."""
    results = []
    for name, argument in attempts:
        try:
            globals()[name](argument)
            results.append("")
        except ConnectionRefusedError:
            results.append("")  # nobody listens there, but somebody could
        except Exception as error:
            results.append(type(error).__name__)
    return results
'''


def tried(zygote: Zygote) -> dict[str, bool]:
    """Have a worker try what no submission should be able to do.

    Args:
        zygote: Forks the worker.

    Returns:
        Whether each attempt was refused, by its name in words.

    Raises:
        GraderError: If the worker fails; an attempt that is refused is no failure.
    """
    attempts = _attempts()
    worker = zygote.start_worker(LIMITS)
    try:
        load = Load(0, SOURCE, ["try_all"], [], [], None, "numpy", 0)
        arguments = [0, [0, *([1, name, argument] for name, argument in attempts.values())]]
        call = Call(1, "solution", "try_all", arguments, [2])
        answers = [worker.request(load), worker.request(call)]
    except WorkerEndedError:
        answers = []
    finally:
        worker.close()
    match answers:
        case [Value(), Value(value=[_, *results])] if len(results) == len(attempts):
            return dict(zip(attempts, map(bool, results), strict=True))
    raise GraderError(f"the trial of the sandbox failed: {answers}", "practice doctor")


def _attempts() -> dict[str, tuple[str, str]]:
    """Function of the submission and its argument for each attempt."""
    root = catalogue.content_root()
    problem = catalogue.load(sorted(catalogue.slugs([root]))[0], [root])
    data = places.data_folder()
    return {
        "read a hidden suite": ("read", str(problem.suite)),
        "read a reference solution": ("read", str(problem.reference)),
        "read your attempts": ("read", str(data if data.is_dir() else data.parent)),
        "read your home folder": ("read", str(Path.home())),
        "read the judge's environment": ("read", f"/proc/{os.getpid()}/environ"),
        "write outside its folder": ("write", str(data if data.is_dir() else Path.home())),
        "open a TCP connection": ("tcp", ""),
        "send a UDP packet": ("udp", ""),
        "fork": ("fork", ""),
        "start a program": ("program", ""),
        "signal the judge": ("signal", str(os.getpid())),
        "make shared memory": ("shared_memory", ""),
    }
