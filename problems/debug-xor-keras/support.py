"""Runs in the worker: calls networks as one calls any network, and builds and trains some of its own."""

import itertools
import random
import time

import keras
import numpy as np
import tensorflow as tf

POINTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], np.float32)
LABELS = np.array([[0.0], [1.0], [1.0], [0.0]], np.float32)
OTHER_SEEDS = itertools.count(1 << 30)


def outputs(model, x):
    """The outputs of a network in inference mode, as an array."""
    return keras.ops.convert_to_numpy(model(np.asarray(x, np.float32), training=False))


def network(logits):
    """A network with these logits at the four points: no compile, no training."""
    units = keras.layers.Dense(3, activation="relu")
    output = keras.layers.Dense(1)
    model = keras.Sequential([keras.Input((2,)), units, output])
    model.set_weights(weights_for(logits))
    return model


def weights_for(logits):
    """The weights of `network` that give these logits: the units are x1, x2, and 1 at the last point only."""
    z00, z01, z10, z11 = (float(z) for z in logits)
    return [
        np.array([[1, 0, 1], [0, 1, 1]], np.float32),
        np.array([0, 0, -1], np.float32),
        np.array([[z10 - z00], [z01 - z00], [z11 - z10 - z01 + z00]], np.float32),
        np.array([z00], np.float32),
    ]


def network_with_modes(logits):
    """A network with these logits in inference mode; in training mode batch normalization and dropout give others."""
    means, variances, epsilon = np.float32([0.6, 0.2, 0.4]), np.float32([4.0, 0.5, 2.0]), 1e-3
    normalization = keras.layers.BatchNormalization(epsilon=epsilon, center=False, scale=False)
    units, dropout, output = keras.layers.Dense(3, activation="relu"), keras.layers.Dropout(0.5), keras.layers.Dense(1)
    model = keras.Sequential([keras.Input((2,)), units, normalization, dropout, output])
    first_kernel, first_bias, kernel, bias = weights_for(logits)
    units.set_weights([first_kernel, first_bias])
    normalization.set_weights([means, variances])
    output.set_weights([kernel * np.sqrt(variances + epsilon)[:, None], bias + means @ kernel])
    return model


def compiled_network(logits):
    """A network with these logits that somebody has compiled, and its optimizer."""
    model = network(logits)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    return model, model.optimizer


def same_object(one, other):
    """Whether two names stand for one object."""
    return one is other


def continued(model, steps=1000, rate=0.05):
    """The logits after this many more steps of Adam; the weights are put back afterwards."""
    kept = model.get_weights()
    weights = model.trainable_variables
    if not weights:
        return outputs(model, POINTS)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(weights)

    @tf.function
    def run():
        for _ in tf.range(steps):
            with tf.GradientTape() as tape:
                value = loss(LABELS, model(POINTS, training=True))
            grads = tape.gradient(value, weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)
            optimizer.apply_gradients(zip(grads, weights, strict=True))

    run()
    result = outputs(model, POINTS)
    model.set_weights(kept)
    return result


def put_back(model, weights):
    """Give a network the weights that it had: no call of the submission's that a report should name."""
    model.set_weights(weights)


def fit_epochs(epochs):
    """CPU seconds of one epoch of `fit` on the four points."""
    model = network([0.0, 0.0, 0.0, 0.0])
    model.compile(optimizer="adam", loss=keras.losses.BinaryCrossentropy(from_logits=True))
    model.fit(POINTS, LABELS, epochs=2, verbose=0)  # compiles
    start = time.process_time()
    model.fit(POINTS, LABELS, epochs=epochs, verbose=0)
    return (time.process_time() - start) / epochs


def cpu_seconds():
    """CPU seconds of this worker so far."""
    return time.process_time()


def draw_numbers():
    """Seed every global generator anew and draw from it, as another part of a program may do."""
    keras.utils.set_random_seed(next(OTHER_SEEDS))
    random.random()
    np.random.random()  # noqa: NPY002
    tf.random.uniform(())
    keras.random.uniform(())
