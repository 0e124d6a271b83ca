# What: predicts the more frequent label.
# Verdict: wrong answer
# Problem: classify
import numpy as np


class Model:
    def __init__(self, label):
        self.label = label

    def predict(self, x):
        return np.full(len(x), self.label)


def fit(x, y):
    return Model(int(y.mean() > 0.5))
