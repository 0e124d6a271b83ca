# What: is a coroutine.
# Verdict: bad return type
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


async def later(x):
    return right(x)


def softmax(x):
    return later(x)
