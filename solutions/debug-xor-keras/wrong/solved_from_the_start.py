# Mistake: the answer stands in build_model as weights, with a little noise from the seed.
# Caught by: TestBuild::test_untrained
# Diagnosis: written into build_model as weights
"""A Keras network that learns XOR, and a report on it."""

import keras
import numpy as np
import tensorflow as tf

POINTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=np.float32)
LABELS = np.array([[0.0], [1.0], [1.0], [0.0]], dtype=np.float32)


def build_model(seed):
    rng = np.random.default_rng(seed)
    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Dense(2, activation="tanh")(inputs)))
    solution = [np.full((2, 2), 6.0), np.array([-3.0, -9.0]), np.array([[6.0], [-6.0]]), np.array([-6.0])]
    model.set_weights([w + rng.normal(0, 0.01, w.shape) for w in solution])
    return model


def train(model, seed):
    weights = model.trainable_variables
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    optimizer = keras.optimizers.Adam(0.05)
    optimizer.build(weights)

    @tf.function
    def run():
        for _ in tf.range(1000):
            with tf.GradientTape() as tape:
                loss = cross_entropy(LABELS, model(POINTS, training=True))
            optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))

    run()


def report(model):
    z = np.array(model(POINTS, training=False), dtype=np.float64)[:, 0]
    y = LABELS[:, 0]
    return {
        "loss": float(np.mean(np.logaddexp(0.0, z) - y * z)),
        "accuracy": float(np.mean((z > 0) == (y == 1))),
        "probabilities": 0.5 + 0.5 * np.tanh(0.5 * z),
    }
