"""Learn which side."""

import numpy as np


class Side:
    def __init__(self, weights):
        self._weights = weights

    def predict(self, x):
        return (x @ self._weights > 0).astype(np.int64)


def fit(x, y):
    weights, *_ = np.linalg.lstsq(x, 2.0 * y - 1.0, rcond=None)
    return Side(weights)
