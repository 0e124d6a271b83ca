# What: reads at address 0.
# Verdict: crash
# Says: SIGSEGV
# Then: passed
import ctypes

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        ctypes.string_at(0)
    return right(x)
