# What: gives an array for a model.
# Verdict: bad return type or runtime error
# Problem: classify
import numpy as np


def fit(x, y):
    return np.zeros(4)
