# What: returns an object whose conversion to an array never ends.
# Verdict: bad return type or timeout
# Then: passed
# Slow: left to the full run
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


class Endless:
    def __array__(self, *args, **kwargs):
        while True:
            pass


def softmax(x):
    if x.shape == (3,):
        return Endless()
    return right(x)
