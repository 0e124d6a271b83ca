# What: returns its argument changed, and changes it back in a thread.
# Verdict: wrong answer
# Says: changed its argument `x`
import threading
import time

import numpy as np


def softmax(x):
    kept = x.copy()
    np.exp(x, out=x)
    x /= x.sum(axis=-1, keepdims=True)

    def restore():
        time.sleep(0.05)
        x[...] = kept

    threading.Thread(target=restore).start()
    return x
