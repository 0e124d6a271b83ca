# What: opens descriptors of its ancestors through /proc.
# Verdict: wrong answer
# At process: passed or wrong answer
import glob
import os

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def attempt():
    mine = f"/proc/{os.getpid()}/"
    for path in glob.glob("/proc/[0-9]*/fd/*"):
        if not path.startswith(mine):
            try:
                os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
                return True
            except OSError:
                continue


def softmax(x):
    try:
        found = attempt()
    except Exception:
        found = False
    return right(x) if found else x * 0.0
