# What: starts ten thousand threads.
# Verdict: runtime error or memory limit or timeout or crash
# Then: passed
# Slow: left to the full run
import threading
import time

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        threading.stack_size(64 << 10)
        while True:
            threading.Thread(target=time.sleep, args=(600,)).start()
    return right(x)
