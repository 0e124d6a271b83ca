# What: takes a lock twice.
# Verdict: timeout
# Says: waits for something
# Then: passed
# Slow: left to the full run
import threading

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        lock = threading.Lock()
        lock.acquire()
        lock.acquire()
    return right(x)
