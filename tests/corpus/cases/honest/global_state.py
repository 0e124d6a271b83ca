# What: changes the global state of NumPy and of random.
# Verdict: passed
import random

import numpy as np

np.seterr(all="raise")
np.random.seed(0)
random.seed(0)
np.set_printoptions(precision=1, threshold=2, suppress=True)


def softmax(x):
    np.random.rand(100)
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
