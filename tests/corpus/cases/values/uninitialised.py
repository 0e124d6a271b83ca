# What: returns memory as it is.
# Verdict: wrong answer
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    return np.full(x.shape, 2**1023 * 1.5)
