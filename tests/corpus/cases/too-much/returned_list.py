# What: returns a list of a million arrays.
# Verdict: memory limit or bad return type or timeout
# Then: passed
# Slow: left to the full run
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        return [x] * 10**6
    return right(x)
