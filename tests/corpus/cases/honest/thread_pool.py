# What: computes in a pool of threads.
# Verdict: passed
import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


from concurrent.futures import ThreadPoolExecutor

POOL = ThreadPoolExecutor(4)


def softmax(x):
    return list(POOL.map(right, [x, x]))[0]
