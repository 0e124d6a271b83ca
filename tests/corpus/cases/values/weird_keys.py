# What: returns a dict with keys of every kind.
# Verdict: bad return type
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    return {None: 1, 0.5: 2, (1, (2, b'3')): 3, np.float64('nan'): 4, '\x1b[2J': 5, True: 6}
