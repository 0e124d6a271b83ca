# What: raises an exception whose text becomes 512 MB when it is read.
# Verdict: runtime error
# Then: passed
# Slow: left to the full run
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


class Long(Exception):
    def __str__(self):
        return "a" * (512 << 20)


def softmax(x):
    if x.shape == (3,):
        raise Long
    return right(x)
