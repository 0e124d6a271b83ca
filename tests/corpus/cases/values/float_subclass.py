# What: returns a float that is equal to anything.
# Verdict: bad return type
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


class Liar(float):
    __eq__ = __le__ = lambda self, other: True


def softmax(x):
    return Liar(0.5)
