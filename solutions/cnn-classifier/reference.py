"""Reference solution: a network that pools at once, and one short cycle of Adam within the time given."""

import time

import keras
import numpy as np

FEW_IMAGES = 10_000
PEAK_RATE = 7e-3
RESERVE = 0.3  # seconds of those given, for the last step and for returning


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
    """Adam with one cycle of the learning rate; what runs out first, epochs or time, ends the cycle."""
    start, usable = time.monotonic(), seconds - RESERVE
    rng = np.random.default_rng(0)
    # So few epochs that no image is learnt by heart: augmentation would cost time and gain nothing.
    batch_size, epochs = (32, 15) if len(x) <= FEW_IMAGES else (128, 1.5)
    steps = -(-len(x) // batch_size)  # in an epoch
    last = int(epochs * steps)
    model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    losses: list[list[float]] = []  # of the batches of each epoch
    for step in range(last):
        spent = time.monotonic() - start
        if spent > usable:
            break
        done = max(step / last, spent / usable)
        epoch, batch = divmod(step, steps)
        if batch == 0:
            order = rng.permutation(len(x))
            losses.append([])
        rows = order[batch * batch_size : (batch + 1) * batch_size]
        model.optimizer.learning_rate = PEAK_RATE * min((done + 0.02) / 0.25, (1.0 - done) / 0.75)
        model.reset_metrics()  # older Keras returns the mean of all batches since then
        losses[epoch].append(float(model.train_on_batch(preprocess(x[rows]), y[rows])))
    return {"loss": [float(np.mean(batches)) for batches in losses]}


def predict(model: keras.Model, x_uint8: np.ndarray) -> np.ndarray:
    """The class with the largest logit, without augmentation."""
    logits = model.predict(preprocess(x_uint8), batch_size=256, verbose=0)  # (N, K)
    return np.argmax(logits, axis=-1)
