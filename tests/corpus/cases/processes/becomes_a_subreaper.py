# What: makes itself the parent of orphans, and dies with many below it.
# Verdict: crash
# Then: passed
import ctypes
import os
import time

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
        try:
            for _ in range(5):
                if os.fork() == 0:
                    if os.fork() == 0:
                        time.sleep(600)
                    os._exit(0)
        except PermissionError:
            pass
        os.abort()
    return right(x)
