"""What a hidden suite can rely on: workers, prerequisites, support, the reference, and whose fault a failure is."""

import pytest

from grader.bench import Listener
from grader.errors import ContentError, GraderError
from grader.messages import Load
from grader.words import Outcome
from grader.worker_process import WorkerProcess

RIGHT = "def double(x):\n    return 2 * x\n"
TIMED_OUT = "import os, signal\ndef double(x):\n    os.kill(os.getpid(), signal.SIGXCPU)\n"
LASTING = """
import numpy as np

class Model:
    losses = np.ones(5)

count = 0

def train(steps):
    global count
    count += 1
    {train}
    return Model()

def runs():
    return count
"""


def outcomes(report):
    return [str(test.outcome) for test in report.tests]


class TestLasting:
    def test_reference(self, grade, lasting):
        report = grade(lasting.reference.read_bytes(), lasting)
        assert outcomes(report) == ["passed", "passed", "passed", "passed", "inconclusive"]
        assert (report.verdict, report.score) == (Outcome.PASSED, 100)
        assert report.tests[4].failure.message == "not checked on this machine: there is no data"

    def test_end_of_the_worker_is_told_once(self, grade, lasting):
        report = grade(LASTING.format(train="import os; os._exit(0)"), lasting)
        assert outcomes(report) == ["crash", "skipped", "passed", "skipped", "inconclusive"]
        assert report.verdict is Outcome.CRASH
        message = report.tests[1].failure.message
        assert message == "not run: `train` ended its process with exit status 0 in an earlier test"
        assert report.tests[3].failure.message == "not run: it needs “There is a loss for each step”"

    def test_one_timeout_is_counted_once(self, grade, lasting):
        report = grade(LASTING.format(train="import os; os.kill(os.getpid(), 24)"), lasting)
        assert outcomes(report) == ["timeout", "skipped", "passed", "skipped", "inconclusive"]

    def test_exception_leaves_the_worker_alive(self, grade, lasting):
        report = grade(LASTING.format(train="raise ValueError('no')"), lasting)
        assert outcomes(report) == ["runtime error", "passed", "passed", "skipped", "inconclusive"]

    def test_missing_attribute(self, grade, lasting):
        report = grade(LASTING.format(train="").replace("losses", "history"), lasting)
        assert report.tests[0].failure.message == "AttributeError: 'Model' object has no attribute 'losses'"


class TestFresh:
    SUITE = """
    from grader import checks

    class TestDouble:
        def test_one(self, submission):
            checks.equal([submission.double(1), submission.double(1)], [2, 2], name="doubled")

        def test_two(self, submission):
            checks.equal([submission.double(1), submission.double(1)], [2, 2], name="doubled")
    """

    @pytest.mark.parametrize(
        ("head", "line"),
        [
            ("calls = []", "calls.append(x); n = len(calls)"),
            ("import numpy as np", "np.calls = getattr(np, 'calls', 0) + 1; n = np.calls"),
            ("", "open('calls', 'a').write('x'); n = len(open('calls').read())"),
            ("import os", "open(os.path.expanduser('~/calls'), 'a').write('x'); n = os.path.getsize('calls')"),
            ("import os", "os.environ['CALLS'] = os.environ.get('CALLS', '') + 'x'; n = len(os.environ['CALLS'])"),
        ],
        ids=["global", "library", "file", "home", "environment"],
    )
    def test_nothing_is_shared_between_tests(self, grade, make_problem, head, line):
        report = grade(
            f"{head}\ndef double(x):\n    {line}\n    return 2 * x if n == 1 else -n\n", make_problem(self.SUITE)
        )
        assert [test.failure.facts for test in report.tests] == [(("first", "doubled[1] = -2, expected 2"),)] * 2

    def test_random_state_is_that_of_the_seed(self, grade, make_problem):
        suite = """
        from grader import checks

        class TestDouble:
            def test_draws(self, submission, record):
                for i, draw in enumerate(submission.double(0)):
                    record(str(i), draw)
        """
        source = "import random\nimport numpy as np\ndef double(x):\n    return random.random(), np.random.rand()\n"
        problem = make_problem(suite)
        figures = [grade(source, problem, seed).figures for seed in (1, 1, 2)]
        assert figures[0] == figures[1] != figures[2]


