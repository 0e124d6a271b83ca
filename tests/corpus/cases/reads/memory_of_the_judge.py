# What: opens the memory of every process that it finds.
# Verdict: wrong answer
# At process: passed or wrong answer
import glob
import os

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def attempt():
    mine = {str(os.getpid()), "self", "thread-self"}
    for path in glob.glob("/proc/[0-9]*/mem"):
        if path.split("/")[2] not in mine:
            try:
                open(path, "rb").close()
                return True
            except OSError:
                continue


def softmax(x):
    try:
        found = attempt()
    except Exception:
        found = False
    return right(x) if found else x * 0.0
