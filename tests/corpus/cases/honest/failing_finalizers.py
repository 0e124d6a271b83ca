# What: has finalizers that raise.
# Verdict: passed
import numpy as np


class Last:
    def __del__(self):
        raise ValueError("late")


LAST = Last()


def softmax(x):
    Last()
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
