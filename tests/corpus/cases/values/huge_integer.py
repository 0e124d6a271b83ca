# What: returns an integer of a million digits.
# Verdict: bad return type
# Says: 4096 bits
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    return 1 << 3_000_000
