# What: answers again after it has returned, from a thread.
# Verdict: crash
# Then: passed
import gc
import threading

import numpy as np

from grader import messages, wire
from grader.sandbox.worker import Worker

late = threading.Thread()
has_returned = threading.Event()


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    global late
    if late.ident is not None:
        has_returned.set()
        late.join()  # however busy the machine is, its answers are there before that of this call
    elif x.shape == (3,):
        worker = next(o for o in gc.get_objects() if isinstance(o, Worker))
        answer = messages.Value(worker._current_id, wire.to_tree(right(x), None))

        def send():
            has_returned.wait()
            for _ in range(200):
                worker._send(answer)

        late = threading.Thread(target=send)
        late.start()
    return right(x)
