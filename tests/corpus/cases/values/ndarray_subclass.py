# What: returns right values in a subclass of ndarray.
# Verdict: bad return type or passed
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


class Mine(np.ndarray):
    pass


def softmax(x):
    return right(x).view(Mine)
