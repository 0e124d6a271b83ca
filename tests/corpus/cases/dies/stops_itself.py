# What: stops itself, and nobody continues it.
# Verdict: timeout
# Says: waits for something
# Then: passed
import os
import signal
import time

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        try:
            os.kill(os.getpid(), signal.SIGSTOP)
        except PermissionError:
            time.sleep(600)
    return right(x)
