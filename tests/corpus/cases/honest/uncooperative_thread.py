# What: has a thread that computes beside it all the time.
# Verdict: passed
import hashlib
import threading
import time

import numpy as np


def beside():
    for _ in range(100):
        hashlib.sha256(bytes(10_000)).digest()
        time.sleep(0.001)


threading.Thread(target=beside, daemon=True).start()


def softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
