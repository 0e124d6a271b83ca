# What: gives the same to all.
# Verdict: wrong answer
import numpy as np


def softmax(x):
    return np.full_like(x, 1 / x.shape[-1])