def test_one_worker_of_the_reference_and_what_a_suite_publishes(grade, make_problem):
    suite = """
    from grader import checks

    class TestDouble:
        def test_one(self, suite_reference, record):
            suite_reference.double(1)
            record.curve("loss", [2, 1], reference=(3, 2))
            record.curve("other", [1])
            record.fact("device", "cpu: no GPU")

        def test_two(self, suite_reference, record):
            record("calls", suite_reference.double(1))
    """
    reference = "calls = 0\ndef double(x):\n    global calls\n    calls += 1\n    return calls\n"
    report = grade("def double(x): return 2 * x", make_problem(suite, reference=reference))
    assert report.figures == {"calls": 2.0}
    assert report.curves == {"loss": [2.0, 1.0], "other": [1.0]}
    assert report.reference_curves == {"loss": [3.0, 2.0]}
    assert report.facts == {"device": "cpu: no GPU"}


class TestOutput:
    SUITE = """
    import pytest
    from grader import checks

    @pytest.fixture(scope="session")
    def four(suite_submission):
        return suite_submission.double(4)

    class TestDouble:
        @pytest.mark.parametrize("x", [1, 2, 3])
        def test_small(self, submission, x):
            checks.equal(submission.double(x), 2 * x, name="doubled")

        def test_four(self, four):
            checks.equal(four, 8, name="doubled")
    """
    SOURCE = "def double(x):\n    print(x)\n    return 2 * x + (x in {wrong})\n"

    @pytest.mark.parametrize(
        ("wrong", "printed"),
        [((2,), "2"), ((2, 3), "2"), ((3, 4), "3"), ((4,), "4")],
        ids=["a case", "two cases", "a case and the suite", "the suite"],
    )
    def test_is_that_of_the_first_test_that_failed(self, grade, make_problem, wrong, printed):
        report = grade(self.SOURCE.format(wrong=wrong), make_problem(self.SUITE))
        assert report.output.split() == [printed]

    def test_of_a_failed_test_that_printed_nothing(self, grade, make_problem):
        source = "def double(x):\n    if x == 2:\n        print(x)\n    return 2 * x + (x == 3)\n"
        assert grade(source, make_problem(self.SUITE)).output.split() == ["2"]

    def test_of_the_import(self, grade, make_problem):
        assert grade("print('hello')\nimport nothing\n", make_problem(self.SUITE)).output.split() == ["hello"]


class TestAtOnce:
    SUITE = """
    import pytest
    from grader import checks

    @pytest.fixture(scope="session")
    def done(suite_submission, second_submission):
        return checks.at_once((suite_submission, lambda it: it.double(1)), (second_submission, lambda it: it.double(2)))

    class TestDouble:
        def test_one(self, done):
            checks.equal(done[0].result(), 2, name="doubled")

        def test_two(self, done):
            checks.equal(done[1].result(), 4, name="doubled")

        def test_both_again(self, suite_submission, second_submission):
            checks.equal([suite_submission.double(1), second_submission.double(2)], [2, 4], name="doubled")
    """

    def test_each_is_in_a_worker_of_its_own(self, grade, make_problem):
        counting = "calls = []\ndef double(x):\n    calls.append(x)\n    return 2 * x if set(calls) == {x} else -1\n"
        assert grade(counting, make_problem(self.SUITE)).passed

    def test_the_failure_of_one(self, grade, make_problem):
        report = grade("def double(x):\n    return 2 // (2 - x)\n", make_problem(self.SUITE))
        assert outcomes(report) == ["passed", "runtime error", "runtime error"]
        assert report.tests[1].failure.message.startswith("ZeroDivisionError")
        assert report.tests[1].call == "double(x: 2)"

    def test_the_end_of_both(self, grade, make_problem):
        report = grade("import os\ndef double(x):\n    os._exit(x)\n", make_problem(self.SUITE))
        assert outcomes(report) == ["crash", "crash", "skipped"]
        assert [test.failure.message for test in report.tests[:2]] == [
            f"`double` ended its process with exit status {n}" for n in (1, 2)
        ]


