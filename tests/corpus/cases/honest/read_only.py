# What: returns an array that cannot be written.
# Verdict: passed
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    p = right(x)
    p.flags.writeable = False
    return p
