# What: runs a code object of garbage.
# Verdict: crash or runtime error
# Then: passed
import ctypes
import types

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        code = softmax.__code__.replace(co_code=b"\xff\x00" * 50, co_consts=(), co_names=())
        types.FunctionType(code, {})(x)
        ctypes.string_at(1)
    return right(x)
