# What: logs.
# Verdict: passed
import logging

import numpy as np

logging.basicConfig(level=logging.DEBUG)


def softmax(x):
    logging.getLogger(__name__).info("x = %s", x)
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
