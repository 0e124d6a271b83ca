# What: imports itself.
# Verdict: passed
import sys

import numpy as np

FACTOR = 1.0


def softmax(x):
    import solution

    assert sys.modules[__name__].FACTOR == solution.FACTOR
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
