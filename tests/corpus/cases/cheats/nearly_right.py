# What: is off by a millionth.
# Verdict: wrong answer
import numpy as np


def softmax(x):
    powers = np.exp(x)
    return powers / powers.sum(axis=-1, keepdims=True) * (1 + 1e-6)
