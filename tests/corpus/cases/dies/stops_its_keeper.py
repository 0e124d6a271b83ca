# What: stops the process that watches over it, then sleeps.
# Verdict: timeout or passed
# Then: passed
# Slow: left to the full run
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
            os.kill(os.getppid(), signal.SIGSTOP)
        except (PermissionError, ProcessLookupError):
            pass
        time.sleep(600)
    return right(x)
