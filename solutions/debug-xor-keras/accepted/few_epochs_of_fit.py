"""Plain fit: five epochs, in each of which the four points come a hundred times."""

import keras
import numpy as np

X = np.float32([[0, 0], [0, 1], [1, 0], [1, 1]])
Y = np.float32([[0], [1], [1], [0]])


def build_model(seed):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential()
    model.add(keras.Input((2,)))
    model.add(keras.layers.Dense(15, activation="tanh"))
    model.add(keras.layers.Dense(1))
    return model


def train(model, seed):
    keras.utils.set_random_seed(seed)
    model.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True), metrics=["accuracy"])
    model.optimizer.learning_rate = 0.05
    model.fit(np.tile(X, (100, 1)), np.tile(Y, (100, 1)), batch_size=4, epochs=5, verbose=0)


def report(model):
    z = np.asarray(model(X), np.float64).reshape(-1)
    p = 1 / (1 + np.exp(-z))
    loss = 0.0
    for value, label in zip(z, Y[:, 0], strict=True):
        margin = value if label else -value
        loss += max(0.0, -margin) + np.log1p(np.exp(-abs(margin)))
    return {"loss": loss / 4, "accuracy": int(((p > 0.5) == (Y[:, 0] > 0.5)).sum()) / 4, "probabilities": np.float32(p)}
