# What: prints a megabyte without a line end.
# Verdict: passed
import sys

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    sys.stdout.write('.' * 100_000)
    return right(x)
