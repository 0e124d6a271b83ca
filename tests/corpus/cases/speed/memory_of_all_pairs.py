# What: makes an array of 80 MB on the way.
# Verdict: memory limit
# Says: takes too much memory
# Problem: ranks
import numpy as np


def ranks(x):
    if len(x) > 100:
        np.ones(10_000_000)
    return np.searchsorted(np.sort(x), x)
