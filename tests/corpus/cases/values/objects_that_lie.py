# What: returns an array of objects that are equal to anything.
# Verdict: bad return type
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


class Liar:
    __eq__ = __le__ = lambda self, other: True
    __float__ = lambda self: 0.5


def softmax(x):
    return np.array([Liar() for _ in x.ravel()]).reshape(x.shape)
