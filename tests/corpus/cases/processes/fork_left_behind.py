# What: leaves a child behind.
# Verdict: passed or runtime error
# Then: passed
import os
import time

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        if os.fork() == 0:
            time.sleep(600)
            os._exit(0)
    return right(x)
