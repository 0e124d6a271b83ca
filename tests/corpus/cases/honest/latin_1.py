# -*- coding: latin-1 -*-
# What: declares latin-1.
# Verdict: passed
import numpy as np


def softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)

NAME = 'é'
assert len(NAME) == 1
