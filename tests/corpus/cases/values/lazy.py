# What: returns an object that computes when it is looked at.
# Verdict: bad return type
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


class Lazy:
    def __init__(self, x):
        self.x = x

    def __array__(self, *args, **kwargs):
        return right(self.x)

    shape = property(lambda self: self.x.shape)
    dtype = property(lambda self: self.x.dtype)


def softmax(x):
    return Lazy(x)
