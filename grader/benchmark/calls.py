"""Single calls of a submission: a small array, a large one, beside the least that any other way would take."""

import contextlib
import mmap
import multiprocessing
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection

import numpy as np

from grader.bench import Bench
from grader.benchmark.pairs import seconds_of
from grader.catalogue import Problem
from grader.processes import Zygote
from grader.submission import RemoteFunction

SMALL = np.linspace(-1.0, 1.0, 12).reshape(3, 4)
LARGE_BYTES = 40_000_000
SMALL_CALLS = 200


@contextlib.contextmanager
def submission(problem: Problem) -> Iterator[RemoteFunction]:
    """A function in a worker that gives its argument back."""
    names = problem.file.entry_points
    source = "".join(f"def {name}(x):\n    return x\n\n\n" for name in names).encode()
    with Zygote(problem.file.backend) as zygote, Bench(problem, source, zygote, 0).submission(True) as opened:
        yield getattr(opened, names[0])


@contextlib.contextmanager
def pickled() -> Iterator[Callable[[object], object]]:
    """The same function in another process, called over a pipe with pickle."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_give_back, args=(there,), daemon=True)
    process.start()
    there.close()  # so that its end, should it fail, ends the call too

    def call(value: object) -> object:
        here.send(value)
        return here.recv()

    call(None)
    try:
        yield call
    finally:
        here.close()
        process.terminate()
        process.join()


def many(call: Callable[[object], object]) -> float:
    """Seconds of many calls with a small array."""
    return seconds_of(lambda: [call(SMALL) for _ in range(SMALL_CALLS)])


def large_array() -> np.ndarray:
    """An array whose pages are there."""
    return np.random.default_rng(0).random(LARGE_BYTES // 8)


def each_page(array: np.ndarray) -> float:
    """Read a number from each page of an array: what the system does at the first look is part of the way back."""
    return float(array[:: mmap.PAGESIZE // array.itemsize].sum())


def copied_twice(array: np.ndarray) -> float:
    """Seconds of a copy of the bytes each way, into memory that is there already."""
    target = np.zeros_like(array)

    def copy() -> None:
        np.copyto(target, array)
        np.copyto(array, target)

    return seconds_of(copy)


def _give_back(pipe: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        while True:
            pipe.send(pipe.recv())
