# What: is decorated twice, with and without wraps.
# Verdict: passed
import functools

import numpy as np


def plain(function):
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


def counted(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        wrapper.calls += 1
        return function(*args, **kwargs)

    wrapper.calls = 0
    return wrapper


@plain
@counted
@plain
def softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
