# What: raises an exception with a text of 512 MB.
# Verdict: runtime error or memory limit
# Then: passed
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        raise ValueError('a' * (512 << 20))
    return right(x)
