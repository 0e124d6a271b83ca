# What: redirects its standard streams.
# Verdict: passed
import contextlib
import io
import sys

import numpy as np

sys.stdout = io.StringIO()


def softmax(x):
    with contextlib.redirect_stderr(io.StringIO()):
        print("hello", file=sys.stderr)
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
