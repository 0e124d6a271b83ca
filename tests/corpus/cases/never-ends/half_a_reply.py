# What: sends half a reply and sleeps.
# Verdict: timeout
# Then: passed
import gc
import time

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        from grader.sandbox.worker import Worker

        worker = next(o for o in gc.get_objects() if isinstance(o, Worker))
        worker._socket.sendall((1 << 20).to_bytes(4, "big") + b"half")
        time.sleep(600)
    return right(x)
