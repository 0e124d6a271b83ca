# Mistake: a thousand epochs of fit on four points, with a larger rate.
# Caught by: TestTraining::test_price
# Diagnosis: time limit: thousands of tiny epochs
"""A Keras network that learns XOR, and a report on it."""

import keras
import numpy as np
import tensorflow as tf

POINTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=np.float32)
LABELS = np.array([[0.0], [1.0], [1.0], [0.0]], dtype=np.float32)


def build_model(seed):
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((2,))
    hidden = keras.layers.Dense(8, activation="tanh")(inputs)
    outputs = keras.layers.Dense(1)(hidden)
    return keras.Model(inputs, outputs)


def train(model, seed):
    model.compile(optimizer=keras.optimizers.Adam(0.05), loss=keras.losses.BinaryCrossentropy(from_logits=True))
    model.fit(POINTS, LABELS, epochs=1000, batch_size=4, verbose=0)


def report(model):
    z = np.array(model(POINTS, training=False), dtype=np.float64)[:, 0]
    y = LABELS[:, 0]
    return {
        "loss": float(np.mean(np.logaddexp(0.0, z) - y * z)),
        "accuracy": float(np.mean((z > 0) == (y == 1))),
        "probabilities": 0.5 + 0.5 * np.tanh(0.5 * z),
    }
