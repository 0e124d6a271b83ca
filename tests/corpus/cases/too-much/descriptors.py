# What: opens files until there are no descriptors left.
# Verdict: runtime error
# Says: OSError
# Then: passed
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        files = []
        while True:
            files.append(open('/dev/null'))
    return right(x)
