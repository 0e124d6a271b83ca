# What: ignores every signal that it can and loops.
# Verdict: timeout
# Says: did not finish within its time limit
# Then: passed
# Slow: left to the full run
import signal

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        for number in range(1, 65):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        while True:
            pass
    return right(x)
