# What: sends a bool array whose bytes are neither 0 nor 1.
# Verdict: wrong answer or crash or bad return type
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
        worker._send(messages.Value(worker._current_id, [3, "|b1", [3], b"\xff\x02\x80"]))
    return right(x)
