"""The fastest recipe that we know for two cores: one short cycle of Adam over a network that pools at once."""

import time

import keras
import numpy as np

PEAK_RATE = 5e-3
MARGIN = 0.85


def preprocess(x_uint8):
    images = x_uint8 if x_uint8.ndim == 4 else x_uint8[..., None]
    return (images.astype(np.float32) - 73.0) / 90.0  # about the mean and spread of the grey levels of Fashion-MNIST


def augment(batch, rng):
    """Shift each image by up to one pixel along each axis."""
    n, height, width, _ = batch.shape
    padded = np.pad(batch, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded[..., 0], (height, width), axis=(1, 2))
    top, left = rng.integers(0, 3, size=(2, n))
    return windows[np.arange(n), top, left][..., None]


def build_model(input_shape, n_classes):
    layers = keras.layers
    padding = "valid" if min(input_shape[:2]) > 16 else "same"
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


def train(model, x, y, seconds):
    start = time.monotonic()
    images, rng = preprocess(x), np.random.default_rng()
    batch_size, epochs = (128, 2) if len(x) > 10_000 else (32, 15)
    steps = -(-len(x) // batch_size)
    model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    losses = []
    for step in range(epochs * steps):
        done = max(step / (epochs * steps), (time.monotonic() - start) / (MARGIN * seconds))
        if done >= 1.0:
            break
        if step % steps == 0:
            order = rng.permutation(len(x))
            model.reset_metrics()
            losses.append(0.0)
        rows = order[step % steps * batch_size :][:batch_size]
        # One cycle: up for a quarter of the way, then down to 0; what runs out first, steps or time, ends the way.
        model.optimizer.learning_rate = PEAK_RATE * min((done + 0.02) / 0.25, (1.0 - done) / 0.75)
        losses[-1] = float(model.train_on_batch(images[rows], y[rows]))
    return {"loss": losses}


def predict(model, x_uint8):
    return np.argmax(model.predict(preprocess(x_uint8), batch_size=500, verbose=0), axis=-1)