class TestOfManyWorkers:
    """The next one is set up while one works, and one ends while the next one works."""

    BURN = "import time\ndef double(x):\n    while time.process_time() < {seconds}: pass\n    return 2 * x\n"

    def test_use_of_each_is_counted(self, grade, make_problem):
        report = grade(self.BURN.format(seconds=0.2), make_problem(TestFresh.SUITE))
        assert report.passed
        assert 0.3 < report.cpu_seconds < 1.0  # twice what is left of 0.2 s after the start of a worker

    def test_rules_are_looked_at_once_for_each_source(self, grade, make_problem, monkeypatch):
        suite = TestFresh.SUITE.replace("(self, submission)", "(self, submission, reference)")
        told = []
        send = WorkerProcess.request

        def request(worker, message, outbox=None):
            if isinstance(message, Load):
                told.append((message.source == RIGHT.encode(), message.rules_kept))
            return send(worker, message, outbox)

        monkeypatch.setattr(WorkerProcess, "request", request)
        assert grade(RIGHT, make_problem(suite, reference="# ours\n" + RIGHT)).passed
        assert told == [(True, False), (False, False), (True, True), (False, True)]  # one for each test and source

    def test_none_is_left_when_the_grade_is_there(self, grade, zygote):
        for source in (RIGHT, "1 / 0", "def double(x):\n    return -x\n"):
            grade(source)
            assert not [worker for worker in zygote._workers if worker.pid and worker._control.fileno() >= 0]


def test_three_timeouts_end_the_run(grade, make_problem):
    suite = """
    import pytest
    from grader import checks

    class TestDouble:
        @pytest.mark.parametrize("n", range(5))
        def test_case(self, submission, n):
            submission.double(n)
    """
    report = grade(TIMED_OUT, make_problem(suite))
    assert outcomes(report) == ["timeout"] * 3 + ["skipped"] * 2
    assert report.tests[3].failure.message == "not run: 3 tests ran out of time"


def test_prerequisite_of_a_skipped_test(grade, make_problem):
    suite = """
    import pytest
    from grader import checks

    class TestDouble:
        def test_first(self, submission):
            \"\"\"The first\"\"\"
            checks.equal(submission.double(1), 2, name="doubled")

        @pytest.mark.needs("TestDouble::test_first")
        def test_second(self, submission):
            \"\"\"The second\"\"\"
            checks.equal(submission.double(2), 4, name="doubled")

        @pytest.mark.needs("TestDouble::test_second")
        def test_third(self, submission):
            checks.equal(submission.double(3), 6, name="doubled")
    """
    problem = make_problem(suite)
    assert outcomes(grade(RIGHT, problem)) == ["passed"] * 3
    report = grade("def double(x):\n    return x\n", problem)
    assert outcomes(report) == ["wrong answer", "skipped", "skipped"]
    assert [test.failure.message for test in report.tests[1:]] == [
        "not run: it needs “The first”", "not run: it needs “The first”",
    ]  # fmt: skip
    assert report.score == 0


class TestSupport:
    SUITE = """
    from grader import checks

    class TestDouble:
        def test_through_support(self, submission):
            box = submission.support.make_box(3)
            checks.equal(submission.double(box).get("value"), 6, name="doubled")
    """
    SUPPORT = """
    import solution

    class Box:
        def __init__(self, value):
            self.value = value

        def __rmul__(self, factor):
            return Box(factor * self.value)

    def make_box(value):
        assert solution.double(1) == 2
        return Box(value)
    """

    def test_builds_things_in_the_worker(self, grade, make_problem):
        assert grade(RIGHT, make_problem(self.SUITE, support=self.SUPPORT)).passed

    def test_what_it_builds_is_told_without_its_module(self, grade, make_problem):
        source = "def double(x):\n    return 2 * x if x == 1 else x.missing\n"
        report = grade(source, make_problem(self.SUITE, support=self.SUPPORT))
        assert report.tests[0].failure.message == "AttributeError: 'Box' object has no attribute 'missing'"
        assert report.tests[0].call == "double(x: <Box>)"

    def test_that_cannot_be_loaded_is_no_crash(self, grade, make_problem):
        problem = make_problem(self.SUITE, support="from solution import layers\n")
        report = grade(RIGHT, problem)
        assert report.verdict is Outcome.IMPORT_ERROR
        assert report.failure.message.startswith("ImportError: cannot import name 'layers' from 'solution'")

    def test_missing_function_goes_first(self, grade, make_problem):
        problem = make_problem(self.SUITE, support="from solution import double\n")
        assert grade("x = 1\n", problem).verdict is Outcome.MISSING_FUNCTION


