# What: catches whatever it is ended with, and goes on.
# Verdict: timeout
# Says: did not finish within its time limit
# Then: passed
# Slow: left to the full run
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        while True:
            try:
                while True:
                    pass
            except BaseException:
                continue
    return right(x)
