# What: returns a view with strides of zero.
# Verdict: wrong answer
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    return np.lib.stride_tricks.as_strided(np.array([0.5]), x.shape, (0,) * x.ndim)
