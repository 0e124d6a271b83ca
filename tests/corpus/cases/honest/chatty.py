# What: prints what it does, in many alphabets.
# Verdict: passed
import sys

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    print('softmax of', x.shape, 'né ✓ 日本 \x1b[1mbold\x1b[0m')
    print(x, file=sys.stderr)
    return right(x)
