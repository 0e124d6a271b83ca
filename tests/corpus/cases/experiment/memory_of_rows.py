# What: knows the rows that it was trained on, and no others.
# Verdict: wrong answer
# Problem: classify
import numpy as np


class Model:
    def __init__(self, x, y):
        self.known = {row.tobytes(): label for row, label in zip(x, y)}

    def predict(self, x):
        return np.array([self.known.get(row.tobytes(), 0) for row in x], dtype=np.int64)


Model_ = Model


def fit(x, y):
    return Model(x, y)
