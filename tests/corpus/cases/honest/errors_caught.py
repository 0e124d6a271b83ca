# What: catches errors of its own.
# Verdict: passed
import numpy as np


def softmax(x):
    for error in (MemoryError, KeyboardInterrupt, SystemExit, RecursionError):
        try:
            raise error
        except BaseException:
            pass
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
