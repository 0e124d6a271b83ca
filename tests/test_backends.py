"""Keras on each backend that is installed: what it imports, which device it names, and what `--backend` refuses."""

import importlib.util
import shutil

import pytest

from grader import catalogue
from grader.cli import status_of
from grader.cli.circumstances import KERAS_BACKENDS
from grader.processes import Zygote
from grader.sandbox.levels import Level

INSTALLED = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(importlib.util.find_spec(name) is None, reason=f"{name} is not installed here"),
    )
    for name in KERAS_BACKENDS
]
SUITE = """
from grader import checks


class TestDouble:
    def test_double(self, submission, record):
        \"\"\"A layer of Keras, with the library below it in sight\"\"\"
        backend, accelerators = submission.support.circumstances()
        record.fact("backend", backend)
        record.fact("accelerators", ", ".join(accelerators))
        checks.close(submission.double([1.0, 2.0]), [2.0, 4.0], name="doubled")
"""
SUPPORT = """
import keras

from grader.sandbox.keras_setup import accelerators


def circumstances():
    return keras.backend.backend(), accelerators()
"""
SOURCE = """
import importlib
import keras
import numpy as np

importlib.import_module(keras.backend.backend())


def double(x):
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer=keras.initializers.Constant(2.0))
    return keras.ops.convert_to_numpy(layer(np.array(x, np.float32)[:, None]))[:, 0].astype(float)
"""


@pytest.fixture
def doubling(tmp_path, probe):
    """A problem for Keras that forbids libraries other than the one that Keras stands on."""
    folder = shutil.copytree(probe.folder, tmp_path / "problems" / "doubling")
    shutil.copytree(probe.solutions, tmp_path / "solutions" / "doubling")
    (folder / "test_hidden.py").write_text(SUITE)
    (folder / "support.py").write_text(SUPPORT)
    text = (folder / "problem.toml").read_text()
    text = text.replace('entry_points = ["double"]', 'entry_points = ["double"]\nbackend = "keras"')
    text = text.replace('forbid = ["scipy", "keras.applications"]', f"forbid = {[*KERAS_BACKENDS]}")
    text = text.replace("cpu_seconds = 1", "cpu_seconds = 60").replace("memory_mib = 64", "memory_mib = 2048")
    (folder / "problem.toml").write_text(text)
    return catalogue.load("doubling", [tmp_path])


@pytest.mark.parametrize("backend", INSTALLED)
def test_each_backend(grade, doubling, backend):
    with Zygote("keras", keras_backend=backend, level=Level.PROCESS) as zygote:
        report = grade(SOURCE, doubling, zygote=zygote)
    assert report.passed, report.tests or report.failure
    assert (report.backend, report.facts["backend"]) == (backend, backend)
    assert report.device == (report.facts["accelerators"].split(", ")[0] or "cpu")


@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="TensorFlow is not installed")
def test_iterators_of_tensorflow_do_not_tune_themselves(grade, doubling):
    """Who drops one that does waits for its tuner, a thread that sleeps for up to a minute."""
    source = """
from pathlib import Path
import numpy as np
import tensorflow as tf


def threads():
    return len(list(Path("/proc/self/task").iterdir()))


def double(x):
    next(iter(tf.data.Dataset.range(9)))  # the pools of the library
    before = threads()
    kept = [iter(tf.data.Dataset.range(9)) for _ in range(20)]
    for each in kept:
        next(each)
    return np.array([2.0, 4.0 + (threads() - before > 60)])  # 20 less without tuners
"""
    with Zygote("keras", level=Level.PROCESS) as zygote:
        report = grade(source, doubling, zygote=zygote)
    assert report.passed, report.tests or report.failure


@pytest.fixture
def here(tmp_path, monkeypatch, doubling):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRACTICE_PROBLEMS", str(tmp_path))
    file = tmp_path / "solution.py"
    file.write_text(SOURCE)
    return file


def refused(capsys, *arguments):
    status = status_of([str(argument) for argument in arguments])
    return status, capsys.readouterr().err.strip().splitlines()[0]


@pytest.mark.parametrize("command", ["grade", "compare", "watch"])
def test_a_backend_that_is_not_installed(here, capsys, monkeypatch, command):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    said = refused(capsys, command, "doubling", "--file", here, "--backend", "jax")
    assert said == (2, "error: `jax` is not installed, and `--backend jax` needs it")


def test_a_problem_without_keras(here, capsys):
    text = (here.parent / "problems" / "doubling" / "problem.toml").read_text()
    (here.parent / "problems" / "doubling" / "problem.toml").write_text(text.replace('"keras"\n', '"numpy"\n'))
    said = refused(capsys, "grade", "doubling", "--file", here, "--backend", "tensorflow")
    assert said == (2, "error: `doubling` is a NumPy problem: `--backend` is for those that use Keras")


def test_an_unknown_backend(here, capsys):
    status, message = refused(capsys, "grade", "doubling", "--file", here, "--backend", "theano")
    assert status == 2
    assert "theano" in message
