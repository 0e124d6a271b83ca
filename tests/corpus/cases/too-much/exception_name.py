# What: raises an exception whose class has a name of a million letters.
# Verdict: runtime error
# Then: passed
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        raise type('E' * 10**6, (Exception,), {})('\x1b]0;title\x07' * 10**5)
    return right(x)
