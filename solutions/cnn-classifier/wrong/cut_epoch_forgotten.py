# Mistake: the epoch that the clock cuts short gets no entry in the history.
# Caught by: TestBudget::test_history_of_a_long_epoch
# Diagnosis: the epoch that the clock cuts short was begun too
"""A convolutional network for small grey images, trained within a time budget."""

import time

import keras
import numpy as np

EPOCHS = 20
BATCH_SIZE = 64
PEAK_RATE = 5e-3
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
    """Two 3x3 convolutions before the only pooling, a small dense layer, and logits."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(input_shape),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.Conv2D(32, 3, padding="same", strides=2 if input_shape[0] > 16 else 1, activation="relu"),
            layers.MaxPooling2D(),  # (N, 8, 8, 32) -> (N, 4, 4, 32)
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(n_classes),
        ]
    )


def train(model: keras.Model, x: np.ndarray, y: np.ndarray, seconds: float) -> dict[str, list[float]]:
    """Adam with one cycle of the learning rate; what runs out first, epochs or time, ends the cycle."""
    start = time.monotonic()
    rng = np.random.default_rng(0)
    images = preprocess(x)
    model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    steps_per_epoch = -(-len(x) // BATCH_SIZE)
    losses: list[float] = []
    for epoch in range(EPOCHS):
        order = rng.permutation(len(x))
        batches: list[float] = []
        for batch in range(steps_per_epoch):
            step = epoch * steps_per_epoch + batch
            done = max(step / (EPOCHS * steps_per_epoch), (time.monotonic() - start) / (MARGIN * seconds))
            if done >= 1.0:
                return {"loss": losses}
            rows = order[batch * BATCH_SIZE : (batch + 1) * BATCH_SIZE]
            model.optimizer.learning_rate = PEAK_RATE * min(0.02 + done / 0.2, (1.0 - done) / 0.8)
            model.reset_metrics()  # older Keras returns the mean of all batches since then
            batches.append(float(model.train_on_batch(augment(images[rows], rng), y[rows])))
        losses.append(float(np.mean(batches)))
    return {"loss": losses}


def predict(model: keras.Model, x_uint8: np.ndarray) -> np.ndarray:
    """The class with the largest logit, without augmentation."""
    logits = model.predict(preprocess(x_uint8), batch_size=256, verbose=0)  # (N, K)
    return np.argmax(logits, axis=-1)
