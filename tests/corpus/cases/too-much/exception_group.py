# What: raises a deep group of exceptions.
# Verdict: runtime error or memory limit
# Then: passed
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        error = ValueError("last")
        for _ in range(20000):
            error = ExceptionGroup("g", [error])
        raise error
    return right(x)
