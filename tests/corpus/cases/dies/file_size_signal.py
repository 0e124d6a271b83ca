# What: writes a file larger than it may, with the signal's default.
# Verdict: crash
# Says: SIGXFSZ
# Then: passed
import signal

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        with open("large", "wb") as file:
            while True:
                file.write(bytes(1 << 24))
    return right(x)
