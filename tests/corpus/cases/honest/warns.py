# What: warns in each call.
# Verdict: passed
import warnings

import numpy as np


def softmax(x):
    warnings.warn("careful", stacklevel=1)
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
