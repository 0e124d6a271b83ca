# What: makes an array of 8 GiB.
# Verdict: memory limit
# Then: passed
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        np.ones(1 << 30)
    return right(x)
