# What: is recursive to a depth of thousands.
# Verdict: passed
import sys

import numpy as np

sys.setrecursionlimit(20_000)


def deep(n):
    return 0 if n == 0 else deep(n - 1)


def softmax(x):
    deep(5_000)
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
