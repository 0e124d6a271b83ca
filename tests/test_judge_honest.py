"""Right solutions that are unusual pass, forked or not; what they see of the world is theirs alone."""

import pytest

from grader.processes import Zygote
from grader.words import Outcome

RIGHT = b"def double(x):\n    return 2 * x\n"
HONEST = {
    "chatty": "import sys\nprint('hello')\ndef double(x):\n    print(x, file=sys.stderr)\n    print('né ✓' * 1000)\n"
    "    return 2 * x\n",
    "thread left running": "import threading, time\ndef double(x):\n"
    "    threading.Thread(target=time.sleep, args=(600,)).start()\n    return 2 * x\n",
    "other folder": "import os\nos.chdir('/')\ndef double(x):\n    os.chdir('/tmp')\n    return 2 * x\n",
    "dataclass with future annotations": "from __future__ import annotations\nfrom dataclasses import dataclass\n"
    "from typing import ClassVar\n@dataclass\nclass Factor:\n    value: float = 2.0\n    name: ClassVar[str] = 'f'\n"
    "def double(x: Factor) -> Factor:\n    return Factor().value * x\n",
    "main guard": "def double(x):\n    return 2 * x\nif __name__ == '__main__':\n    raise SystemExit(1)\n",
    "its own file": "import pathlib\nassert 'def double' in pathlib.Path(__file__).read_text()\nimport inspect\n"
    "def double(x):\n    assert 'return 2' in inspect.getsource(double)\n    return 2 * x\n",
    "its own module": "import sys\nFACTOR = 2\ndef double(x):\n    import solution\n"
    "    assert sys.modules[__name__].FACTOR == solution.FACTOR\n    return solution.FACTOR * x\n",
    "scratch file": "import tempfile\ndef double(x):\n"
    "    with tempfile.TemporaryFile() as file, open('a', 'w') as own:\n"
    "        own.write('a')\n        return 2 * x\n",
    "fortran order": "import numpy as np\ndef double(x):\n    return np.asfortranarray(np.stack([2 * x] * 2))[0]\n",
    "strided": "import numpy as np\ndef double(x):\n    return np.repeat(2 * x, 3)[::3]\n",
    "reversed view": "def double(x):\n    return (2 * x[::-1])[::-1]\n",
    "big endian": "def double(x):\n    return (2 * x).astype('>f8')\n",
    "single precision": "import numpy as np\ndef double(x):\n    return (2 * x).astype(np.float32)\n",
    "read-only": "def double(x):\n    y = 2 * x\n    y.flags.writeable = False\n    return y\n",
    "callable object": "class Doubler:\n    def __call__(self, x):\n        return 2 * x\ndouble = Doubler()\n",
    "partial": "import functools, operator\ndouble = functools.partial(operator.mul, 2)\n",
    "class as a function": "import numpy as np\nclass double:\n    def __new__(cls, x):\n        return 2 * x\n",
    "decorated": "import functools\n@functools.cache\ndef factor():\n    return 2\ndef double(x):\n"
    "    return factor() * x\n",
    "global state of NumPy": "import numpy as np\nnp.seterr(all='raise')\nnp.random.seed(0)\n"
    "np.set_printoptions(precision=1)\n"
    "def double(x):\n    return 2 * x\n",
    "warnings": "import warnings\ndef double(x):\n    warnings.warn('careful')\n    return 2 * x\n",
    "warnings as errors": "import warnings\nwarnings.simplefilter('error')\ndef double(x):\n    return 2 * x\n",
    "invalid escape": "def double(x):\n    '''\\d'''\n    return 2 * x\n",
    "crash at exit": "import atexit, os\natexit.register(os.abort)\ndef double(x):\n    return 2 * x\n",
    "failing finalizer": "class Last:\n    def __del__(self):\n        raise ValueError\nlast = Last()\n"
    "def double(x):\n"
    "    Last()\n    return 2 * x\n",
    "closed streams": "import sys\nsys.stdout.close()\nsys.stderr = None\ndef double(x):\n    return 2 * x\n",
    "redirected streams": "import io, sys\nsys.stdout = io.StringIO()\ndef double(x):\n    print(x)\n"
    "    return 2 * x\n",
    "no collector": "import gc\ngc.disable()\ndef double(x):\n    return 2 * x\n",
    "deep but finite": "import sys\nsys.setrecursionlimit(5000)\ndef deep(n):\n"
    "    return 0 if n == 0 else deep(n - 1)\n"
    "def double(x):\n    deep(3000)\n    return 2 * x\n",
    "signal handler": "import signal\nsignal.signal(signal.SIGALRM, print)\nsignal.alarm(1)\ndef double(x):\n"
    "    return 2 * x\n",
    "own logging": "import logging\nlogging.basicConfig(level=0)\ndef double(x):\n    logging.info(x)\n"
    "    return 2 * x\n",
    "async inside": "import asyncio\nasync def later(x):\n    await asyncio.sleep(0)\n    return 2 * x\n"
    "def double(x):\n"
    "    return asyncio.run(later(x))\n",
    "module attribute protocol": "def __getattr__(name):\n    if name == 'double':\n        return lambda x: 2 * x\n"
    "    raise AttributeError(name)\n",
    "names like ours": "import numpy as wire\nclass Worker: pass\nframes = judge = support = None\ndef double(x):\n"
    "    return wire.add(x, x)\n",
}  # fmt: skip
WITH_CHILDREN = {
    "process left running": "import subprocess, sys\ndef double(x):\n    subprocess.Popen(['sleep', '600'])\n"
    "    return 2 * x\n",
    "computed in a child": "import multiprocessing\ndef twice(v):\n    return 2 * v\ndef double(x):\n"
    "    with multiprocessing.get_context('fork').Pool(2) as pool:\n"
    "        return twice(pool.map(twice, [x])[0]) / 2\n",
}  # fmt: skip
ENCODED = {
    "CRLF": RIGHT.replace(b"\n", b"\r\n"),
    "CR": RIGHT.replace(b"\n", b"\r"),
    "BOM": b"\xef\xbb\xbf" + RIGHT,
    "no newline at the end": RIGHT.rstrip(),
    "form feed": b"\x0c" + RIGHT,
    "declared latin-1": b"# -*- coding: latin-1 -*-\nNAME = '\xe9'\nassert len(NAME) == 1\n" + RIGHT,
    "UTF-8 names": "é = 2\ndef double(x):\n    return é * x\n".encode(),
    "tabs": b"def double(x):\n\treturn 2 * x\n",
}


