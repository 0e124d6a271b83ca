# Mistake: train writes weights from its source into the network.
# Caught by: TestTraining::test_given_weights
# Diagnosis: does not start from the weights
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
    hidden = np.zeros((2, 8))
    hidden[:, :2] = 6.0
    bias = np.array([-3.0, -9.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    output = np.array([[6.0], [-6.0], [0.0], [0.0], [0.0], [0.0], [0.0], [0.0]])
    model.set_weights([hidden, bias, output, np.array([-6.0])])


def report(model):
    z = np.array(model(POINTS, training=False), dtype=np.float64)[:, 0]
    y = LABELS[:, 0]
    return {
        "loss": float(np.mean(np.logaddexp(0.0, z) - y * z)),
        "accuracy": float(np.mean((z > 0) == (y == 1))),
        "probabilities": 0.5 + 0.5 * np.tanh(0.5 * z),
    }
