# What: predicts by the rows that it was trained on.
# Verdict: wrong answer
# Problem: keras-classify
# Slow: it imports TensorFlow
import keras
import numpy as np


class Table:
    def __init__(self, x, y):
        self.known = {row.tobytes(): int(label) for row, label in zip(x, y)}

    def predict(self, x):
        return np.array([self.known.get(row.tobytes(), 0) for row in x], dtype=np.int64)


def fit(x, y):
    return Table(x, y)