@pytest.mark.parametrize("source", HONEST.values(), ids=HONEST)
def test_unusual(grade, source):
    report = grade(source, select="three")
    assert report.passed, report.failure or report.tests


@pytest.mark.parametrize("source", WITH_CHILDREN.values(), ids=WITH_CHILDREN)
def test_children_where_nothing_refuses_them(grade, lowest, source):
    report = grade(source, select="three", zygote=lowest)
    assert report.passed, report.failure or report.tests


@pytest.mark.parametrize("source", ENCODED.values(), ids=ENCODED)
def test_encoding(grade, source):
    report = grade(source, select="three")
    assert report.passed, report.failure or report.tests


def test_lines_of_a_declared_encoding_are_shown_right(grade):
    report = grade(b"# coding: latin-1\ndef double(x):\n    raise ValueError('\xe9')\n")
    assert report.tests[0].failure.message == "ValueError: é"
    assert report.tests[0].failure.facts == (("line 3", "in double: raise ValueError('é')"),)


def test_lines_are_counted_right_with_other_line_ends(grade):
    for end in (b"\r\n", b"\r"):
        report = grade(b"import math\n\ndef double(x):\n    math.sqrt(-1)\n".replace(b"\n", end))
        assert report.tests[0].failure.facts == (("line 4", "in double: math.sqrt(-1)"),)


