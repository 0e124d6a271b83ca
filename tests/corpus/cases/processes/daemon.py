# What: leaves a daemon behind: a session of its own, all descriptors closed, no environment.
# Verdict: passed or runtime error
# Then: passed
import os

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    if x.shape == (3,):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.closerange(0, 4096)
                os.chdir("/")
                os.execve("/bin/sleep", ["sleep", "600"], {})
            os._exit(0)
        os.wait()
    return right(x)
