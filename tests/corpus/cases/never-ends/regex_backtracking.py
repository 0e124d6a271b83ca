# What: backtracks in a regular expression.
# Verdict: timeout
# Says: did not finish within its time limit
# Then: passed
# Slow: left to the full run
import re

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        re.match(r'(a+)+b', 'a' * 60)
    return right(x)
