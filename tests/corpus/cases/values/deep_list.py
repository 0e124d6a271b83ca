# What: returns a list of a hundred thousand levels.
# Verdict: bad return type
# Says: nests deeper
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def deep():
    value = []
    for _ in range(10**5):
        value = [value]
    return value


def softmax(x):
    return deep()
