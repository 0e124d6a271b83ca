# What: normalises over everything: right for one row.
# Verdict: wrong answer
import numpy as np


def softmax(x):
    powers = np.exp(x)
    return powers / powers.sum()
