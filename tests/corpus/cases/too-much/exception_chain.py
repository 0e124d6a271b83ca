# What: raises an exception with a million causes.
# Verdict: runtime error or memory limit or timeout
# Says: ValueError: again
# Then: passed
# Slow: left to the full run
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        error = ValueError("last")
        for _ in range(10**5):
            following = ValueError("again")
            following.__cause__ = error
            error = following
        raise error
    return right(x)
