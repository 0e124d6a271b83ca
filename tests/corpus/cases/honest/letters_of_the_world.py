# What: has names in letters of the world.
# Verdict: passed
import numpy as np


def softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)

μ = σ = 名前 = 1
assert μ + σ + 名前 == 3
