"""Gradient descent in NumPy, on the weights of the network, which get them back at the end."""

import keras
import numpy as np

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
Y = np.array([[0], [1], [1], [0]], float)


def build_model(seed):
    rng = np.random.default_rng(seed)
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(8, activation="tanh"), keras.layers.Dense(1)])
    model.set_weights([rng.standard_normal((2, 8)), np.zeros(8), 0.5 * rng.standard_normal((8, 1)), np.zeros(1)])
    return model


def train(model, seed):
    W, b, w, c = (p.astype(float) for p in model.get_weights())
    for _ in range(2000):
        A = np.tanh(X @ W + b)
        delta = (1 / (1 + np.exp(-(A @ w + c))) - Y) / 4
        back = (delta @ w.T) * (1 - A * A)
        w, c = w - A.T @ delta, c - delta.sum(0)
        W, b = W - X.T @ back, b - back.sum(0)
    model.set_weights([W, b, w, c])


def report(model):
    z = model(X).numpy().ravel()
    p = keras.ops.convert_to_numpy(keras.ops.sigmoid(z))
    y = Y.ravel()
    loss = keras.ops.binary_crossentropy(y.astype("float32"), z, from_logits=True)
    return {"loss": float(np.mean(loss)), "accuracy": float(np.mean((z > 0) == y)), "probabilities": p}
