"""A submission that tries to forge its verdict: what it sends is judged, and the judge survives it."""

import pytest

from grader import frames
from grader.words import Outcome

WORKER = """
import ctypes, gc, os, sys, time
import numpy as np
from grader import frames, messages, wire
from grader.sandbox.worker import Worker

worker = next(o for o in gc.get_objects() if isinstance(o, Worker))
"""
TWICE = """
import numpy as np
from grader import checks

class TestDouble:
    def test_twice(self, submission, rng):
        for n in (3, 4):
            x = rng.normal(size=n)
            checks.close(submission.double(x), 2 * x, name="doubled")

    def test_unchanged(self, submission, rng):
        x = rng.normal(size=3)
        checks.close(checks.unchanged(submission.double, x), 2 * x, name="doubled")
"""
UNREADABLE = "`double` sent back something unreadable"
BROKEN = "`double` broke the connection to the judge"


def attack(*lines):
    return WORKER + "def double(x):\n" + "".join(f"    {line}\n" for line in lines) + "    return x\n"


class TestFrames:
    @pytest.mark.parametrize(
        "line",
        [
            "worker._send(messages.Value(worker._current_id + 1, wire.to_tree(2 * x, None)))",
            "worker._send(messages.Value(0, None))",
            "worker._send(messages.Ready(0, 0))",
            "worker._send(messages.Born(1, 1))",
            "worker._send(messages.Ended(0, '', 0.0, 0))",
            "worker._socket.sendall(b'passed')",
            "worker._socket.sendall(b'\\xff' * 100)",
            "worker._socket.sendall(b'\\0\\0\\0\\0')",
            "worker._socket.sendall((1 << 28).to_bytes(4, 'big') + b'\\x90' * 100)",
            "worker._socket.sendall((3 << 20).to_bytes(4, 'big') + b'\\x90' * (3 << 20))",
            "worker._socket.sendall((9).to_bytes(4, 'big') + b'\\x91' * 9)",
        ],
    )
    def test_wrong_reply(self, grade, line):
        test = grade(attack(line, "os._exit(0)"), fail_fast=True).tests[0]
        assert test.outcome is Outcome.CRASH
        assert test.failure.message in (BROKEN, "`double` ended its process with exit status 0")

    def test_reply_that_stops_half_way(self, grade):
        report = grade(attack("worker._socket.sendall(b'\\0\\0\\1\\0abc'); os._exit(0)"), fail_fast=True)
        assert report.tests[0].failure.message == "`double` ended its process with exit status 0"

    def test_second_reply_in_advance(self, grade, make_problem):
        lines = ["for number in (worker._current_id, worker._current_id + 1, 0):",
                 "    worker._send(messages.Value(number, wire.to_tree(2 * x, None)))", "time.sleep(600)"]  # fmt: skip
        report = grade(attack(*lines), make_problem(TWICE))
        assert [test.outcome for test in report.tests] == [Outcome.CRASH, Outcome.CRASH]
        assert report.tests[0].failure.message == BROKEN

    def test_load_answered_before_the_end_of_the_import(self, grade):
        source = WORKER + "worker._send(messages.Value(0, 'cpu'))\n"
        report = grade(source)
        assert report.score == 0
        assert report.verdict in (Outcome.MISSING_FUNCTION, Outcome.CRASH, Outcome.RUNTIME_ERROR)

    def test_device_that_lies(self, grade):
        source = WORKER + "worker._send(messages.Value(0, '\\x1b[2J' * 10**6))\nos._exit(0)\n"
        assert grade(source).score == 0


