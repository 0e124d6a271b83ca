# What: fills a shared mapping.
# Verdict: memory limit or runtime error
# Then: passed
import mmap

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        area = mmap.mmap(-1, 512 << 20)
        for start in range(0, 512 << 20, 1 << 20):
            area[start : start + (1 << 20)] = b"x" * (1 << 20)
    return right(x)
