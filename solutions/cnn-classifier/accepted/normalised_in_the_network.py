"""The network standardises its inputs itself and ends with a learnt scale: weights without axes, and built lazily."""

import time

import keras
import numpy as np
from scipy import ndimage


class Scale(keras.layers.Layer):
    """Multiplies everything by one number."""

    def build(self, input_shape):
        self.factor = self.add_weight(shape=(), initializer="ones", name="factor")

    def call(self, x):
        return self.factor * x


def preprocess(x_uint8):
    images = np.sqrt(np.asarray(x_uint8, dtype=np.float32) / 255)  # thin strokes become brighter
    return images[..., np.newaxis] if images.ndim == 3 else images


def augment(batch, rng):
    """Turn, zoom and shift, all by a little; background comes in."""
    low, high = batch.min(), batch.max()
    centre = (np.array(batch.shape[1:3]) - 1) / 2
    result = np.empty_like(batch)
    for source, target in zip(batch[..., 0], result[..., 0], strict=True):
        angle, zoom = np.deg2rad(rng.uniform(-8, 8)), rng.uniform(0.9, 1.1)
        matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / zoom
        offset = centre - matrix @ centre + rng.uniform(-0.5, 0.5, size=2)
        ndimage.affine_transform(source, matrix, offset, output=target, order=1, mode="constant", cval=low)
    return result.clip(low, high)


def build_model(input_shape, n_classes):
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Normalization(axis=None),
            layers.Conv2D(32, 3, padding="same", activation="swish"),
            layers.MaxPooling2D(),
            layers.DepthwiseConv2D(3, padding="same"),
            layers.Conv2D(72, 1, activation="swish"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="swish"),
            layers.Dense(n_classes),
            Scale(),
        ]
    )


def train(model, x, y, seconds):
    end = time.monotonic() + 0.85 * seconds
    rng = np.random.default_rng(3)
    model.layers[0].adapt(preprocess(x[rng.permutation(len(x))[:1000]]))
    model.compile(keras.optimizers.Nadam(3e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    losses = []
    for epoch in range(25):
        model.optimizer.learning_rate = 3e-3 * (1.0 - epoch / 25)
        total, seen = 0.0, 0
        for rows in np.array_split(rng.permutation(len(x)), -(-len(x) // 50)):
            model.reset_metrics()
            total += len(rows) * float(model.train_on_batch(augment(preprocess(x[rows]), rng), y[rows]))
            seen += len(rows)
            if time.monotonic() > end:
                return {"loss": [*losses, total / seen]}
        losses.append(total / seen)
    return {"loss": losses}


def predict(model, x_uint8):
    outputs = model(preprocess(x_uint8), training=False)
    return keras.ops.convert_to_numpy(outputs).argmax(axis=1).astype(np.uint8)
