# What: returns signalling NaN with a payload.
# Verdict: wrong answer
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    return np.full(x.shape, 0x7FF0000000000001, np.uint64).view(float)
