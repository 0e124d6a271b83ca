# What: is right in the first worker only, by a file outside of its folder.
# Verdict: wrong answer or passed
# At process: wrong answer
# Leaves at process: file
import os

import numpy as np

try:
    os.close(os.open("../seen", os.O_CREAT | os.O_EXCL))
    FIRST = True
except FileExistsError:
    FIRST = False
except OSError:
    FIRST = True


def softmax(x):
    powers = np.exp(x)
    return powers / powers.sum(axis=-1, keepdims=True) if FIRST else x
