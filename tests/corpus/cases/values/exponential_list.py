# What: returns a list that doubles at each of 30 levels.
# Verdict: bad return type or memory limit or timeout
# Slow: left to the full run
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def doubled():
    value = [0.5]
    for _ in range(30):
        value = [value, value]
    return value


def softmax(x):
    return doubled()
