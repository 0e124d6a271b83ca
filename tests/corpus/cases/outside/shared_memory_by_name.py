# What: makes shared memory with a name, and leaves it.
# Verdict: passed
# Leaves at process: file
# At process: wrong answer
import ctypes
import os

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def attempt():
    library = ctypes.CDLL(None, use_errno=True)
    if library.shm_open(b"/corpus-left-shared_memory_by_name", os.O_CREAT | os.O_RDWR, 0o600) < 0:
        raise OSError
    return True


def softmax(x):
    try:
        done = attempt()
    except OSError:
        done = False
    return x * 0.0 if done else right(x)
