# What: catches the signal of the CPU limit and loops on.
# Verdict: timeout
# Says: did not finish within its time limit
# Then: passed
# Slow: left to the full run
import signal

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        signal.signal(signal.SIGXCPU, lambda *_: None)
        while True:
            pass
    return right(x)
