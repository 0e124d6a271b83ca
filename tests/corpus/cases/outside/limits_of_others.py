# What: changes a limit of its parent.
# Verdict: passed
# At process: wrong answer or passed
import os
import resource

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def attempt():
    resource.prlimit(os.getppid(), resource.RLIMIT_CORE, resource.prlimit(os.getppid(), resource.RLIMIT_CORE))
    return True


def softmax(x):
    try:
        done = attempt()
    except OSError:
        done = False
    return x * 0.0 if done else right(x)
