# What: waits for a child that computes without end.
# Verdict: passed or timeout or runtime error or memory limit
# Then: passed
# Slow: left to the full run
import os

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        pid = os.fork()
        if pid == 0:
            while True:
                pass
        os.waitpid(pid, 0)
    return right(x)
