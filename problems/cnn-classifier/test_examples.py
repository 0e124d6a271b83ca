"""The examples of the statement: run them with `pytest`, or in your IDE's debugger."""

import time

import keras
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from solution import augment, build_model, predict, preprocess, train


def bars(n, rng):
    """Two classes of 8 x 8 images: a bright column, or a bright row."""
    x = rng.integers(0, 40, size=(n, 8, 8), dtype=np.uint8)
    y = rng.integers(0, 2, size=n)
    for image, label, where in zip(x, y, rng.integers(2, 6, size=n), strict=True):
        (image if label else image.T)[where] = 255
    return x, y


def test_preprocess():
    x = np.array([[[0, 255], [51, 204]]], dtype=np.uint8)
    images = preprocess(x)
    assert images.shape == (1, 2, 2, 1)
    assert images.dtype == np.float32
    assert np.abs(images).max() <= 10
    assert len(np.unique(images)) == 4


def test_augment():
    batch = preprocess(bars(32, np.random.default_rng(0))[0])
    one = augment(batch, np.random.default_rng(1))
    assert one.shape == batch.shape
    assert one.dtype == np.float32
    assert_array_equal(one, augment(batch, np.random.default_rng(1)))
    assert (one != augment(batch, np.random.default_rng(2))).any()


@pytest.mark.parametrize("size", [8, 28])
def test_parameter_budget(size):
    model = build_model((size, size, 1), 10)
    assert model(np.zeros((2, size, size, 1), np.float32)).shape == (2, 10)
    assert model.count_params() <= 300_000


def test_rows_and_columns():
    keras.utils.set_random_seed(0)
    x, y = bars(400, np.random.default_rng(0))
    model = build_model((8, 8, 1), 2)
    start = time.perf_counter()
    history = train(model, x[:300], y[:300], 20.0)
    assert time.perf_counter() - start < 40
    assert np.isfinite(history["loss"]).all()
    labels = predict(model, x[300:])
    assert labels.shape == (100,)
    assert np.mean(labels == y[300:]) > 0.9
