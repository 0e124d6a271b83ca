# What: sums with einsum.
# Verdict: passed
# Problem: fast-sum
import numpy as np


def squares(x):
    return float(np.einsum("i,i->", x, x))
