# What: returns a bool array whose bytes are neither 0 nor 1.
# Verdict: wrong answer
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    return np.full(x.shape, 2, np.uint8).view(bool)
