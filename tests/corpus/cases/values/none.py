# What: returns nothing.
# Verdict: bad return type
# Says: is a `return` missing?
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    return None