class TestWorld:
    """What a submission can see."""

    @pytest.fixture
    def seen(self, grade):
        """`seen(expression)` gives what an expression is in a worker."""

        def call(expression, **options):
            source = (
                f"import os, sys, resource\nimport numpy as np\ndef double(x):\n    raise ValueError({expression})\n"
            )
            report = grade(source, fail_fast=True, **options)
            return report.tests[0].failure.message.removeprefix("ValueError: ")

        return call

    def test_environment(self, seen, monkeypatch, practice_home):
        monkeypatch.setenv("PRACTICE_TEST_SECRET", "secret")
        names = set(seen("' '.join(os.environ)").split())
        assert not names & {"PRACTICE_TEST_SECRET", "PRACTICE_HOME", "USER", "SSH_AUTH_SOCK"}
        with Zygote("numpy") as fresh:
            assert "PRACTICE_TEST_SECRET" not in seen("open('/proc/self/environ').read()", zygote=fresh)

    def test_private_folder(self, seen):
        assert seen("os.getcwd() == os.environ['HOME'] == os.environ['TMPDIR']") == "True"
        assert seen("oct(os.stat('.').st_mode & 0o777)") == "0o700"
        assert seen("os.listdir('.')") == "['solution.py']"

    def test_descriptors(self, seen):
        assert seen("os.read(0, 1)") == "b''"
        listed = (
            "[os.readlink(f'/proc/self/fd/{n}').split(':')[0] for n in range(256) if os.path.exists(f'/dev/fd/{n}')]"
        )
        assert seen(listed) == "['/dev/null', 'pipe', 'pipe', 'socket']"

    def test_session_of_its_own(self, seen):
        assert seen("os.getsid(0) == os.getpid() != os.getpgid(os.getppid())") == "True"

    def test_limits(self, seen):
        limits = "[resource.getrlimit(getattr(resource, 'RLIMIT_' + n))[0] for n in ('CORE', 'CPU', 'NOFILE', 'FSIZE')]"
        assert seen(limits) == str([0, 1, 256, 64 << 20])

    def test_one_thread_for_linear_algebra(self, seen):
        assert seen("os.environ['OMP_NUM_THREADS'] + os.environ['OPENBLAS_NUM_THREADS']") == "11"
        assert seen("(np.ones((300, 300)) @ np.ones((300, 300)), len(os.listdir('/proc/self/task')))[1]") == "1"

    def test_utf_8_in_any_locale(self, seen, monkeypatch):
        monkeypatch.setenv("LC_ALL", "C")
        with Zygote("numpy") as fresh:
            assert seen("sys.stdout.encoding + open('a', 'w').encoding", zygote=fresh).lower() == "utf-8utf-8"

    def test_no_path_of_the_person(self, seen):
        assert seen("'' in sys.path or os.getcwd() in sys.path") == "False"


@pytest.fixture(scope="module")
def spawning():
    with Zygote("numpy", fork=False) as opened:
        yield opened


class TestWithoutFork:
    """The same verdicts where each worker is a new process."""

    def test_variable(self, monkeypatch):
        monkeypatch.setenv("PRACTICE_FORK", "0")
        zygote = Zygote("numpy")
        zygote.close()
        assert not zygote.fork

    @pytest.mark.parametrize(
        ("line", "outcome"),
        [
            ("pass", Outcome.PASSED),
            ("return x", Outcome.WRONG_ANSWER),
            ("raise ValueError", Outcome.RUNTIME_ERROR),
            ("while True: pass", Outcome.TIMEOUT),
            ("np.ones(10**9)", Outcome.MEMORY_LIMIT),
            ("while True: print('a' * 1000)", Outcome.OUTPUT_LIMIT),
            ("os.abort()", Outcome.CRASH),
            ("return list(x)", Outcome.BAD_RETURN_TYPE),
        ],
    )
    def test_verdict(self, grade, spawning, line, outcome):
        source = f"import os\nimport numpy as np\ndef double(x):\n    {line}\n    return 2 * x\n"
        report = grade(source, zygote=spawning, select="three")
        assert report.verdict is outcome

    def test_import_does_not_count_as_use(self, grade, spawning):
        report = grade(RIGHT, zygote=spawning, select="three")
        assert report.cpu_seconds < 0.5
        assert report.peak_bytes < 32 << 20

    def test_load_errors(self, grade, spawning):
        assert grade("def double(x)\n", zygote=spawning).verdict is Outcome.COMPILE_ERROR
        assert grade("import scipy\n", zygote=spawning).verdict is Outcome.IMPORT_ERROR
