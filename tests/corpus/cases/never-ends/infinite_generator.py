# What: gives a list of an endless generator.
# Verdict: timeout or memory limit
# Then: passed
# Slow: left to the full run
import itertools

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        list(itertools.repeat(0.5, 10**15)) if len(x) > 5 else [None for _ in iter(int, 1)]
    return right(x)
