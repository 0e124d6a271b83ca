# What: is a static method of a class.
# Verdict: passed
import numpy as np


class Functions:
    @staticmethod
    def softmax(x, *, axis=-1, **unused):
        powers = np.exp(x - x.max(axis=axis, keepdims=True))
        return powers / powers.sum(axis=axis, keepdims=True)


softmax = Functions.softmax
