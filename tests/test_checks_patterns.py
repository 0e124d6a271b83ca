"""Whole-answer patterns: each is named, and none where it does not fit."""

import numpy as np
import pytest

from grader.checks import close, equal
from grader.checks.patterns import recognise

X = np.array([[1.0, -2.0, 4.5], [0.25, 3.0, -7.0]])
SQUARE = np.array([[1.0, 2.0, 3.0], [4.0, 5.5, 6.0], [7.0, 8.0, 9.25]])
PATTERNS = [
    (X.T, X, "It is the transpose of the expected array."),
    (SQUARE.T, SQUARE, "It is the transpose of the expected array."),
    (X.ravel(), X, "The values are right, the shape is not."),
    (X[None], X, "The values are right, the shape is not."),
    (X, X.sum(axis=0), "A sum over the first axis is missing."),
    (np.zeros_like(X), X, "Every value is zero."),
    (-X, X, "Every value has the opposite sign."),
    (X / 4, X, "Every value is 1/4 × the expected one: a sum for a mean, or a constant factor?"),
    (X * 6, X, "Every value is 6 × the expected one: a sum for a mean, or a constant factor?"),
    (X * 0.375, X, "Every value is 0.375 × the expected one: a sum for a mean, or a constant factor?"),
    (X * -2, X, "Every value is -2 × the expected one: a sum for a mean, or a constant factor?"),
    (X + 0.5, X, "Every value is off by the same 0.5."),
    (X[::-1], X, "It is reversed along axis 0."),
    (X[:, ::-1], X, "It is reversed along axis 1."),
    (X[:, [1, 0, 2]], X, "The values are right but stand in another order."),
]


@pytest.mark.parametrize(("got", "expected", "sentence"), PATTERNS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_pattern(got, expected, sentence, dtype):
    assert recognise(got.astype(dtype), expected.astype(dtype), {}) == sentence


@pytest.mark.parametrize(("got", "expected", "sentence"), PATTERNS)
def test_pattern_in_a_report(failing, got, expected, sentence):
    note = failing(close, got, expected, name="out", note="The axis is 0.").failure.note
    statement = sentence.replace(": a sum for a mean, or a constant factor?", ".")  # a guess may contradict the note
    assert note == f"The axis is 0. {statement}"
    assert failing(close, got, expected, name="out").failure.note == sentence


def test_input_that_comes_back(failing, called_with):
    called_with(x=X, y=X + 1)
    assert failing(close, X.copy(), 2 * X, name="out").failure.note == "It is the argument `x`, unchanged."
    assert failing(close, X + 1, 2 * X, name="out").failure.note == "It is the argument `y`, unchanged."


def test_input_that_is_the_right_answer_is_no_mistake(failing, called_with):
    called_with(x=X)
    assert "unchanged" not in failing(close, X.astype(int), X, name="out").failure.note
    got = X.copy()
    got[0, 0] += 2e-6  # wrong by the tolerance, yet close to the input that should come back
    assert failing(close, got, X, name="out").failure.note == ""


def test_mistake_goes_first(failing, called_with):
    called_with(x=X)
    assert failing(close, X.copy(), 2 * X, name="out", mistakes=[(X, "not doubled")]).failure.note == "not doubled"


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (X * 1.0005, X),
        (X + np.arange(6).reshape(2, 3), X),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (X * 2, np.where(X > 4, np.inf, X)),
        (np.array([True, False, True]), np.array([False, True, False])),
        (np.array([1.0, 0.0, 1.0]), np.array([False, True, False])),
        (np.array([255, 254, 253], np.uint8), np.array([1, 2, 3], np.uint8)),
        (np.array([1.0, 1.0, 0.0]), np.array([0.0, 1.0, 1.0]) * 0),
        (np.full(3, 1e308), np.array([1e308, -1e308, 5.0])),
        (np.array([1.0, 2.0]), np.array([2.0, 1.0])),
    ],
    ids=repr,
)
def test_no_pattern(got, expected):
    assert recognise(got, expected, {}) == ""


def test_two_values_are_too_few_for_most():
    assert recognise(np.array([2.0, 4.0]), np.array([1.0, 2.0]), {}) == ""
    assert recognise(np.array([-1.0, -2.0]), np.array([1.0, 2.0]), {}) == "Every value has the opposite sign."


def test_complex():
    z = np.array([1 + 2j, 3 - 1j, 0.5j])
    assert recognise(2 * z, z, {}).startswith("Every value is 2 ×")
    assert recognise(-z, z, {}) == "Every value has the opposite sign."


def test_labels(failing):
    labels = np.array([3, 1, 2, 0, 4])
    assert failing(equal, labels[::-1].copy(), labels, name="labels").failure.note == "It is reversed along axis 0."
    assert failing(equal, labels + 1, labels, name="labels").failure.note == "Every value is off by the same 1."


def test_nan_and_dtype_have_no_pattern(failing):
    got = np.where(X > 4, np.nan, 2 * X)
    assert failing(close, got, X, name="out").failure.note == ""
    assert failing(close, (2 * X).astype(np.float16), X, name="out").failure.note == ""
