# What: fits by gradient descent.
# Verdict: passed
# Problem: classify
import numpy as np


class Model:
    def __init__(self, weights):
        self.weights = weights

    def predict(self, x):
        return (x @ self.weights > 0).astype(np.int64)


def fit(x, y):
    weights = np.zeros(x.shape[1])
    for _ in range(200):
        p = 1 / (1 + np.exp(-x @ weights))
        weights -= 0.5 * x.T @ (p - y) / len(y)
    return Model(weights)
