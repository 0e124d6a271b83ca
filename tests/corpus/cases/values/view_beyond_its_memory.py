# What: returns a view that reaches far beyond its memory.
# Verdict: crash or memory limit or wrong answer
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    return np.lib.stride_tricks.as_strided(np.array([0.5]), x.shape, (1 << 40,) * x.ndim)
