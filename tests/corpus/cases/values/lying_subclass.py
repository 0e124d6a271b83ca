# What: returns wrong values in a subclass of ndarray that says that it is equal to anything.
# Verdict: bad return type or wrong answer
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


class Liar(np.ndarray):
    __eq__ = __le__ = lambda self, other: np.ones(self.shape, bool)
    __sub__ = lambda self, other: np.zeros(self.shape)


def softmax(x):
    return x.view(Liar)
