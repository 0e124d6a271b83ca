"""Large arrays between judge and worker: they come as they went, belong to who gets them, and lies are refused."""

import fcntl
import mmap
import os

import numpy as np
import psutil
import pytest

from grader import shared_memory, wire
from grader.bench import Bench
from grader.failure import Failed
from grader.frames import MAX_FRAME, ProtocolError, UnsendableError
from grader.shared_memory import FROM_BYTES, Outbox, Returned

pytestmark = pytest.mark.skipif(not shared_memory.IS_HERE, reason="this system has no files in memory")
COUNT = FROM_BYTES // 8 + 3


@pytest.fixture
def opened(zygote, probe):
    """`opened(source)` gives a submission of the problem `probe` in a worker that stays."""
    stack = []

    def call(source):
        context = Bench(probe, source.encode(), zygote, 0).submission(True)
        stack.append(context)
        return context.__enter__()

    yield call
    for context in stack:
        context.__exit__(None, None, None)


ARRAYS = {
    "float64": np.arange(COUNT, dtype=np.float64),
    "float32 in three dimensions": np.arange(8 * COUNT, dtype=np.float32).reshape(8, -1, 1),
    "transposed": np.arange(4 * COUNT, dtype=np.int64).reshape(4, -1).T,
    "every other": np.arange(8 * COUNT, dtype=np.int64)[::2],
    "bool": np.arange(16 * COUNT) % 3 == 0,
    "big endian": np.arange(COUNT, dtype=">f8"),
    "complex": np.arange(COUNT) * 1j,
    "just below": np.zeros(FROM_BYTES - 1, np.uint8),
    "just at": np.ones(FROM_BYTES, np.uint8),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_there_and_back(opened, name):
    array = ARRAYS[name]
    got = opened("def double(x):\n    return x\n").double(array)
    assert type(got) is np.ndarray
    assert (got.shape, got.dtype) == (array.shape, array.dtype.newbyteorder("="))
    assert np.array_equal(got, array)
    got[...] = 0  # it is ours


def test_what_comes_back_is_not_copied(opened):
    array = opened("def double(x):\n    return x\n").double(np.arange(COUNT))
    while isinstance(array, np.ndarray):
        array = array.base
    assert isinstance(array.obj if isinstance(array, memoryview) else array, mmap.mmap)


def test_inside_of_other_values(opened):
    first, second = np.arange(COUNT), np.ones(2 * COUNT)
    value = {"a": [first, (second, 1)], "b": "text", "c": np.arange(3)}
    got = opened("def double(x):\n    return x\n").double(value)
    assert np.array_equal(got["a"][0], first)
    assert np.array_equal(got["a"][1][0], second)
    assert (got["b"], got["c"].tolist()) == ("text", [0, 1, 2])


def test_what_a_submission_changes_is_its_own(opened):
    array = np.ones(COUNT)
    submission = opened("def double(x):\n    x *= 2\n    return x\n")
    result, after, _ = submission.double.echo(array)
    assert array.max() == 1
    assert result.min() == after[0].min() == 2


def test_what_a_submission_keeps_stays(opened):
    submission = opened("KEPT = []\n\n\ndef double(x):\n    KEPT.append(x)\n    return KEPT[0]\n")
    submission.double(np.ones(COUNT))
    assert submission.double(np.zeros(COUNT)).min() == 1


def test_many_calls_leave_nothing_open(opened):
    submission = opened("import os\n\n\ndef double(x):\n    return x, sorted(map(int, os.listdir('/proc/self/fd')))\n")
    before, here = submission.double(np.ones(COUNT))[1], psutil.Process().num_fds()
    for _ in range(20):
        after = submission.double(np.ones(COUNT))[1]
    assert after == before
    assert psutil.Process().num_fds() == here


def test_an_array_for_which_there_is_no_memory(grade):
    source = "import numpy as np\n\n\ndef double(x):\n    return [np.ones(1 << 24) for _ in range(9)]\n"
    assert grade(source).verdict in ("bad return type", "memory limit")


class TestHostile:
    @pytest.fixture
    def lent(self):
        """A file with 1000 bytes, as a worker may have filled it."""
        descriptor = shared_memory.make_file(1000)
        os.pwrite(descriptor, bytes(range(250)) * 4, 0)
        yield Returned(descriptor, 1000)
        os.close(descriptor)

    def tree(self, *parts):
        return [int(wire.Tag.SHARED_ARRAY), *parts]

    def arrived(self, tree, memory):
        return wire.from_tree(tree, lambda thing: thing, memory)

    def test_honest(self, lent):
        assert self.arrived(self.tree("|u1", [3], 64, 3), lent).tolist() == [64, 65, 66]

    @pytest.mark.parametrize(
        "parts",
        [
            ("|u1", [1001], 0, 1001),
            ("|u1", [3], 998, 3),
            ("|u1", [3], -1, 3),
            ("|u1", [3], 0, -3),
            ("|u1", [4], 0, 3),
            ("<f8", [3], 0, 23),
            ("|O8", [1], 0, 8),
            ("|u1", [3], True, 3),
            ("|u1", [3], 0),
        ],
    )
    def test_lies(self, lent, parts):
        with pytest.raises(ProtocolError):
            self.arrived(self.tree(*parts), lent)

    def test_the_same_bytes_again_and_again(self, lent):
        with pytest.raises(ProtocolError):
            self.arrived([int(wire.Tag.LIST), *[self.tree("|u1", [400], 0, 400)] * 3], lent)

    def test_where_nothing_was_lent(self):
        with pytest.raises(ProtocolError):
            self.arrived(self.tree("|u1", [3], 0, 3), None)

    def test_two_arrays_in_the_same_place(self, lent):
        with pytest.raises(ProtocolError):
            self.arrived([int(wire.Tag.LIST), self.tree("|u1", [3], 0, 3), self.tree("|u1", [3], 2, 3)], lent)

    @pytest.mark.parametrize("size", [10, 2000])
    def test_nobody_can_change_its_size(self, lent, size):
        with pytest.raises(PermissionError):
            os.truncate(lent._descriptor, size)

    def test_neither_false_nor_true(self, lent):
        assert self.arrived(self.tree("|b1", [3], 0, 3), lent).tobytes() == b"\x00\x01\x01"

    def test_nobody_can_write_into_it_any_more(self, lent):
        got = self.arrived(self.tree("|u1", [3], 0, 3), lent)
        with pytest.raises(PermissionError):
            os.pwrite(lent._descriptor, b"xyz", 0)
        got[0] = 7  # it is ours
        assert got.tolist() == [7, 1, 2]
        assert os.pread(lent._descriptor, 3, 0) == bytes([0, 1, 2])

    def test_a_copy_where_a_mapping_is_left(self, lent):
        with mmap.mmap(lent._descriptor, 1000) as mapping:
            got = self.arrived(self.tree("|u1", [3], 0, 3), lent)
            mapping[:3] = b"xyz"
        assert got.tolist() == [0, 1, 2]

    def test_a_copy_where_a_worker_forbids_seals(self, lent):
        fcntl.fcntl(lent._descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SEAL)
        got = self.arrived(self.tree("|u1", [3], 0, 3), lent)
        os.pwrite(lent._descriptor, b"xyz", 0)
        assert got.tolist() == [0, 1, 2]


def test_more_than_can_travel():
    outbox = Outbox()
    data = np.zeros(MAX_FRAME // 2 + 1, np.uint8).data
    outbox.put(data)
    with pytest.raises(UnsendableError):
        outbox.put(data)


def test_memory_that_was_lent_for_an_error_is_given_back(opened):
    submission = opened(
        "import gc\nfrom grader import messages\nfrom grader.sandbox.worker import Worker\n\n\n"
        "def double(x):\n    worker = next(o for o in gc.get_objects() if isinstance(o, Worker))\n"
        "    worker._send(messages.Room(worker._current_id, 1 << 20))\n    worker._receive()\n    raise ValueError\n"
    )
    counts = []
    for _ in range(5):
        with pytest.raises(Failed):
            submission.double(1.0)
        counts.append(psutil.Process().num_fds())
    assert counts[-1] == counts[0]
