# What: returns an object that runs a program when it is unpickled.
# Verdict: bad return type
import os

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


class Bomb:
    def __reduce__(self):
        return os.system, ("touch /tmp/corpus-left-pickle_bomb",)


def softmax(x):
    return Bomb()
