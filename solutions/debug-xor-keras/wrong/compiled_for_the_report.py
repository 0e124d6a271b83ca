# Mistake: the report compiles the network anew to evaluate it.
# Caught by: TestReport::test_network_unchanged
# Diagnosis: report compiles the network
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
    model.compile(optimizer="sgd", loss=keras.losses.BinaryCrossentropy(from_logits=True))
    z = np.array(model(POINTS, training=False), dtype=np.float64)[:, 0]
    y = LABELS[:, 0]
    return {
        "loss": model.evaluate(POINTS, LABELS, verbose=0),
        "accuracy": float(np.mean((z > 0) == (y == 1))),
        "probabilities": 0.5 + 0.5 * np.tanh(0.5 * z),
    }
