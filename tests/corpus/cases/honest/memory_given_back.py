# What: takes memory near its limit and gives it back.
# Verdict: passed
import numpy as np


def softmax(x):
    for _ in range(5):
        room = np.ones(5_000_000)
        del room
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
