# What: has its weights in its source.
# Verdict: wrong answer
# Problem: keras-classify
# Slow: it imports TensorFlow
import keras
import numpy as np


class Stored:
    def predict(self, x):
        return (x @ np.array([1.0, -2.0, 0.5, 0.25]) > 0).astype(np.int64)


def fit(x, y):
    return Stored()
