"""XOR in Keras: eight tanh units, a thousand steps of Adam in one compiled loop, and a report from the logits."""

import keras
import numpy as np
import tensorflow as tf

POINTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=np.float32)
LABELS = np.array([[0.0], [1.0], [1.0], [0.0]], dtype=np.float32)
HIDDEN_UNITS = 8  # of 20,000 starts none got stuck; with two units every other one does
LEARNING_RATE = 0.05
STEPS = 1000


def build_model(seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((2,))
    hidden = keras.layers.Dense(HIDDEN_UNITS, activation="tanh")(inputs)  # (N, 2) -> (N, 8)
    return keras.Model(inputs, keras.layers.Dense(1)(hidden))  # (N, 8) -> (N, 1), logits


def train(model: keras.Model, seed: int) -> None:
    """All four points in every step, so that nothing is drawn: the seed is not needed."""
    weights = model.trainable_variables
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    optimizer = keras.optimizers.Adam(LEARNING_RATE)
    optimizer.build(weights)  # variables are made before the loop is traced, not in it

    @tf.function  # the whole loop is one call: an epoch of `fit` costs a hundred times as much as a step
    def run():
        for _ in tf.range(STEPS):
            with tf.GradientTape() as tape:
                loss = cross_entropy(LABELS, model(POINTS, training=True))
            optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))

    run()


def report(model: keras.Model) -> dict[str, float | np.ndarray]:
    logits = keras.ops.convert_to_numpy(model(POINTS, training=False)).astype(np.float64)  # (4, 1)
    losses = np.logaddexp(0.0, logits) - LABELS * logits  # log(1 + e^z) - y z, never log(0)
    return {
        "loss": float(losses.mean()),
        "accuracy": float(np.mean((logits > 0.0) == LABELS)),
        "probabilities": (0.5 + 0.5 * np.tanh(0.5 * logits)).ravel(),  # (4, 1) -> (4,)
    }
