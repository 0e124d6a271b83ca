# What: returns a dict whose items never end.
# Verdict: bad return type or timeout
# Slow: left to the full run
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


class Endless(dict):
    def items(self):
        while True:
            yield "p", 0.5

    def __iter__(self):
        return iter(int, 1)


def softmax(x):
    return Endless()
