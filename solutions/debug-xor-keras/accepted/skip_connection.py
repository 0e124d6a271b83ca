"""Inputs go on beside the hidden layer; the squared error of the sigmoid is minimised by a compiled step."""

import keras
import numpy as np
import tensorflow as tf

X = tf.constant([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = tf.constant([[0.0], [1.0], [1.0], [0.0]])


def build_model(seed):
    keras.utils.set_random_seed(seed)
    x = keras.Input((2,))
    h = keras.layers.Dense(9, activation="tanh")(x)
    return keras.Model(x, keras.layers.Dense(1)(keras.layers.Concatenate()([x, h])))


def train(model, seed):
    optimizer = keras.optimizers.Adam(0.05)
    optimizer.build(model.trainable_variables)

    @tf.function
    def ten_steps():
        for _ in range(10):
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean((tf.sigmoid(model(X)) - Y) ** 2)
            optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        return loss

    for _ in range(150):
        ten_steps()


def report(model):
    z = model.predict(np.array(X), verbose=0).astype("float64").squeeze(1)
    y = np.array(Y)[:, 0]
    p = np.where(z >= 0, 1 / (1 + np.exp(-abs(z))), np.exp(-abs(z)) / (1 + np.exp(-abs(z))))
    return {
        "loss": np.average(np.log(1 + np.exp(z)) - y * z),
        "accuracy": np.average((p > 0.5) == y),
        "probabilities": p,
    }