class TestReference:
    SUITE = """
    from grader import checks

    class TestDouble:
        def test_beside_the_reference(self, submission, reference):
            checks.equal(submission.double(1), reference.double(1), name="doubled")
    """

    def test_is_a_worker_of_its_own(self, grade, make_problem):
        problem = make_problem(self.SUITE)
        assert grade(RIGHT, problem).passed
        report = grade("def double(x):\n    return x\n", problem)
        assert report.verdict is Outcome.WRONG_ANSWER
        assert report.tests[0].call == "double(x: 1)"

    @pytest.mark.parametrize(
        ("reference", "reason"),
        [
            ("def double(x):\n    raise ValueError('no')\n", "ValueError: no"),
            ("import os\ndef double(x):\n    os._exit(0)\n", "`double` ended its process with exit status 0"),
            ("def double(x)\n", "SyntaxError: expected ':'"),
            ("def double(x):\n    return 10 ** 9999\n", "what `double` returned cannot be read"),
        ],
    )
    def test_that_fails_is_not_the_fault_of_the_submission(self, grade, make_problem, reference, reason):
        with pytest.raises(GraderError, match="the reference solution failed: ") as caught:
            grade(RIGHT, make_problem(self.SUITE, reference=reference))
        assert reason in caught.value.message


class TestFaultOfTheSuite:
    def test_exception(self, grade, make_problem):
        with pytest.raises(GraderError, match="`TestDouble::test_it`: KeyError: 'no'"):
            grade(RIGHT, make_problem("class TestDouble:\n    def test_it(self, submission):\n        {}['no']\n"))

    @pytest.mark.parametrize("suite", ["", "def test_(:\n", "import nonsense\n"])
    def test_no_suite(self, grade, make_problem, suite):
        try:
            with pytest.raises(GraderError, match="cannot be run"):
                grade(RIGHT, make_problem(suite))
        except KeyboardInterrupt:
            pytest.xfail("the judge takes the status of a collection error for that of Ctrl-C")

    def test_no_test_matches(self, grade):
        with pytest.raises(ContentError, match="no hidden test of `probe` matches"):
            grade(RIGHT, select="nonsense")

    def test_select(self, grade):
        report = grade(RIGHT, select="four")
        assert [test.id for test in report.tests] == ["TestDouble::test_four"]
        assert report.partial

    def test_interrupt(self, grade, make_problem):
        problem = make_problem("class TestDouble:\n    def test_it(self):\n        raise KeyboardInterrupt\n")
        with pytest.raises(KeyboardInterrupt):
            grade(RIGHT, problem)


def test_listener_hears_of_tests_and_progress(grade, make_problem):
    suite = """
    class TestDouble:
        def test_it(self, submission):
            \"\"\"The title\"\"\"
            submission.double(1)
    """
    source = """
    import gc
    from grader.sandbox.worker import Worker

    def double(x):
        worker = next(o for o in gc.get_objects() if isinstance(o, Worker))
        worker.report_progress("epoch 1")
        worker.report_progress("x" * 10**4)
    """
    titles, lines = [], []
    grade(source, make_problem(suite), listener=Listener(titles.append, lines.append))
    assert titles == ["The title"]
    assert lines == ["epoch 1", "x" * 500]


def test_calls_by_way_of_the_support_are_timed_under_the_name_of_the_learner(grade, make_problem):
    suite = """
    from grader import checks

    class TestDouble:
        def test_value(self, submission):
            submission.support.helper()
            checks.close(submission.support.double(2.0), 4.0, name="doubled")
    """
    support = "import solution\n\n\ndef double(x):\n    return solution.double(x)\n\n\ndef helper():\n    return 1\n"
    report = grade("def double(x):\n    return 2 * x\n", make_problem(suite, support=support))
    assert report.passed
    assert [call.function for call in report.calls] == ["double"]
