# What: leaves a thread behind that never ends; its answers are right.
# Verdict: passed
import threading
import time

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    threading.Thread(target=time.sleep, args=(10**6,)).start()
    return right(x)
