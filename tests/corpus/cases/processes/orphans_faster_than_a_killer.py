# What: children that fork again when they are killed, for a second.
# Verdict: passed or runtime error or timeout or memory limit
# Then: passed
# Slow: left to the full run
import os
import time

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        end = time.monotonic() + 1
        if os.fork() == 0:
            os.setsid()
            while time.monotonic() < end:
                if os.fork():
                    os._exit(0)
            time.sleep(600)
    return right(x)
