# What: forks and lets its children fork, to a depth of 6.
# Verdict: passed or runtime error or timeout or memory limit or crash
# Then: passed
# Slow: left to the full run
import os
import time

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


FIRST = os.getpid()


def softmax(x):
    if x.shape == (3,):
        for _ in range(6):
            os.fork()
            time.sleep(0.01)
        if os.getpid() != FIRST:
            time.sleep(600)
    return right(x)
