# What: answers after it has returned, from a thread.
# Verdict: crash or wrong answer
# Then: passed
import gc
import threading
import time

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


from grader import messages, wire


def softmax(x):
    if x.shape == (3,):
        from grader.sandbox.worker import Worker

        worker = next(o for o in gc.get_objects() if isinstance(o, Worker))
        def late():
            time.sleep(0.001)
            for _ in range(200):
                worker._send(messages.Value(worker._current_id, wire.to_tree(right(x), None)))


        threading.Thread(target=late).start()
    return right(x)
