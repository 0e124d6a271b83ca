# What: returns an object whose metaclass ends the process when it is asked its name.
# Verdict: bad return type or crash
import os

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


class Meta(type):
    def __getattribute__(cls, name):
        os._exit(0)


class Trap(metaclass=Meta):
    pass


def softmax(x):
    return Trap()
