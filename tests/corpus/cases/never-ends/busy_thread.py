# What: waits for a thread that computes without end.
# Verdict: timeout
# Says: did not finish within its time limit
# Then: passed
# Slow: left to the full run
import threading

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def spin():
    while True:
        pass


def softmax(x):
    if x.shape == (3,):
        thread = threading.Thread(target=spin)
        thread.start()
        thread.join()
    return right(x)
