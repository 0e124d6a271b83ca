"""The corpus of hostile, broken and unusual submissions, graded by the real judge, and the runner that grades it.

The slow cases, every level, both users and eight lanes at once are a command: `python tests/corpus/run.py --help`.
"""

import importlib
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from grader import history, seeds
from grader.cli import status_of
from grader.processes import Zygote
from grader.sandbox.levels import Level
from grader.watching import held
from grader.words import Outcome

CORPUS = Path(__file__).with_name("corpus")
GOLDEN = Path(__file__).with_name("golden")
OTHER_WORDS = {"grader failed", "judge ended", "interrupted"}
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def module(name):
    """A module of the corpus, which is no package."""
    sys.path.insert(0, str(CORPUS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(CORPUS))


headers = module("headers")
SUITE_SEED_OF_7 = 1703449783
RESULT = {
    "name": "f/x", "verdict": "crash", "tests": [("a", "crash"), ("b", "passed")], "says": "ended by SIGSEGV",
    "level": "process", "seconds": 0.1, "effects": [],
}  # fmt: skip
ALL = {case.name: case for case in headers.load_all()}
QUICK = [case.name for case in ALL.values() if not case.is_slow]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The quick part of the corpus, graded once, at the highest level of this machine."""
    file = tmp_path_factory.mktemp("corpus") / "results.json"
    done = subprocess.run(
        [sys.executable, str(CORPUS / "run.py"), "--quick", "--idle", "0.7", "--json", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert file.exists(), done.stderr
    (only,) = json.loads(file.read_text(encoding="utf-8"))
    return only


@pytest.mark.parametrize("name", QUICK)
def test_case(run, name):
    """The verdict is right, later tests are graded as if nothing had been, and nothing is left behind."""
    if not ALL[name].is_for(run["level"]):
        pytest.skip(ALL[name].keys[f"Not at {run['level']}"])
    assert name in run["results"]
    assert run["faults"].get(name, []) == []


def test_nothing_is_left_at_the_end(run):
    assert set(run["faults"]) <= set(ALL)


def test_there_are_enough_cases_of_every_family():
    assert len(ALL) >= 120
    families = [case.family for case in ALL.values()]
    assert min(families.count(family) for family in families) >= 2


@pytest.mark.parametrize("name", ALL)
def test_headers_use_the_words_of_the_field(name):
    words = {str(outcome) for outcome in Outcome} | OTHER_WORDS
    case = ALL[name]
    verdicts = [value for key, value in case.keys.items() if key.startswith(("At ", "Verdict", "Then"))]
    assert {word for value in verdicts for word in value.split(" or ")} <= words
    assert (CORPUS / "problems" / case.problem).is_dir()
    assert case.keys["What"].endswith(".")


class TestRunner:
    """The runner sees what it is there to see."""

    def case(self, **keys):
        return headers.Case("f/x", b"", {"What": "x.", "Verdict": "crash", **keys})

    @pytest.mark.parametrize(
        ("keys", "result", "fault"),
        [
            ({}, {}, None),
            ({"Verdict": "timeout or crash"}, {}, None),
            ({}, {"verdict": "passed"}, "verdict passed, expected crash"),
            ({"Then": "passed"}, {}, None),
            ({"Then": "passed"}, {"tests": [("a", "crash"), ("b", "timeout")]}, "not passed afterwards: b"),
            ({"Then": "passed"}, {"tests": [("a", "crash")]}, "not passed afterwards: no later test ran"),
            ({"Says": "SIGSEGV"}, {}, None),
            ({"Says": "SIGBUS"}, {}, "the report does not say `SIGBUS`"),
            ({}, {"effects": ["process"]}, "left behind: process"),
            ({"Leaves at process": "process"}, {"effects": ["process"]}, None),
            ({"Leaves at kernel": "process"}, {"effects": ["process"]}, "left behind: process"),
            ({}, {"level": "kernel"}, "it was graded at level kernel, not process"),
            ({"At process": "passed"}, {"verdict": "passed"}, None),
            ({"At kernel": "passed"}, {"verdict": "passed"}, "verdict passed, expected crash"),
            ({"At process as root": "passed"}, {"verdict": "passed"}, "verdict passed, expected crash"),
        ],
    )
    def test_faults(self, keys, result, fault):
        found = headers.faults(self.case(**keys), {**RESULT, **result}, "process", is_root=False)
        assert [line.partition(": ended")[0] for line in found] == ([] if fault is None else [fault])

    def test_root(self):
        case = self.case(**{"At process as root": "passed"})
        assert headers.faults(case, {**RESULT, "verdict": "passed"}, "process", is_root=True) == []

    @pytest.mark.parametrize(
        "header", ["", "# What: x.\n", "# Verdict: crash\n", "# What: x.\n# Verdict: crash\n# Verdcit: crash\n"]
    )
    def test_wrong_header(self, tmp_path, header):
        file = tmp_path / "x.py"
        file.write_text(header + "x = 1\n")
        with pytest.raises(ValueError, match="the header needs"):
            headers.read(file)

    @pytest.fixture
    def lane(self, monkeypatch, tmp_path):
        monkeypatch.setenv("PRACTICE_HOME", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        module_of_lanes = module("lane")
        monkeypatch.setattr(module_of_lanes, "PATIENCE_SECONDS", 0.2)
        made = module_of_lanes.Lane()
        yield made
        made.close()

    def test_a_process_is_seen_and_ended(self, lane):
        before = lane.below()
        assert lane.strangers(before) == []
        stranger = subprocess.Popen(["sleep", "600"])
        assert lane.strangers(before) == ["process"]
        assert stranger.wait(10) == -9

    def test_a_process_of_before_is_left_alone(self, lane):
        other = subprocess.Popen(["sleep", "600"])
        assert type(lane)().close() == []
        assert other.poll() is None
        other.kill()
        other.wait()

    def test_a_file_is_seen_and_removed(self, lane):
        case = headers.Case("family/stem", b"")
        with Zygote("numpy", level=Level.PROCESS) as zygote:
            zygote.wait_until_ready()
            assert lane.files(case, zygote) == []
            Path("corpus-left-stem-1").mkdir()
            assert lane.files(case, zygote) == ["file"]
            (Path(zygote._home.folder) / "practice-x").write_text("")
            assert lane.files(case, zygote) == ["file"]
            assert lane.files(case, zygote) == []

    @pytest.mark.parametrize("change", ["mode", "content", "new", "gone"])
    def test_a_change_is_seen(self, lane, change):
        before, file = lane.look(), lane.folder / "solutions" / "softmax" / "reference.py"
        if change == "mode":
            file.chmod(0o777)
        elif change == "content":
            file.write_text("x")
        elif change == "new":
            file.with_name("new.py").write_text("")
        else:
            file.unlink()
        assert lane.look() != before

    def test_a_judge_that_ends_is_no_verdict(self, monkeypatch, tmp_path):
        runner = module("run")
        monkeypatch.setattr(runner, "LANE", tmp_path / "lane.py")
        (tmp_path / "lane.py").write_text("import os, sys\nsys.stdin.readline()\nos._exit(0)\n")
        done = runner.run([self.case()], "process", 1, 1.0, None)
        assert done.faults["f/x"] == ["verdict judge ended, expected crash: "]


class TestHeld:
    """The worker that is not timed does not take the processor from the one that is."""

    SPINNING = """
    import hashlib, threading
    DATA = bytes(1 << 20)
    def spin():
        while True:
            hashlib.sha256(DATA).digest()
    threading.Thread(target=spin, daemon=True).start()
    def double(x):
        return 2 * x
    """

    def test_worker(self, zygote, probe):
        import textwrap

        from grader.bench import Bench

        bench = Bench(probe, textwrap.dedent(self.SPINNING).encode(), zygote, seed=1)
        with bench.submission(False) as submission:
            process = psutil.Process(submission._connection.worker.pid)

            def used(seconds):
                start = sum(process.cpu_times()[:2])
                time.sleep(seconds)
                return sum(process.cpu_times()[:2]) - start

            with submission.double.held():
                deadline = time.monotonic() + 30
                while process.status() != psutil.STATUS_STOPPED:  # a busy machine is late to tell it
                    assert time.monotonic() < deadline
                assert used(0.2) <= 0.01
            deadline = time.monotonic() + 30
            while used(0.05) == 0:
                assert time.monotonic() < deadline
            assert submission.double(2) == 4

    @pytest.mark.parametrize("pid", [0, 1, -1, os.getpid(), os.getppid(), 2**22 + 1])
    def test_nobody_else(self, monkeypatch, pid):
        monkeypatch.setattr(os, "killpg", lambda *_: pytest.fail("a signal was sent"))
        with held(pid, os.getpid()):
            pass


class TestSeeds:
    """Who knows what is sent cannot draw what is hidden."""

    def test_apart(self):
        made = {seeds.apart(seed, purpose) for seed in range(20) for purpose in ("worker", "suite")}
        assert len(made) == 40
        assert all(0 <= seed < 2**31 for seed in made)
        assert seeds.apart(7, "suite") == seeds.apart(7, "suite") == SUITE_SEED_OF_7

    def test_no_seed_of_the_grade_is_sent(self, grade, make_problem):
        suite = """
        from grader import checks

        class TestDouble:
            def test_seeds(self, submission, seed, rng, record):
                sent = submission.double(checks.generator(seed))
                for number in sent:
                    record(str(number), 0)
        """
        source = """
        import sys

        def found():
            frame = sys._getframe()
            while frame is not None:
                if "request" in frame.f_locals:
                    yield frame.f_locals["request"].seed
                frame = frame.f_back

        SEEDS = list(found())

        def double(generator):
            return SEEDS + [int(generator.bit_generator.seed_seq.entropy)]
        """
        seen = {int(name) for name in grade(source, make_problem(suite), seed=7).figures}
        assert seen == {seeds.apart(7, "worker"), seeds.apart(7, "suite")}


class TestFilesByMistake:
    """What is no solution is refused at once: exit status 2, one line and a hint, and no attempt is recorded."""

    @pytest.fixture(autouse=True)
    def here(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("PRACTICE_PROBLEMS", str(GOLDEN))
        return tmp_path

    def make(self, kind, path):
        match kind:
            case "folder":
                path.mkdir()
            case "folder of a package":
                path.mkdir()
                (path / "__init__.py").write_text("x = 1\n")
            case "FIFO":
                os.mkfifo(path)
            case "socket":
                with socket.socket(socket.AF_UNIX) as made:
                    made.bind(str(path))
            case "endless device":
                path.symlink_to("/dev/zero")
            case "full device":
                path.symlink_to("/dev/full")
            case "dangling link":
                path.symlink_to("nothing")
            case "looping link":
                path.symlink_to(path.name)
            case "link to a folder":
                path.symlink_to(path.parent)
            case "unreadable":
                path.write_text("x = 1\n")
                path.chmod(0)
            case "empty":
                path.write_bytes(b"")
            case "blank":
                path.write_bytes(b" \r\n\t\n\x0c")
            case "100 MB":
                with path.open("wb") as file:
                    file.write(b"#" * 1000)
                    file.truncate(100 << 20)
            case "a terabyte of nothing":
                with path.open("wb") as file:
                    file.truncate(1 << 40)
            case "UTF-16":
                path.write_bytes("x = 1\n".encode("utf-16"))
            case "UTF-16 without a mark":
                path.write_bytes("x = 1\n".encode("utf-16-be"))
            case "UTF-32":
                path.write_bytes("x = 1\n".encode("utf-32"))
            case "NUL bytes":
                path.write_bytes(b"x = 1\n\0")
            case "compiled Python":
                path.write_bytes(b"\xa7\r\r\n\0\0\0\0" + bytes(100))
            case "picture":
                path.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")

    @pytest.mark.parametrize(
        ("kind", "words"),
        [
            ("folder", "is a folder"),
            ("folder of a package", "is a folder"),
            ("FIFO", "is no regular file"),
            ("socket", "cannot be read: no such device or address"),
            ("endless device", "is no regular file"),
            ("full device", "is no regular file"),
            ("dangling link", "does not exist"),
            ("looping link", "cannot be read: too many levels of symbolic links"),
            ("link to a folder", "is a folder"),
            ("unreadable", "cannot be read: permission denied"),
            ("empty", "is empty"),
            ("blank", "is empty"),
            ("100 MB", "is larger than 1 MiB"),
            ("a terabyte of nothing", "is larger than 1 MiB"),
            ("UTF-16", "is encoded in UTF-16"),
            ("UTF-16 without a mark", "is no text: it contains NUL bytes"),
            ("UTF-32", "is encoded in UTF-16|is no text: it contains NUL bytes"),
            ("NUL bytes", "is no text: it contains NUL bytes"),
            ("compiled Python", "is no text: it contains NUL bytes"),
            ("picture", "is no text: it contains NUL bytes"),
        ],
    )
    @pytest.mark.parametrize("name", ["x.py", "a\n\x1b[2J[red].py"], ids=["plain name", "rude name"])
    def test_refused(self, capsys, monkeypatch, here, kind, words, name):
        if kind == "unreadable" and os.getuid() == 0:
            pytest.skip("root reads everything")
        monkeypatch.setattr(Zygote, "__init__", lambda *_, **__: pytest.fail("a worker was started"))
        self.make(kind, here / name)
        for options in ((), ("--json",)):
            status = status_of(["grade", "tiny-relu", "--file", name, *options])
            out, err = capsys.readouterr()
            told = json.loads(out)["error"]["message"] if options else err.partition("\n\nhint: ")[0]
            assert status == 2
            assert "\n" not in told and "\x1b" not in out + err
            assert any(told.endswith(word) for word in words.split("|")), told
        assert history._run(lambda db: db.execute("SELECT count(*) FROM attempts").fetchone()) == (0,)

    def test_a_file_that_vanishes_or_grows_while_it_is_read_is_read_once(self, here, monkeypatch):
        from grader.sources import read_source

        (here / "x.py").write_bytes(b"x = 1\n")
        opened = os.open

        def once(path, *arguments):
            descriptor = opened(path, *arguments)
            (here / "x.py").unlink()
            return descriptor

        monkeypatch.setattr(os, "open", once)
        assert read_source(Path("x.py")) == b"x = 1\n"
