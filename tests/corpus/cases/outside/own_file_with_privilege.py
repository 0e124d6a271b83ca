# What: marks a file of its own as one that runs with its owner's rights; its folder is removed with it.
# Verdict: passed
# At kernel: passed or wrong answer
# At bubblewrap: passed or wrong answer
# At process: wrong answer
import os

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def attempt():
    open("own", "w").close()
    os.chmod("own", 0o4755)
    return True


def softmax(x):
    try:
        done = attempt()
    except OSError:
        done = False
    return x * 0.0 if done else right(x)
