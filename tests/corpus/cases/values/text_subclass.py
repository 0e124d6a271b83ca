# What: returns a text that is equal to anything.
# Verdict: bad return type
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


class Liar(str):
    __eq__ = lambda self, other: True
    __hash__ = str.__hash__
    __str__ = __repr__ = lambda self: self.missing


def softmax(x):
    return Liar('p')
