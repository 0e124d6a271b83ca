"""The operating system's process of a zygote that this judge has started: its command, its last words, its end."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence

from grader import warm
from grader.isolation import Way
from grader.sandbox import bubblewrap, levels
from grader.sandbox.limits import PYTHON
from grader.watching import end_marked

END_SECONDS = 15.0
LAST_WORDS_SECONDS = 5.0
MARK = "PRACTICE_ZYGOTE"
PASSED_ON = (
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TZ",
    "SYSTEMROOT",
    "CUDA_VISIBLE_DEVICES",
)


class ZygoteProcess:
    """A process that runs `grader.sandbox.zygote`.

    Args:
        backend: Whose libraries it imports.
        way: The level to try, and what to write before the command.
        environment: As `clean_environment` gives it.
        fork: Whether it forks its workers.
        listener: Where later judges come in; None if it ends with this one.
        notices: What is missing of the level that was asked for.

    Attributes:
        control: Our end of the socket to it.
        process: What was started: the zygote, or the program that keeps it in a file system of its own.
        mark: Value of the environment variable `MARK` in it and in all that it starts.
    """

    control: socket.socket

    def __init__(
        self, backend: str, way: Way, environment: Mapping[str, str], *, fork: bool, listener: socket.socket | None,
        notices: Sequence[str],
    ) -> None:  # fmt: skip
        level, before = way
        self.mark = secrets.token_hex(8)
        self._outlives = listener is not None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `end`
        self.control, there = socket.socketpair()
        role, passed = [] if fork else ["spawn"], [there.fileno()]
        if listener is not None:
            role = ["warm", str(listener.fileno()), str(warm.idle_seconds())]
            passed.append(listener.fileno())
        self.process = subprocess.Popen(
            [*before, *PYTHON, "-m", "grader.sandbox.zygote", backend, str(there.fileno()), level, *role],
            stdin=subprocess.DEVNULL,
            stdout=self._errors,
            stderr=self._errors,
            pass_fds=passed,
            cwd="/",
            env={
                **environment,
                **({"TMPDIR": bubblewrap.TEMPORARY} if before else {}),
                MARK: self.mark,
                levels.NOTICES: json.dumps(list(notices)),
            },
            start_new_session=True,
        )
        there.close()

    def rouse(self) -> None:
        """Let it go on if somebody has stopped it."""
        self.process.send_signal(signal.SIGCONT)

    def last_words(self) -> str:
        """What it said last, after it has ended."""
        try:
            self.process.wait(LAST_WORDS_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""

    def end(self, *, importing: bool) -> bool:
        """Wait for its end, now that `control` is closed; gives whether it has ended.

        Args:
            importing: It imports still, which can take seconds, and has no worker yet: kill it.
        """
        self._errors.close()
        if self._outlives and self.process.poll() is None:
            self.process.returncode = 0  # it lives on, and we do not wait for it
            return False
        if importing:
            self.process.kill()
        try:
            self.rouse()
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.returncode and not importing:
            end_marked(MARK, self.mark)
        return True


def can_fork() -> bool:
    """Forking after the import of a numeric library is safe on Linux; on macOS its BLAS may hang."""
    return sys.platform == "linux" and os.environ.get("PRACTICE_FORK", "1") != "0"


def clean_environment(keras_backend: str) -> dict[str, str]:
    """What zygote and workers see: nothing of the person's own environment but what programs need to start."""
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    return {
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        **dict.fromkeys(threads, "1"),
        "KERAS_BACKEND": keras_backend,
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",  # submission and reference share a GPU: neither may take all of its memory
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "MALLOC_ARENA_MAX": "2",
    }
