# What: makes small objects without end.
# Verdict: memory limit or timeout
# Then: passed
# Slow: left to the full run
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        items = []
        while True:
            items.append(str(len(items)) * 20)
    return right(x)
