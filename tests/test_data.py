"""The data sets: what is shipped is what the card says, and what is damaged or missing is named."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from grader import data
from grader.errors import ContentError, GraderError, UsageError

CHECKOUT = Path(__file__).parent.parent
KERAS_HOME = Path(os.environ.get("PRACTICE_TEST_KERAS_HOME") or CHECKOUT.parent / "shared" / "data")
CARD = """
title = "Three numbers"
loader = "{loader}"
file = "tiny.npz"
module = "tiny"
download = "1 kB"
cached_as = ["datasets/tiny.bin"]
source = "https://example.org"
licence = "CC0"
citation = "Nobody (2030)"
description = "x and y."

[arrays.x]
shape = [3]
dtype = "float32"

[arrays.y]
shape = [3]
dtype = "int64"
label_counts = [2, 1]
"""


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """The folder of a data set of our own; the only one there is."""
    folder = tmp_path / "datasets" / "tiny"
    folder.mkdir(parents=True)
    (folder / "card.toml").write_text(CARD.format(loader="embedded"))
    write(folder / "tiny.npz")
    monkeypatch.setattr(data, "content_root", lambda: tmp_path)
    return folder


@pytest.fixture
def keras(tiny, tmp_path, monkeypatch):
    """The same through Keras, whose process is played by a function; the list says how often it was asked."""
    (tiny / "card.toml").write_text(CARD.format(loader="keras"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    asked = []

    def run(command, **_options):
        asked.append(command)
        write(Path(command[-1]))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    return asked


def write(file, **changed):
    arrays = {"x": np.array([1, 2, 3], dtype=np.float32), "y": np.array([0, 0, 1], dtype=np.int64)}
    np.savez(file, allow_pickle=True, **{**arrays, **changed})


def refusal(error=GraderError, name="tiny"):
    with pytest.raises(error) as caught:
        data.fetch(name)
    return caught.value


class TestShipped:
    def test_digits_are_those_of_scikit_learn(self):
        from sklearn.datasets import load_digits

        theirs, ours = load_digits(), data.load("digits")
        np.testing.assert_array_equal(ours.x, theirs.images)
        np.testing.assert_array_equal(ours.y, theirs.target)
        assert (ours.x.shape, ours.x.dtype) == ((1797, 8, 8), np.uint8)

    def test_each_call_gives_fresh_arrays(self):
        first = data.load("digits")
        first.x[:] = 0
        assert data.load("digits").x.max() == 16

    @pytest.mark.parametrize("name", ["cifar-10", "digits", "fashion-mnist"])
    def test_cards_are_whole(self, name):
        card = data.card(name)
        assert card.arrays.keys() in ({"x", "y"}, {"x_train", "y_train", "x_test", "y_test"})
        assert card.file if card.loader == "embedded" else card.module and card.cached_as and card.download
        for key, array in card.arrays.items():
            assert np.dtype(array.dtype).kind in "uif"
            assert not array.label_counts or sum(array.label_counts) == array.shape[0], key

    def test_names(self):
        assert data.names() == ["cifar-10", "digits", "fashion-mnist"]

    @pytest.mark.parametrize("name", ["mnist", "", "..", "../datasets/digits", "digits/"])
    def test_unknown(self, name):
        error = refusal(UsageError, name)
        assert error.message == f"there is no data set `{name}`"
        assert error.hint == "one of cifar-10, digits, fashion-mnist"

    @pytest.mark.skipif(
        not (KERAS_HOME / "datasets" / "fashion-mnist").is_dir(),
        reason=f"no Fashion-MNIST in {KERAS_HOME}; PRACTICE_TEST_KERAS_HOME names the folder that Keras keeps it in",
    )
    def test_fashion_mnist_comes_through_keras(self, tmp_path, monkeypatch, practice_home):
        """Checked against the SHA-256 of every array; afterwards Keras is not needed."""
        (tmp_path / "datasets").mkdir()
        (tmp_path / "datasets" / "fashion-mnist").symlink_to(KERAS_HOME / "datasets" / "fashion-mnist")
        monkeypatch.setenv("KERAS_HOME", str(tmp_path))
        assert data.is_present("fashion-mnist")
        assert not data.is_checked("fashion-mnist")
        arrays = data.load("fashion-mnist")
        assert arrays.x_train.shape == (60000, 28, 28)
        assert data.is_checked("fashion-mnist")
        monkeypatch.setattr(subprocess, "run", None)
        np.testing.assert_array_equal(data.load("fashion-mnist").y_test, arrays.y_test)


class TestEmbedded:
    def test_loads(self, tiny):
        assert data.load("tiny").y.tolist() == [0, 0, 1]

    @pytest.mark.parametrize(
        ("changed", "says"),
        [
            ({"x": np.zeros(4, np.float32)}, "`x` is float32 (4,), expected float32 (3,)"),
            ({"x": np.zeros(3)}, "`x` is float64 (3,), expected float32 (3,)"),
            ({"y": np.array([0, 1, 1])}, "`y` has the wrong number of labels of some class"),
        ],
    )
    def test_other_arrays(self, tiny, changed, says):
        write(tiny / "tiny.npz", **changed)
        assert refusal().message == f"the data set `tiny` is damaged: {says}"

    def test_other_values(self, tiny):
        card = (
            (tiny / "card.toml").read_text().replace('dtype = "float32"', f'dtype = "float32"\nsha256 = "{"0" * 64}"')
        )
        (tiny / "card.toml").write_text(card)
        assert refusal().message == "the data set `tiny` is damaged: `x` does not have the SHA-256 of its card"

    def test_objects_are_never_unpickled(self, tiny):
        write(tiny / "tiny.npz", x=np.array([print, None, 1], dtype=object))
        assert "allow_pickle=False" in refusal().message

    @pytest.mark.parametrize("damage", ["empty", "noise", "cut", "flipped", "other", "missing", "a folder"])
    def test_a_damaged_file_is_named(self, tiny, damage):
        file = tiny / "tiny.npz"
        content = file.read_bytes()
        place = content.index(b"NUMPY") + 130  # in the values
        changed = {
            "empty": b"", "noise": bytes(range(256)) * 4, "cut": content[: len(content) // 2],
            "flipped": content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :],
        }  # fmt: skip
        file.unlink()
        if damage == "other":
            np.savez(file, z=np.zeros(3))
        elif damage == "a folder":
            file.mkdir()
        elif damage != "missing":
            file.write_bytes(changed[damage])
        error = refusal()
        assert error.message.startswith(f"`{file}` is damaged: ")
        assert error.hint == "install the kit again"

    @pytest.mark.parametrize(
        ("old", "new"), [('licence = "CC0"\n', ""), ('"embedded"', '"torch"'), ("title", "titel"), ("= [3]", "= ")]
    )
    def test_a_malformed_card_is_named(self, tiny, old, new):
        card = (tiny / "card.toml").read_text()
        (tiny / "card.toml").write_text(card.replace(old, new))
        assert str(tiny / "card.toml") in refusal(ContentError).message


class TestThroughKeras:
    def test_is_checked_once_and_kept(self, keras, practice_home):
        assert data.fetch("tiny").y.tolist() == [0, 0, 1]
        assert data.load("tiny").x.tolist() == [1, 2, 3]
        assert len(keras) == 1
        assert [path.name for path in (practice_home / "cache" / "datasets").iterdir()] == ["tiny.npz"]

    def test_a_grade_does_not_download(self, keras):
        with pytest.raises(data.DataMissingError, match="the data set `tiny` is not on this machine") as caught:
            data.load("tiny")
        assert caught.value.hint == "practice data tiny"
        assert keras == []

    def test_what_keras_has_is_present(self, keras, tmp_path):
        file = tmp_path / "keras" / "datasets" / "tiny.bin"
        file.parent.mkdir(parents=True)
        file.touch()
        assert data.load("tiny").x.tolist() == [1, 2, 3]

    def test_a_damaged_copy_is_made_again(self, keras, practice_home):
        data.fetch("tiny")
        copy = practice_home / "cache" / "datasets" / "tiny.npz"
        copy.write_bytes(b"damaged")
        assert data.fetch("tiny").x.tolist() == [1, 2, 3]
        assert len(keras) == 2
        assert data.fetch("tiny").x.tolist() == [1, 2, 3]
        assert len(keras) == 2

    def test_damaged_data_is_not_kept(self, keras, practice_home, monkeypatch):
        def run(command, **_options):
            write(Path(command[-1]), y=np.array([1, 1, 1]))
            return subprocess.CompletedProcess(command, 0)

        monkeypatch.setattr(subprocess, "run", run)
        error = refusal()
        assert error.message == "the data set `tiny` is damaged: `y` has the wrong number of labels of some class"
        assert "delete the files of `tiny`" in error.hint
        assert list((practice_home / "cache" / "datasets").iterdir()) == []

    def test_no_network(self, practice_home, monkeypatch, tmp_path):
        monkeypatch.setenv("KERAS_HOME", str(tmp_path))
        told = b"2030: some warning\nException: URL fetch failure on https://x: None -- Name or service not known\n"
        seen = {}

        def run(command, **options):
            seen.update(options, command=command)
            return subprocess.CompletedProcess(command, 1, stderr=told)

        monkeypatch.setattr(subprocess, "run", run)
        error = refusal(name="cifar-10")
        assert error.message.startswith("`cifar-10` cannot be fetched: Exception: URL fetch failure on https://x")
        assert "check the network" in error.hint
        assert "https://www.cs.toronto.edu/~kriz/cifar.html" in error.hint
        assert seen["env"]["KERAS_HOME"] == str(tmp_path)
        assert seen["command"][1] == "-I"  # nothing of the current folder is imported
        assert list((practice_home / "cache" / "datasets").iterdir()) == []

    def test_no_answer(self, keras, monkeypatch):
        def run(command, **_options):
            raise subprocess.TimeoutExpired(command, 1)

        monkeypatch.setattr(subprocess, "run", run)
        assert "took more than an hour" in refusal().message

    def test_the_cache_cannot_be_written(self, keras, practice_home):
        (practice_home / "cache").touch()
        error = refusal()
        assert error.message.startswith(f"`{practice_home / 'cache' / 'datasets'}` cannot be written: ")
        assert "PRACTICE_HOME" in error.hint


def test_shipped_files_are_small():
    """The wheel carries them."""
    assert (
        sum(path.stat().st_size for path in (data.content_root() / "datasets").rglob("*") if path.is_file()) < 1 << 20
    )
