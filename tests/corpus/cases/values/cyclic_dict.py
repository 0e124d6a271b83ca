# What: returns a dict that contains itself.
# Verdict: bad return type
# Says: contains itself
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


LOOP = {}
LOOP['p'] = (LOOP,)


def softmax(x):
    return LOOP
