# What: is ended by its own alarm clock.
# Verdict: crash
# Says: SIGALRM
# Then: passed
import signal
import time

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        time.sleep(600)
    return right(x)
