"""A Sequential network of sigmoid units with seeded initializers, trained by train_on_batch."""

import keras
import numpy as np

X = np.array([(a, b) for a in (0, 1) for b in (0, 1)], dtype="float32")
Y = np.array([a ^ b for a in (0, 1) for b in (0, 1)], dtype="float32")[:, None]


def build_model(seed):
    init = keras.initializers.GlorotNormal
    return keras.Sequential(
        [
            keras.layers.Input((2,)),
            keras.layers.Dense(10, activation="sigmoid", kernel_initializer=init(seed=seed)),
            keras.layers.Dense(1, kernel_initializer=init(seed=seed + 2**31)),
        ]
    )


def train(model, seed):
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.1),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
    )
    for _ in range(400):
        model.train_on_batch(X, Y)


def report(model):
    z = keras.ops.convert_to_numpy(model(X))
    loss = keras.losses.BinaryCrossentropy(from_logits=True)(Y, z)
    p = keras.ops.convert_to_numpy(keras.ops.sigmoid(z))
    return {
        "loss": float(loss),
        "accuracy": float(((p > 0.5) == Y.astype(bool)).mean()),
        "probabilities": p.reshape(4),
    }
