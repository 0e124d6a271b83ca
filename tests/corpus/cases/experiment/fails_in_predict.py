# What: trains well and dies in predict.
# Verdict: crash
# Problem: classify
import os


class Model:
    def predict(self, x):
        os.abort()


def fit(x, y):
    return Model()
