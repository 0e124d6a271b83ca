# What: waits for input; there is none.
# Verdict: runtime error
# Says: EOFError
# Then: passed
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        input()
    return right(x)
