# What: returns an object all whose attributes end the process.
# Verdict: bad return type or crash
import os

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


class Trap:
    def __getattribute__(self, name):
        os._exit(0)


def softmax(x):
    return Trap()
