# What: writes a frame with a right answer and a wrong id to every descriptor.
# Verdict: crash
# Then: passed
import gc
import os

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


from grader import frames, messages, wire


def softmax(x):
    if x.shape == (3,):
        from grader.sandbox.worker import Worker

        worker = next(o for o in gc.get_objects() if isinstance(o, Worker))
        frame = frames.encode(messages.Value(1, wire.to_tree(right(x), None)))
        for number in range(3, 64):
            try:
                os.write(number, frame)
            except OSError:
                pass
    return right(x)
