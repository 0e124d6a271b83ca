"""The hidden layer stays as it was drawn; the last layer is solved for logits of 8 and -8 by least squares."""

import keras
import numpy as np

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
SIGNS = np.array([-1.0, 1.0, 1.0, -1.0])


def build_model(seed):
    keras.utils.set_random_seed(seed)
    wide = keras.initializers.RandomNormal(stddev=1.5)
    inputs = keras.Input((2,))
    hidden = keras.layers.Dense(12, activation="tanh", kernel_initializer=wide, bias_initializer=wide)(inputs)
    return keras.Model(inputs, keras.layers.Dense(1)(hidden))


def train(model, seed):
    hidden, last = model.layers[-2:]
    features = np.c_[keras.ops.convert_to_numpy(hidden(X)), np.ones(4)].astype(np.float64)  # (4, 13)
    solution = np.linalg.lstsq(features, 8.0 * SIGNS, rcond=None)[0]
    last.set_weights([solution[:-1, None], solution[-1:]])


def report(model):
    z = np.array(model(X))[:, 0].astype(np.float64)
    return {
        "loss": np.mean(np.logaddexp(0.0, -SIGNS * z)),
        "accuracy": np.mean((z > 0) == (SIGNS > 0)),
        "probabilities": np.exp(-np.logaddexp(0.0, -z)),
    }
