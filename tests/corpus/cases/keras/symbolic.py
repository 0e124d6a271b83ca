# What: gives symbolic tensors for labels.
# Verdict: bad return type
# Problem: keras-classify
# Slow: it imports TensorFlow
import keras
import numpy as np


class Symbolic:
    def predict(self, x):
        return keras.Input((len(x),), dtype="int64")


def fit(x, y):
    return Symbolic()
