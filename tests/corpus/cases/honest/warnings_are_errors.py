# What: turns warnings into errors.
# Verdict: passed
import warnings

import numpy as np

warnings.simplefilter("error")


def softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
