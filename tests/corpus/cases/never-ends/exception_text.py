# What: raises an exception whose text never comes.
# Verdict: timeout
# Says: did not finish within its time limit
# Then: passed
# Slow: left to the full run
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


class Endless(Exception):
    def __str__(self):
        while True:
            pass


def softmax(x):
    if x.shape == (3,):
        raise Endless
    return right(x)
