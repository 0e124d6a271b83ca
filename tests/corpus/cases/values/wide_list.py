# What: returns a list of two million numbers.
# Verdict: bad return type or memory limit
# Slow: left to the full run
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    return [0] * 2_000_000
