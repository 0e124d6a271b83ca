"""Each shipped problem is complete, and its suite tells right from wrong as its solutions promise."""

import subprocess
import sys
from pathlib import Path

import pytest

from grader import catalogue, verify
from grader.processes import Zygote

PROBLEMS = list(catalogue.load_all(catalogue.roots()))
NUMPY = [problem for problem in PROBLEMS if problem.file.backend == "numpy"]
SEED = 20
WRONG_IN_SAMPLE = 6


def names(problems):
    return [problem.slug for problem in problems]


@pytest.mark.parametrize("problem", PROBLEMS, ids=names(PROBLEMS))
def test_nothing_is_missing(problem):
    assert verify.missing_parts(problem) == []


@pytest.mark.parametrize("problem", PROBLEMS, ids=names(PROBLEMS))
def test_wrong_solutions_say_what_they_promise(problem):
    for path in sorted((problem.solutions / "wrong").glob("*.py")):
        assert verify.promise_of(path.read_bytes()) is not None, path


@pytest.mark.parametrize("problem", NUMPY, ids=names(NUMPY))
def test_suite_tells_right_from_wrong(problem):
    """Every right solution and a fixed sample of the wrong ones; `practice verify` grades them all."""
    wrong = sorted((problem.solutions / "wrong").glob("*.py"))
    sample = {path.name for path in wrong[:: max(1, len(wrong) // WRONG_IN_SAMPLE)]}
    entries = list(verify.prove(problem, [SEED], lambda kind, name: kind != "wrong" or name in sample))
    assert {f"{entry.name}: {entry.trouble}" for entry in entries if entry.trouble} == set()


@pytest.mark.parametrize("problem", PROBLEMS, ids=names(PROBLEMS))
def test_examples_pass_with_the_reference(problem, tmp_path):
    (tmp_path / "solution.py").write_bytes(problem.reference.read_bytes())
    (tmp_path / "test_examples.py").write_text(problem.read("test_examples.py"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("slug", "wrong"),
    [
        (
            "cnn-classifier",
            ["vertical_flip", "softmax_outputs", "dense_only", "too_many_parameters", "raw_grey_levels"],
        ),
        (
            "debug-xor-keras",
            ["linear_hidden", "sigmoid_twice", "rounded_loss", "xor_in_a_lambda", "solved_from_the_start"],
        ),
    ],
)
def test_keras_problem_tells_right_from_wrong(slug, wrong):
    """The reference and some wrong solutions that fail before a long training."""
    chosen = {"reference.py", "stub.py", *(f"{name}.py" for name in wrong)}
    problem = catalogue.load(slug, catalogue.roots())
    entries = list(verify.prove(problem, [SEED], lambda kind, name: name in chosen))
    assert {f"{entry.name}: {entry.trouble}" for entry in entries if entry.trouble} == set()
    assert len(entries) == len(chosen)


UNLUCKY = """
_train, _runs = train, []

def train(model, x, y, seconds):
    _runs.append(seconds)
    some = 130 if len(_runs) in {unlucky} else len(x)
    return _train(model, x[:some], y[:some], seconds)
"""


@pytest.mark.parametrize(("unlucky", "verdict"), [((1,), "passed"), ((1, 2), "wrong answer")], ids=["once", "twice"])
def test_a_classifier_that_comes_close_is_trained_again(grade, unlucky, verdict):
    """The end of a training has luck in it: one that misses the bar by little is no verdict yet, two are."""
    problem = catalogue.load("cnn-classifier", catalogue.roots())
    source = problem.reference.read_bytes() + UNLUCKY.format(unlucky=unlucky).encode()
    with Zygote("keras") as zygote:
        report = grade(source, problem, SEED, zygote=zygote, select="test_accuracy")
    assert report.verdict == verdict
    assert ("second training" in str(report.tests[0].failure)) == (verdict != "passed")


UNTRAINED = """
def train(model, x, y, seconds):
    return {"loss": [2.35, 2.28, 2.31, 2.36, 2.29, 2.27]}
"""


def test_losses_that_vary_by_chance_do_not_fall(grade):
    """The last of some losses of single batches is a little smaller than the first one half of the time."""
    problem = catalogue.load("cnn-classifier", catalogue.roots())
    with Zygote("keras") as zygote:
        report = grade(
            problem.reference.read_bytes() + UNTRAINED.encode(), problem, SEED, zygote=zygote, select="test_history"
        )
    assert "the loss does not fall" in str([test.failure for test in report.tests if test.id.endswith("test_history")])


DIVERGING_ON_EQUAL_IMAGES = """
def train(model, x, y, seconds):
    equal = np.ptp(x, axis=0).max() == 0
    return {"loss": [np.nan if equal else 2.0 / (1 + epoch) for epoch in range(20)]}
"""


def test_losses_that_are_no_numbers_are_no_sum(grade):
    problem = catalogue.load("cnn-classifier", catalogue.roots())
    source = problem.reference.read_bytes() + DIVERGING_ON_EQUAL_IMAGES.encode()
    with Zygote("keras") as zygote:
        report = grade(source, problem, SEED, zygote=zygote, select="test_history_of_equal_images")
    [result] = report.tests
    assert "a sum" not in str(result.failure)


TAKES_PROBABILITIES = """
def train(model, x, y, seconds):
    model.compile(optimizer="sgd", loss="{loss}")
    return {{"loss": [float(model.train_on_batch(preprocess(x[:8]), {labels}))]}}
"""


@pytest.mark.parametrize(
    ("loss", "labels"),
    [
        ("sparse_categorical_crossentropy", "y[:8]"),
        ("categorical_crossentropy", "keras.ops.one_hot(y[:8], 10)"),
    ],
)
def test_a_loss_that_takes_logits_for_probabilities_is_named(grade, loss, labels):
    """Also where the outputs of an image do not end up with the same sign, as after the one step here."""
    problem = catalogue.load("cnn-classifier", catalogue.roots())
    source = problem.reference.read_bytes() + TAKES_PROBABILITIES.format(loss=loss, labels=labels).encode()
    with Zygote("keras") as zygote:
        report = grade(source, problem, SEED, zygote=zygote, select="test_accuracy")
    [result] = report.tests
    assert "the loss takes them for probabilities" in str(result.failure)
    assert result.call.startswith("predict(")


def test_the_training_that_failed_is_the_one_that_is_shown(grade):
    """Why it failed is found out with another training, which succeeds."""
    problem = catalogue.load("cnn-classifier", catalogue.roots())
    source = (problem.solutions / "wrong" / "empty_last_batch.py").read_bytes()
    with Zygote("keras") as zygote:
        report = grade(source, problem, SEED, zygote=zygote, select="test_other_images_and_classes")
    [result] = report.tests
    assert "with 640 of these 641 images it trains" in str(result.failure)
    assert result.call.startswith("train(")


def test_hidden_suites_use_checks_and_no_plain_assert():
    for problem in PROBLEMS:
        lines = problem.suite.read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if line.strip().startswith("assert ")] == [], problem.slug


def test_content_folders_are_no_packages():
    root = catalogue.content_root()
    found = [path for name in ("problems", "solutions", "datasets") for path in (root / name).rglob("__init__.py")]
    assert found == [], "a package there would shadow others"
    assert not Path(__file__).with_name("__init__.py").exists()
