# What: raises its own CPU limit, then loops.
# Verdict: timeout
# Says: did not finish within its time limit
# Then: passed
# Slow: left to the full run
import resource

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (600, 600))
        except (ValueError, OSError):
            pass
        while True:
            pass
    return right(x)
