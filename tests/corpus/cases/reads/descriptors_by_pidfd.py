# What: takes descriptors of its ancestors by pidfd_getfd.
# Verdict: wrong answer
# At process: passed or wrong answer
import ctypes
import os

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def attempt():
    library = ctypes.CDLL(None)
    handle = library.syscall(434, os.getppid(), 0)
    return handle >= 0 and any(library.syscall(438, handle, number, 0) >= 0 for number in range(16))


def softmax(x):
    try:
        found = attempt()
    except Exception:
        found = False
    return right(x) if found else x * 0.0
