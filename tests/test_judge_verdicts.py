"""Each verdict, from a submission that earns it, through a real zygote."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader import worker_process
from grader.failure import Failure
from grader.words import Exit, Outcome

CONTENT = Path(__file__).with_name("content")
HEAD = "import ctypes, gc, os, signal, socket, sys, threading, time\nimport numpy as np\n"
TIME_NOTE = "Is there a loop that does not end, or a loop where an array operation would do?"
IDLE_NOTE = "It neither computes nor returns: is there a sleep, a lock or an input()?"


def doubling(*lines):
    """A right solution whose function first runs these lines; the first of them is line 4."""
    return HEAD + "def double(x):\n" + "".join(f"    {line}\n" for line in lines) + "    return 2 * x\n"


@pytest.fixture
def first(grade):
    """`first(source)` gives the first test of a grade that ends there."""

    def call(source, **options):
        report = grade(source, fail_fast=True, **options)
        assert report.failure is None, report.failure
        assert report.verdict is report.tests[0].outcome
        return report.tests[0]

    return call


class TestPassed:
    def test_right(self, grade):
        report = grade(doubling())
        assert report.passed
        assert report.verdict is Outcome.PASSED
        assert (report.score, report.max_score) == (100, 100)
        assert [test.failure for test in report.tests] == [None, None]
        assert (report.device, report.backend) == ("cpu", "numpy")
        assert [(call.test, call.function) for call in report.calls] == [
            ("Three values are doubled", "double"), ("Four values are doubled", "double"),
        ]  # fmt: skip
        assert all(call.seconds > 0 for call in report.calls)
        assert report.cpu_seconds >= 0
        assert report.output == ""

    def test_stub(self, grade, probe):
        report = grade(probe.read("stub.py"))
        assert (report.verdict, report.score) == (Outcome.RUNTIME_ERROR, 0)
        assert report.tests[0].failure == Failure(
            "NotImplementedError",
            facts=(("line 6", "in double: raise NotImplementedError"),),
            note="`double` is still the stub.",
        )
        assert report.tests[1].repeats == report.tests[0].id


class TestWrongAnswer:
    def test_values(self, grade):
        report = grade("def double(x):\n    return x\n")
        assert (report.verdict, report.score) == (Outcome.WRONG_ANSWER, 0)
        assert [test.outcome for test in report.tests] == [Outcome.WRONG_ANSWER] * 2
        assert report.tests[0].failure.message == "`doubled` has wrong values"
        assert report.tests[0].failure.note == "It is the argument `x`, unchanged."
        assert report.tests[0].call.startswith("double(x: float64 (3,) [")

    def test_half_of_the_points(self, grade):
        report = grade("def double(x):\n    return 2 * x if len(x) == 3 else x\n")
        assert [test.outcome for test in report.tests] == [Outcome.PASSED, Outcome.WRONG_ANSWER]
        assert (report.verdict, report.score) == (Outcome.WRONG_ANSWER, 50)

    def test_same_seed_same_words(self, grade):
        source = "import numpy as np\ndef double(x):\n    return 2 * x + np.random.normal()\n"
        assert grade(source, seed=5).tests[0].failure == grade(source, seed=5).tests[0].failure
        assert grade(source, seed=5).tests[0].failure != grade(source, seed=6).tests[0].failure


class TestRuntimeError:
    def test_own_frames_only(self, first):
        test = first("import numpy as np\n\ndef helper(x):\n    return np.reshape(x, (2, 9))\n\n\ndef double(x):\n"
                     "    return helper(x)\n")  # fmt: skip
        assert test.outcome is Outcome.RUNTIME_ERROR
        assert test.failure.message == "ValueError: cannot reshape array of size 3 into shape (2,9)"
        assert test.failure.facts == (
            ("line 8", "in double: return helper(x)"),
            ("line 4", "in helper: return np.reshape(x, (2, 9))"),
        )

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("sys.exit(3)", "SystemExit: 3"),
            ("sys.exit()", "SystemExit"),
            ("exit()", "SystemExit: None"),
            ("raise KeyboardInterrupt", "KeyboardInterrupt"),
            ("raise GeneratorExit", "GeneratorExit"),
            ("raise type('Skipped', (BaseException,), {})('please')", "Skipped: please"),
            ("import pytest; pytest.skip('please')", "Skipped: please"),
            ("import pytest; pytest.exit('please', 0)", "Exit: please"),
            ("assert len(x) == 4, 'no'", "AssertionError: no"),
            ("input()", "EOFError: EOF when reading a line"),
            ("raise ValueError('\\ud800')", "ValueError: \\ud800"),
            ("raise ValueError('\\x1b[2J[red]')", "ValueError: \\x1b[2J[red]"),
            ("raise StopIteration", "StopIteration"),
            ("raise ExceptionGroup('two', [ValueError(), TypeError()])", "ExceptionGroup: two (2 sub-exceptions)"),
            ("np.ones(3) @ np.ones(4)", None),
        ],
    )
    def test_exception_of_any_kind(self, first, line, message):
        test = first(doubling(line))
        assert test.outcome is Outcome.RUNTIME_ERROR
        assert test.failure.facts == (("line 4", f"in double: {line}"),)
        assert message is None or test.failure.message == message

    @pytest.mark.parametrize(
        ("lines", "message"),
        [
            (["    def __str__(self): raise ValueError"], "E: (its message could not be read)"),
            (["    def __str__(self): return 'a' * 10**9"], "E: (its message could not be read)"),
            (["    def __str__(self): return 'a' * 10**6"], "E: " + "a" * 599 + "…"),
            (["    def __str__(self): return type('S', (str,), {'__getitem__': None})('a')"], "E: a"),
            (["    def __repr__(self): os._exit(0)"], "E"),
        ],
    )
    def test_message_that_cannot_be_read(self, first, lines, message):
        assert first(doubling("class E(Exception):", *lines, "raise E")).failure.message == message

    def test_name_that_lies(self, first):
        test = first(doubling("class M(type):", "    __name__ = property(lambda self: 1 / 0)",
                              "class E(Exception, metaclass=M): pass", "raise E"))  # fmt: skip
        assert test.failure.message == "E"

    def test_deep_recursion_shows_both_ends(self, first):
        test = first("def double(x):\n    return again(x)\n\n\ndef again(x):\n    return again(x)\n")
        assert test.failure.message == "RecursionError: maximum recursion depth exceeded"
        assert test.failure.facts[0] == ("line 2", "in double: return again(x)")
        assert len(test.failure.facts) == 12

    def test_same_error_is_explained_once(self, grade):
        report = grade(doubling("raise ValueError('no')"))
        assert [test.repeats for test in report.tests] == ["", report.tests[0].id]

    def test_while_loading(self, grade):
        report = grade("import math\n\nmath.sqrt(-1)\n\ndef double(x):\n    return 2 * x\n")
        assert (report.verdict, report.tests) == (Outcome.RUNTIME_ERROR, ())
        assert report.failure.message == "ValueError: math domain error"
        assert report.failure.facts == (("line 3", "math.sqrt(-1)"),)
        assert report.failure.note == "It was raised while the file was loaded."

    def test_exit_while_loading(self, grade):
        assert grade("import sys\nsys.exit(0)\n").failure.message == "SystemExit: 0"


class TestTimeout:
    @pytest.mark.parametrize(
        "lines",
        [
            ["while True: pass"],
            ["sum(range(10**12))"],
            ["for number in range(1, 32):",
             "    if number not in (signal.SIGKILL, signal.SIGSTOP): signal.signal(number, signal.SIG_IGN)",
             "while True: pass"],
            ["class E(Exception):", "    def __str__(self):", "        while True: pass", "raise E"],
        ],
        ids=["Python loop", "C loop", "signals ignored", "message never ends"],
    )  # fmt: skip
    def test_computes_without_end(self, first, lines):
        test = first(doubling(*lines))
        assert test.outcome is Outcome.TIMEOUT
        message = "`double` did not finish within its time limit (1 s of CPU time)"
        assert test.failure == Failure(message, note=TIME_NOTE)

    def test_while_loading(self, grade):
        report = grade("while True: pass\n")
        assert (report.verdict, report.tests) == (Outcome.TIMEOUT, ())
        assert report.failure.message.startswith("the import of the solution did not finish")

    @pytest.mark.parametrize(
        "line",
        [
            "time.sleep(600)",
            "lock = threading.Lock(); lock.acquire(); lock.acquire()",
            "os.kill(os.getpid(), signal.SIGSTOP)",
        ],
    )
    def test_waits_without_end(self, first, monkeypatch, line):
        monkeypatch.setattr(worker_process, "IDLE_SECONDS", 0.5)
        test = first(doubling(line))
        assert test.outcome is Outcome.TIMEOUT
        assert test.failure == Failure("`double` waits for something that does not come", note=IDLE_NOTE)

    def test_life_signs_do_not_extend_the_time(self, first, monkeypatch):
        monkeypatch.setattr(worker_process, "WALL_PER_CPU", 0.5)
        monkeypatch.setattr(worker_process, "WALL_EXTRA_SECONDS", 0.5)
        lines = ["from grader.sandbox.worker import Worker",
                 "worker = next(o for o in gc.get_objects() if isinstance(o, Worker))",
                 "while True:", "    worker.report_progress('still busy')", "    time.sleep(0.01)"]  # fmt: skip
        assert first(doubling(*lines)).outcome is Outcome.TIMEOUT


class TestMemoryLimit:
    @pytest.mark.parametrize(
        "line",
        [
            "np.ones(10**9)",
            "x = [0]\n    while True: x += x",
            "x = []\n    while True: x.append('x' * 100)",
            "x = b'x' * 10**10",
            "raise MemoryError",
        ],
    )
    def test_too_much(self, first, line):
        test = first(doubling(line))
        assert test.outcome is Outcome.MEMORY_LIMIT
        assert test.failure.message == "`double` ran out of memory"
        where = line.splitlines()
        assert test.failure.facts == ((f"line {3 + len(where)}", f"in double: {where[-1].strip()}"),)

    @pytest.mark.parametrize("line", ["return np.ones(7 * 10**6)", "return [np.ones(5 * 10**6)]", "return [x] * 10**6"])
    def test_in_the_result(self, first, line):
        test = first(doubling(line))
        assert test.outcome is Outcome.MEMORY_LIMIT
        assert test.failure.message == "`double` ran out of memory"

    def test_children_count(self, first, lowest):
        lines = ["for _ in range(8):", "    if os.fork() == 0:", "        a = np.ones(3 * 10**6)",
                 "        time.sleep(600)", "time.sleep(600)"]  # fmt: skip
        test = first(doubling(*lines), zygote=lowest)
        assert test.outcome is Outcome.MEMORY_LIMIT
        assert test.failure.message == "`double` took more than 64 MiB of memory"

    def test_while_loading(self, grade):
        report = grade("x = [1]\nwhile True: x += x\n")
        assert report.verdict is Outcome.MEMORY_LIMIT
        assert report.failure.message == "the import of the solution ran out of memory"

    def test_caught_by_the_submission(self, grade):
        lines = ["try: np.ones(10**9)", "except MemoryError: pass"]
        assert grade(doubling(*lines)).passed


class TestOutputLimit:
    @pytest.mark.parametrize(
        "line",
        [
            "while True: print('a' * 1000)",
            "while True: os.write(1, b'a' * 65536)",
            "while True: os.write(2, b'a' * 65536)",
            "while True: os.write(1 + np.random.randint(2), b'a' * 65536)",
        ],
    )
    def test_flood(self, first, line):
        test = first(doubling(line))
        assert test.outcome is Outcome.OUTPUT_LIMIT
        assert test.failure.message == "`double` printed without end"
        assert all(label == "printed" and set(text) <= set("a…") for label, text in test.failure.facts)

    def test_beginning_is_kept(self, grade):
        report = grade(doubling("print('the first line')", "for _ in range(3000): print('b' * 99)"))
        assert report.passed
        assert report.output.startswith("the first line\nbbb")
        assert len(report.output) <= 1 << 16

    def test_undecodable(self, grade):
        assert grade(doubling(r"os.write(1, b'\xff\x00a')")).output == "\ufffd\x00a"


class TestCrash:
    @pytest.mark.parametrize(
        ("line", "way"),
        [
            ("os.abort()", "ended its process by SIGABRT"),
            ("ctypes.string_at(0)", "ended its process by SIGSEGV"),
            ("os.kill(os.getpid(), signal.SIGTERM)", "ended its process by SIGTERM"),
            ("os.kill(os.getpid(), signal.SIGKILL)", "ended its process by SIGKILL"),
            ("os.kill(os.getpid(), 40)", "ended its process by signal 40"),
            ("os._exit(0)", "ended its process with exit status 0"),
            ("os._exit(7)", "ended its process with exit status 7"),
            ("os.closerange(0, 1000)", "ended its process with exit status 1"),
            ("os.closerange(0, 1000); time.sleep(600)", "closed the connection to the judge"),
            ("for fd in range(3, 99): os.path.exists(f'/dev/fd/{fd}') and os.write(fd, b'\\xff' * 99)",
             "broke the connection to the judge"),
            ("for fd in range(3, 99): os.path.exists(f'/dev/fd/{fd}') and os.write(fd, b'\\0\\0\\0\\3abc')",
             "broke the connection to the judge"),
        ],
    )  # fmt: skip
    def test_way_of_ending(self, first, line, way):
        test = first(doubling(line))
        assert test.outcome is Outcome.CRASH
        assert test.failure.message == f"`double` {way}"

    @pytest.mark.parametrize("first_line", ["pass", "ctypes.CDLL(None).prctl(1, 0)"])
    def test_keeper_killed_where_nothing_refuses_it(self, first, lowest, first_line):
        lines = [first_line, "os.kill(os.getppid(), signal.SIGKILL)", "time.sleep(600)"]
        test = first(doubling(*lines), zygote=lowest)
        assert test.outcome is Outcome.CRASH
        assert test.failure.message == "`double` ended the process that watches over it"

    def test_last_words_are_shown(self, first):
        test = first(doubling("print('one')", "print('two\\x1b[2J')", "os.abort()"))
        assert test.failure.facts == (("printed", "one"), ("printed", "two\\x1b[2J"))

    @pytest.mark.parametrize("line", ["os._exit(0)", "os.abort()"])
    def test_while_loading(self, grade, line):
        report = grade(f"import os\n{line}\n")
        assert (report.verdict, report.tests) == (Outcome.CRASH, ())
        assert report.failure.message.startswith("the import of the solution ended its process")

    def test_next_test_is_not_touched(self, grade):
        report = grade(doubling("if len(x) == 3: os.abort()"))
        assert [test.outcome for test in report.tests] == [Outcome.CRASH, Outcome.PASSED]
        assert (report.verdict, report.score) == (Outcome.CRASH, 50)


class TestBadReturnType:
    @pytest.mark.parametrize(
        ("line", "kind"),
        [
            ("return", "None"),
            ("return list(2 * x)", "list"),
            ("return tuple(2 * x)", "tuple"),
            ("return 2.0", "float"),
            ("return (2 * x).astype(object)", "numpy.ndarray of dtype object"),
            ("return (2 * x).astype(str)", None),
            ("return np.ma.masked_array(2 * x)", "numpy.MaskedArray of dtype float64"),
            ("return (v for v in 2 * x)", "generator"),
            ("return lambda: 2 * x", "function"),
            ("return np.array", "builtin_function_or_method"),
            ("return object()", "object"),
            ("return type('\\x1b[2J', (), {})()", "\\x1b[2J"),
            ("return type('A' * 10**6, (), {})()", "A" * 79 + "…"),
        ],
    )
    def test_no_array(self, first, line, kind):
        test = first(doubling(line))
        assert test.outcome is Outcome.BAD_RETURN_TYPE
        assert test.failure.message == "`doubled` has the wrong type"
        assert kind is None or test.failure.rows == (("type", "array", kind),)

    def test_nothing_returned(self, first):
        note = first(doubling("return None")).failure.note
        assert note == "The function returned nothing: is a `return` missing?"

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            ("a = []; a.append(a); return a", "it nests deeper than 32 levels, or contains itself"),
            ("a = {}; a['a'] = a; return a", "it nests deeper than 32 levels, or contains itself"),
            ("return 10**5000", "it is an integer of more than 4096 bits"),
            (
                "return dict.fromkeys(range(1, 10000 * (2**61 - 1), 2**61 - 1))",
                "it is a dict with more than 256 keys of the same hash",
            ),
            ("return [0] * 1100000", "it holds more than 1048576 items outside of arrays"),
            ("return np.broadcast_to(0.0, (1 << 30,))", "an array of 8192 MiB; at most 256 MiB can travel at once"),
        ],
    )
    def test_cannot_travel(self, first, line, reason):
        test = first(doubling(line))
        assert test.outcome is Outcome.BAD_RETURN_TYPE
        assert test.failure.message == f"what `double` returned cannot be read: {reason}"


class TestCompileError:
    @pytest.mark.parametrize(
        ("source", "message", "facts"),
        [
            ("def double(x)\n    return x\n", "SyntaxError: expected ':'", (("line 1", "def double(x)"),)),
            ("def double(x):\nreturn x\n", "IndentationError: expected an indented block after function definition on "
             "line 1", (("line 2", "return x"),)),
            (b"x = '\0'\n", "SyntaxError: source code string cannot contain null bytes", ()),
            (b"x = '\xff'\n", None, (("line 1", "x = '\ufffd'"),)),
            (b"# coding: nonsense\nx = 1\n", "SyntaxError: unknown encoding: nonsense", ()),
            (b"# coding: utf-8\nx = '\xe9'\n", None, None),
            ("x = " + "(" * 300 + ")" * 300, "SyntaxError: too many nested parentheses", None),
            ("x = " + "-" * 100_000 + "1", "MemoryError: the source nests too deep", ()),
            ("x = y" + ".y" * 100_000, "RecursionError: the source nests too deep", ()),
            ("x = 1" + "+1" * 100_000, "RecursionError: the source nests too deep", ()),
            ("return 1\n", "SyntaxError: 'return' outside function", (("line 1", "return 1"),)),
            ("x = " + "1" * 5000, None, None),
        ],
        ids=lambda value: repr(value)[:30],
    )  # fmt: skip
    def test_what_cannot_be_compiled(self, grade, source, message, facts):
        report = grade(source)
        assert (report.verdict, report.tests, report.score) == (Outcome.COMPILE_ERROR, (), 0)
        assert message is None or report.failure.message == message
        assert facts is None or report.failure.facts == facts


class TestImportError:
    def test_missing_module(self, grade):
        report = grade("import nonsense\n")
        assert report.verdict is Outcome.IMPORT_ERROR
        assert report.failure.message == "ModuleNotFoundError: No module named 'nonsense'"
        assert report.failure.facts == (("line 1", "import nonsense"),)

    def test_missing_name(self, grade):
        report = grade("from numpy import nonsense\n")
        assert report.verdict is Outcome.IMPORT_ERROR
        assert report.failure.message.startswith("ImportError: cannot import name 'nonsense' from 'numpy'")

    @pytest.mark.parametrize("line", ["import scipy.special", "from scipy import special", "if 0: import scipy"])
    def test_forbidden(self, grade, line):
        report = grade(f"x = 1\n{line}\n")
        assert report.verdict is Outcome.IMPORT_ERROR
        assert report.failure.message == "`scipy` may not be imported in this problem"
        assert report.failure.facts == (("line 2", line),)
        assert report.failure.note == "The statement names what may be used."

    @pytest.mark.parametrize(
        "line",
        [
            "__import__('sci' + 'py')",
            "__import__('sci' + 'py.special')",
            "import importlib; importlib.import_module('sci' + 'py')",
            "import importlib; importlib.__import__('sci' + 'py')",
            "exec('import scipy')",
        ],
    )
    def test_forbidden_by_a_computed_name(self, grade, first, line):
        report = grade(f"{line}\n")
        assert report.verdict is Outcome.IMPORT_ERROR
        assert report.failure.message == "ImportError: `scipy` may not be imported in this problem"
        test = first(doubling(line))
        assert test.outcome is Outcome.RUNTIME_ERROR
        assert test.failure.message == "ImportError: `scipy` may not be imported in this problem"

    def test_forbidden_name(self, grade, first):
        report = grade(doubling("np.tanh(x)"))
        assert report.verdict is Outcome.WRONG_ANSWER
        assert report.failure.message == "`numpy.tanh` is not allowed in this problem"
        assert report.failure.facts == (("line 4", "np.tanh(x)"),)
        for source in (doubling("getattr(np, 'tan' + 'h')(x)"), "from numpy import *\n" + doubling("tanh(x)")):
            assert first(source).failure.message == "PermissionError: `numpy.tanh` is not allowed in this problem"
        test = first(doubling("vars(np)['tanh'](x)"))
        assert test.failure.message == "PermissionError: `numpy.tanh` is not allowed in this problem"


class TestMissingFunction:
    @pytest.mark.parametrize("source", ["def other(x): return x\n", "double = 3\n", "if 0:\n    def double(x): ...\n"])
    def test_missing(self, grade, source):
        report = grade(source)
        assert (report.verdict, report.tests) == (Outcome.MISSING_FUNCTION, ())
        assert report.failure == Failure(
            "`double` is missing", note="Keep the names of the stub: the hidden tests call them."
        )

    def test_several(self, grade, lasting):
        assert grade("x = 1\n", lasting).failure.message == "`train`, `runs` are missing"


class TestCommandLine:
    @pytest.fixture
    def practice(self, tmp_path):
        """`practice(source, option, ...)` grades a file in a process of its own."""

        def call(source, *options):
            file = tmp_path / "solution.py"
            file.write_text(source, encoding="utf-8")
            command = [sys.executable, "-c", "from grader.cli import main; main()", "--problems", str(CONTENT)]
            return subprocess.run(
                [*command, "grade", "probe", "--file", str(file), *options],
                capture_output=True, text=True, check=False, cwd=tmp_path, env={**os.environ, "COLUMNS": "80"},
            )  # fmt: skip

        return call

    def test_passed(self, practice):
        done = practice(doubling(), "--json")
        assert done.returncode == Exit.PASSED, done.stderr
        assert json.loads(done.stdout)["verdict"] == "passed"

    def test_crash(self, practice):
        done = practice(doubling("print('last words')", "os.abort()"))
        assert done.returncode == Exit.NOT_PASSED, done.stderr
        assert "`double` ended its process by SIGABRT" in done.stdout
        assert "last words" in done.stdout
        assert done.stderr == ""
