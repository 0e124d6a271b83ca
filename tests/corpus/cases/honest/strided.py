# What: returns every third value of a longer array.
# Verdict: passed
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    return np.repeat(right(x), 3, axis=-1)[..., ::3]
