# What: loops in Python.
# Verdict: timeout
# Says: did not finish within its time limit
# Then: passed
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        while True:
            pass
    return right(x)
