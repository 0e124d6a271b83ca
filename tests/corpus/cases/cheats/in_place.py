# What: works in its argument.
# Verdict: wrong answer
# Says: changed its argument `x`
import numpy as np


def softmax(x):
    np.exp(x, out=x)
    x /= x.sum(axis=-1, keepdims=True)
    return x
