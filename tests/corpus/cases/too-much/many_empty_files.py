# What: makes a thousand files and folders below its own; its answers are right.
# Verdict: passed
# Slow: left to the full run
import os

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    for number in range(300):
        os.makedirs(f"{number}/a/b", exist_ok=True)
        open(f"{number}/a/b/c", "w").close()
    return right(x)
