# What: fills a file that lies in memory.
# Verdict: memory limit or runtime error or crash
# At process: crash or memory limit or runtime error
# Then: passed
import os

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        descriptor = os.memfd_create("x")
        while True:
            os.write(descriptor, bytes(1 << 20))
    return right(x)
