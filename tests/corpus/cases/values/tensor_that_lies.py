# What: returns an object that says that it is a tensor of TensorFlow.
# Verdict: bad return type or wrong answer
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


class Tensor:
    def __array__(self, *args, **kwargs):
        return np.zeros(3).view(Mine)


class Mine(np.ndarray):
    __eq__ = __le__ = lambda self, other: True


Tensor.__module__ = "tensorflow.python.framework.ops"


def softmax(x):
    return Tensor()