class TestValues:
    @pytest.mark.parametrize(
        "tree",
        [
            "[3, '|O', [3], b'x' * 24]",
            "[3, '<f8', [1 << 62], b'']",
            "[3, '<f8', [3], b'x' * 23]",
            "[99]",
            "[]",
            "{'a': 1}",
            "[8, 5]",
            "[2, [0], 1]",
            "[2, *(p for i in range(5000) for p in ([6, hex((1 << 64) + i * ((1 << 61) - 1))], 0))]",
        ],
    )
    def test_hostile_tree(self, grade, tree):
        report = grade(attack(f"worker._send(messages.Value(worker._current_id, {tree}))"), fail_fast=True)
        assert report.tests[0].outcome is Outcome.CRASH
        assert report.tests[0].failure.message == UNREADABLE

    @pytest.mark.parametrize(
        "echo", ["None", "[0]", "[0, 1, 2]", "[0, [0], [0]]", "[0, [1, 5], [2]]", "[0, [0, 1], [0]]"]
    )
    def test_hostile_echo(self, grade, make_problem, echo):
        source = attack("v = wire.to_tree(2 * x, None)", f"worker._send(messages.Value(worker._current_id, v, {echo}))")
        report = grade(source, make_problem(TWICE), select="unchanged")
        assert report.tests[0].failure.message == UNREADABLE

    @pytest.mark.parametrize("kind", ["np.ndarray", "np.float64", "str", "tuple", "list", "dict", "int", "type(None)"])
    def test_class_that_lies(self, grade, kind):
        lines = ["class Liar:", f"    __class__ = property(lambda self: {kind})",
                 "    __eq__ = __le__ = lambda self, other: True", "    __len__ = lambda self: 3",
                 "    __iter__ = lambda self: iter([])", "    dtype = x.dtype", "    shape = x.shape",
                 "    items = lambda self: []", "return Liar()"]  # fmt: skip
        report = grade(attack(*lines), fail_fast=True)
        assert report.score == 0
        assert report.tests[0].outcome in (Outcome.BAD_RETURN_TYPE, Outcome.RUNTIME_ERROR)

    def test_array_that_agrees_with_everything(self, grade):
        lines = ["class Agreeing(np.ndarray):", "    __eq__ = __le__ = lambda self, other: np.ones(self.shape, bool)",
                 "    __array__ = lambda self, *a, **k: None", "return x.view(Agreeing)"]  # fmt: skip
        report = grade(attack(*lines), fail_fast=True)
        assert report.tests[0].outcome is Outcome.BAD_RETURN_TYPE

    @pytest.mark.parametrize(
        "line",
        [
            "np.allclose = np.array_equal = lambda *a, **k: True",
            "wire.to_tree = lambda value, keep, depth=0: None",
            "sys.modules['grader.checks'] = None",
            "import grader.words; grader.words.Outcome.WRONG_ANSWER = 'passed'",
            "for name in list(sys.modules): name.startswith('_') or sys.modules.pop(name)",
            "worker._call = worker._load = lambda request: messages.Value(request.id, None)",
            "sys.stdout.write = sys.stderr.write = None",
            "sys.settrace(lambda *a: sys.exit(0))",
        ],
    )
    def test_patched_library(self, grade, line):
        report = grade(attack(line))
        assert report.score == 0
        assert report.verdict is not Outcome.PASSED

    def test_error_with_endless_words(self, grade):
        lines = ["frames = [messages.FrameInfo(n, 'f' * 10**4, 's' * 10**4) for n in range(50)]",
                 "error = messages.ErrorInfo('E' * 10**5, ['B' * 10**5] * 50, 'm\\x1b' * 10**5, frames, 'call')",
                 "worker._send(messages.Error(worker._current_id, error))"]  # fmt: skip
        test = grade(attack(*lines), fail_fast=True).tests[0]
        assert test.outcome is Outcome.RUNTIME_ERROR
        assert len(test.failure.message) < 1000
        assert "\x1b" not in test.failure.message
        assert sum(len(label) + len(text) for label, text in test.failure.facts) < 10_000

    @pytest.mark.parametrize("stage", ["compile", "missing", "rule", "import", "return", "call"])
    def test_error_of_another_stage(self, grade, stage):
        line = f"worker._send(messages.Error(worker._current_id, messages.ErrorInfo('E', [], 'm', [], '{stage}')))"
        report = grade(attack(line))
        assert report.score == 0


class TestHandles:
    SUITE = """
    from grader import checks

    class TestDouble:
        def test_handle(self, submission):
            box = submission.double(1)
            checks.equal(box.get("value"), 2, name="value")
            checks.equal(submission.double(box), box, name="doubled")
            checks.number(box + 1, name="sum")
    """

    def test_handle_is_no_number(self, grade, make_problem):
        report = grade("class Box:\n    value = 2\ndef double(x):\n    return Box()\n", make_problem(self.SUITE))
        assert report.tests[0].outcome in (Outcome.BAD_RETURN_TYPE, Outcome.WRONG_ANSWER)

    def test_handle_of_nothing(self, grade, make_problem):
        source = attack("wire.to_tree = lambda value, keep, depth=0: [7, 1 << 60, 'Box']")
        report = grade(source, make_problem(self.SUITE))
        assert report.tests[0].outcome is Outcome.RUNTIME_ERROR
        assert report.tests[0].failure.message.startswith("IndexError")


class TestSentBack:
    """What came from the submission, e.g. a cache, goes back to it as an argument."""

    SUITE = """
    class TestDouble:
        def test_cache(self, submission):
            cache = submission.double(1)
            submission.double([cache, cache, cache])
    """

    def test_too_deep(self, grade, make_problem):
        report = grade(f"def double(x):\n    return {'[' * 32}{']' * 32}\n", make_problem(self.SUITE))
        assert report.tests[0].outcome is Outcome.BAD_RETURN_TYPE
        message = "`double` cannot be called with these arguments: it nests deeper than 32 levels, or contains itself"
        assert report.tests[0].failure.message == message

    def test_too_large(self, grade, make_problem, monkeypatch):
        problem = make_problem(self.SUITE)
        monkeypatch.setattr(frames, "MAX_FRAME", 1 << 16)
        report = grade("import numpy as np\ndef double(x):\n    return np.zeros(1 << 15, np.uint8)\n", problem)
        assert report.tests[0].outcome is Outcome.BAD_RETURN_TYPE
        assert report.tests[0].failure.message.startswith(
            "`double` cannot be called with these arguments: it takes 0 MiB"
        )
