# What: asks for more memory than any answer may have.
# Verdict: crash
# Then: passed
import gc

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


from grader import messages


def softmax(x):
    if x.shape == (3,):
        from grader.sandbox.worker import Worker

        worker = next(o for o in gc.get_objects() if isinstance(o, Worker))
        worker._send(messages.Room(worker._current_id, 1 << 40))
        worker._receive()
    return right(x)
