# What: returns an empty array.
# Verdict: wrong answer
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    return np.empty((0,) + x.shape)
