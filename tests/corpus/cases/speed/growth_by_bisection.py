# What: ranks by Python's own sort and bisection: n log n, and slow.
# Verdict: passed
# Problem: ranks
# Slow: left to the full run
import bisect

import numpy as np


def ranks(x):
    values = sorted(x.tolist())
    return np.array([bisect.bisect_left(values, value) for value in x.tolist()])
