# What: uses the names of the kit for its own things.
# Verdict: passed
import numpy as np

frames = judge = grader = worker = support = submission = request = checks = None


class Worker:
    pass


def softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
