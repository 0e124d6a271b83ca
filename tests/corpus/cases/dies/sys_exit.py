# What: raises SystemExit(0).
# Verdict: runtime error
# Says: SystemExit: 0
# Then: passed
import sys

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        sys.exit(0)
    return right(x)
