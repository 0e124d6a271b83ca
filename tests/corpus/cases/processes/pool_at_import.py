# What: starts a pool of processes while it is loaded.
# Verdict: passed or runtime error
import multiprocessing

import numpy as np

POOL = multiprocessing.get_context("fork").Pool(2)


def softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
