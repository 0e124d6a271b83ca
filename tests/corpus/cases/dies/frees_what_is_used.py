# What: lowers the reference count of None until it is freed.
# Verdict: crash or wrong answer or passed
# Then: passed
import ctypes

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        for _ in range(100):
            ctypes.pythonapi.Py_DecRef(ctypes.py_object(x))
        del x
        np.ones(100)
        ctypes.string_at(0)
    return right(x)
