# What: is an object that can be called.
# Verdict: passed
import numpy as np


class Softmax:
    def __call__(self, x):
        powers = np.exp(x - x.max(axis=-1, keepdims=True))
        return powers / powers.sum(axis=-1, keepdims=True)


softmax = Softmax()
