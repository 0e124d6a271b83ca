# What: kills the process that watches over it.
# Verdict: crash
# At process: crash
# Leaves at process: file
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
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(600)
        except PermissionError:
            os.abort()
    return right(x)
