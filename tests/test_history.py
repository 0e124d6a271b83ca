"""The history: what it remembers, and that nothing is lost when the file or the disk is bad."""

import datetime
import multiprocessing
import os
import resource
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from grader import history
from grader.history import HistoryError, Summary

START = datetime.datetime(2030, 1, 1, 12, 0, tzinfo=datetime.UTC)


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test moves: minutes after noon."""

    class Clock:
        minutes = 0.0

    monkeypatch.setattr(history, "now", lambda: START + datetime.timedelta(minutes=Clock.minutes))
    return Clock


def attempt(verdict="wrong answer", score=50.0, problem="p", partial=False):
    history.record_attempt(problem, verdict, score, 100, partial, 1, "solution.py", b"x = 1", "{}")


def rows(query):
    with sqlite3.connect(history.places.data_folder() / history.FILE) as db:
        found = db.execute(query).fetchall()
    db.close()
    return found


def test_nothing_yet():
    assert history.summaries() == {}
    assert history.summary("p") == Summary()
    assert history.last_folder("p") is None
    assert history.damaged() == []


def test_an_attempt_is_kept_with_its_source():
    attempt()
    assert rows("SELECT verdict, score, seed, file, source, report FROM attempts") == [
        ("wrong answer", 50.0, 1, "solution.py", b"x = 1", "{}")
    ]


def test_a_summary_counts_complete_grades(clock):
    history.record_start("p", Path("/a"))
    for minutes, verdict, score in [(5, "wrong answer", 55.3), (12, "passed", 100), (40, "wrong answer", 20)]:
        clock.minutes = minutes
        attempt(verdict, score)
    history.record_hint("p", 1)
    history.record_hint("p", 2)
    summary = history.summary("p")
    assert summary == Summary(
        attempts=3, best=100, hints=2, passed=True, started=START, last=START + datetime.timedelta(minutes=40),
        minutes_spent=12.0,
    )  # fmt: skip


@pytest.mark.parametrize("verdict", history.UNGRADED)
def test_an_attempt_without_a_verdict_is_kept_and_not_counted(verdict):
    attempt(verdict, 0)
    assert rows("SELECT verdict, source FROM attempts") == [(verdict, b"x = 1")]
    assert history.summaries() == {}


def test_a_partial_grade_is_no_pass():
    attempt("passed", 40, partial=True)
    assert not history.summary("p").passed


def test_time_runs_from_the_last_start(clock):
    history.record_start("p", Path("/a"))
    clock.minutes = 10
    attempt("passed", 100)
    clock.minutes = 100
    history.record_start("p", Path("/b"))
    assert history.summary("p").minutes_spent is None
    clock.minutes = 107
    attempt()
    assert history.summary("p").minutes_spent == 7
    assert history.last_folder("p") == Path("/b")


def test_problems_are_kept_apart():
    attempt(problem="a")
    history.record_give_up("b")
    assert history.summary("a").attempts == 1
    assert history.summary("b") == Summary(gave_up=True)


@pytest.mark.parametrize("name", [b"/a b/\xc3\xa9", b"/a/\xff", b"/line\nbreak"])
def test_any_folder_is_remembered(name):
    folder = Path(os.fsdecode(name))
    history.record_start("p", folder)
    assert history.last_folder("p") == folder


def test_many_at_once_lose_nothing():
    """Two writers and a reader that begin with no file at all."""
    writer = "from grader import history\nfor _ in range(10): history.record_attempt('p','x',1,1,False,1,'f',b's','{}')"
    processes = [subprocess.Popen([sys.executable, "-c", writer]) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: attempt(), range(10)))
        list(pool.map(lambda _: history.summaries(), range(5)))
    assert [process.wait() for process in processes] == [0, 0]
    assert history.summary("p").attempts == 30


def begin(barrier):
    barrier.wait()
    for number in range(3):
        history.record_hint("p", number)


def test_many_begin_one_file_at_the_same_instant(tmp_path, monkeypatch):
    context = multiprocessing.get_context("fork")
    for number in range(8):
        monkeypatch.setenv("PRACTICE_HOME", str(tmp_path / str(number)))
        barrier = context.Barrier(8)
        processes = [context.Process(target=begin, args=(barrier,)) for _ in range(8)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        assert [process.exitcode for process in processes] == [0] * 8
        assert rows("SELECT COUNT(*) FROM hints") == [(24,)]


def damage_beginning(file):
    file.write_bytes(os.urandom(4000))


def damage_middle(file):
    """The header is right, every page after it is not: only a query finds out."""
    content = file.read_bytes()
    file.write_bytes(content[:4096] + b"\xaa" * (len(content) - 4096))


@pytest.mark.parametrize("damage", [damage_beginning, damage_middle])
def test_a_damaged_file_is_put_aside(practice_home, damage):
    attempt("passed", 100)
    file = practice_home / history.FILE
    damage(file)
    damaged = file.read_bytes()
    attempt(score=10)
    assert history.summary("p") == Summary(attempts=1, best=10, last=history.summary("p").last)
    (kept,) = history.damaged()
    assert kept.read_bytes() == damaged


def test_an_empty_file_is_a_new_one(practice_home):
    (practice_home / history.FILE).touch()
    attempt()
    assert history.summary("p").attempts == 1


def test_a_file_of_an_earlier_version_without_number_is_kept(practice_home):
    with sqlite3.connect(practice_home / history.FILE) as db:
        db.executescript(history.SCHEMA)
        db.execute("INSERT INTO hints VALUES ('p', 2, '2030-01-01T12:00:00+00:00')")
    db.close()
    assert history.summary("p").hints == 2


def test_a_file_of_a_newer_version_is_left_alone(practice_home):
    with sqlite3.connect(practice_home / history.FILE) as db:
        db.execute(f"PRAGMA user_version = {history.VERSION + 1}")
    db.close()
    with pytest.raises(HistoryError, match="a newer version of practice wrote it"):
        attempt()
    assert history.damaged() == []


def test_a_locked_file_is_no_damaged_one(practice_home, monkeypatch):
    attempt()
    monkeypatch.setattr(history, "WAIT_SECONDS", 0.01)
    other = sqlite3.connect(practice_home / history.FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(HistoryError, match="database is locked"):
        attempt()
    other.execute("ROLLBACK")
    other.close()
    assert history.summary("p").attempts == 1
    assert history.damaged() == []


def test_home_is_a_file(tmp_path, monkeypatch):
    home = tmp_path / "file"
    home.touch()
    monkeypatch.setenv("PRACTICE_HOME", str(home))
    with pytest.raises(HistoryError, match=f"`{home}` is no folder") as caught:
        history.summaries()
    assert "PRACTICE_HOME" in caught.value.hint


def test_a_folder_lies_in_the_place_of_the_file(practice_home):
    (practice_home / history.FILE).mkdir()
    with pytest.raises(HistoryError, match="unable to open"):
        attempt()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_home_cannot_be_written(practice_home):
    practice_home.chmod(0o500)
    with pytest.raises(HistoryError):
        attempt()
    practice_home.chmod(0o700)


def test_a_full_disk_costs_no_earlier_attempt(practice_home):
    attempt(score=70)
    writer = "from grader import history; history.record_attempt('p','x',1,1,False,1,'f',b's' * 500_000,'{}')"
    size = sum(file.stat().st_size for file in practice_home.iterdir()) + 4096

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    done = subprocess.run([sys.executable, "-c", writer], preexec_fn=limit, capture_output=True, text=True, check=False)
    assert "HistoryError" in done.stderr
    assert history.summary("p").best == 70
    assert history.summary("p").attempts == 1


def test_home_is_made_and_may_be_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRACTICE_HOME", "new/home")
    attempt()
    assert (tmp_path / "new" / "home" / history.FILE).is_file()
