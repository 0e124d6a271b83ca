# What: returns an object whose class is a property that says ndarray.
# Verdict: bad return type
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


class Liar:
    __class__ = property(lambda self: np.ndarray)
    __eq__ = __le__ = lambda self, other: True
    __len__ = lambda self: 3
    shape = (3,)
    dtype = np.dtype(float)
    ndim = 1
    size = 3
    nbytes = 24


def softmax(x):
    return Liar()
