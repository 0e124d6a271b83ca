# Mistake: the network makes its weights only when it is called, from whatever is drawn by then.
# Caught by: TestBuild::test_parameters
# Diagnosis: made only when the network is first called
"""A Keras network that learns XOR, and a report on it."""

import keras
import numpy as np
import tensorflow as tf

POINTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=np.float32)
LABELS = np.array([[0.0], [1.0], [1.0], [0.0]], dtype=np.float32)


class Network(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = keras.layers.Dense(8, activation="tanh")
        self.output_layer = keras.layers.Dense(1)

    def call(self, x, training=False):
        return self.output_layer(self.hidden(x))


def build_model(seed):
    keras.utils.set_random_seed(seed)
    return Network()


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
