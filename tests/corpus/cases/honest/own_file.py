# What: reads its own file.
# Verdict: passed
import inspect
import pathlib

import numpy as np

assert "def softmax" in pathlib.Path(__file__).read_text(encoding="utf-8")


def softmax(x):
    assert "powers" in inspect.getsource(softmax)
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
