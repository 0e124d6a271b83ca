# Mistake: each of two phases of the training gets all of the time.
# Caught by: TestBudget::test_stops_in_time
# Diagnosis: the more time train is given, the more it overruns its budget
"""A network that pools at once, and two phases of Adam within the time given."""

import time

import keras
import numpy as np

FEW_IMAGES = 10_000
PEAK_RATE = 2e-3
EPOCHS = 24
MARGIN = 0.9  # part of the given time that is used; the rest is for the last step and for returning


def preprocess(x_uint8: np.ndarray) -> np.ndarray:
    """Map the grey levels 0..255 to [-1, 1]; the same map for every image, so no statistics can leak."""
    images = x_uint8 if x_uint8.ndim == 4 else x_uint8[..., None]  # (N, H, W) -> (N, H, W, 1)
    return images.astype(np.float32) / 127.5 - 1.0


def augment(batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shift each image by -1, 0 or 1 pixel along each axis; the border is repeated, nothing wraps around."""
    n, height, width, _ = batch.shape
    padded = np.pad(batch, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    top, left = rng.integers(0, 3, size=(2, n, 1, 1))
    rows = top + np.arange(height)[:, None]  # (N, H, 1)
    columns = left + np.arange(width)  # (N, 1, W)
    return padded[np.arange(n)[:, None, None], rows, columns]  # (N, H, W, 1)


def build_model(input_shape: tuple[int, int, int], n_classes: int) -> keras.Model:
    """Few channels where the picture is large: most of the time goes where channels meet many pixels."""
    layers = keras.layers
    padding = "same" if min(input_shape[:2]) <= 16 else "valid"  # the border of a large picture tells little
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(16, 3, padding=padding, activation="relu"),
            layers.MaxPooling2D(),  # (N, 28, 28, 1) -> (N, 13, 13, 16)
            layers.Conv2D(48, 3, padding=padding, strides=2, activation="relu"),
            layers.Flatten(),  # (N, 6, 6, 48) -> (N, 1728)
            layers.Dense(128, activation="relu"),
            layers.Dense(n_classes),
        ]
    )


def train(model: keras.Model, x: np.ndarray, y: np.ndarray, seconds: float) -> dict[str, list[float]]:
    """Two phases, fast steps and then fine ones."""
    model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    losses = phase(model, x, y, seconds, PEAK_RATE)
    return {"loss": losses + phase(model, x, y, seconds, PEAK_RATE / 10.0)}


def phase(model: keras.Model, x: np.ndarray, y: np.ndarray, seconds: float, rate: float) -> list[float]:
    """Some epochs with one learning rate, in the time given; the mean loss of each."""
    start = time.monotonic()
    rng = np.random.default_rng(0)
    batch_size = 32 if len(x) <= FEW_IMAGES else 128
    model.optimizer.learning_rate = rate
    losses: list[float] = []
    for _ in range(EPOCHS):
        batches: list[float] = []
        losses.append(0.0)
        order = rng.permutation(len(x))
        for first in range(0, len(x), batch_size):
            rows = order[first : first + batch_size]
            model.reset_metrics()  # older Keras returns the mean of all batches since then
            batches.append(float(model.train_on_batch(preprocess(x[rows]), y[rows])))
            losses[-1] = float(np.mean(batches))
            if time.monotonic() - start > MARGIN * seconds:
                return losses
    return losses


def predict(model: keras.Model, x_uint8: np.ndarray) -> np.ndarray:
    """The class with the largest logit, without augmentation."""
    logits = model.predict(preprocess(x_uint8), batch_size=256, verbose=0)  # (N, K)
    return np.argmax(logits, axis=-1)
