# What: computes with large integers and fractions.
# Verdict: passed
from fractions import Fraction

import numpy as np

assert pow(3, 10**4) % 7 == pow(3, 10**4, 7)


def softmax(x):
    assert Fraction(1, 3) + Fraction(2, 3) == 1
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
