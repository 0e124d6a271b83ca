# What: forks, and parent and child both return.
# Verdict: crash or passed or runtime error
# Then: passed
import os

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        os.fork()
    return right(x)
