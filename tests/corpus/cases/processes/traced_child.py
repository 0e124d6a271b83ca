# What: traces a child of its own and leaves it stopped.
# Verdict: passed or runtime error or crash
# Then: passed
import ctypes
import os
import signal
import time

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        pid = os.fork()
        if pid == 0:
            ctypes.CDLL(None).ptrace(0, 0, 0, 0)
            os.kill(os.getpid(), signal.SIGSTOP)
            time.sleep(600)
        os.waitpid(pid, os.WUNTRACED)
    return right(x)
