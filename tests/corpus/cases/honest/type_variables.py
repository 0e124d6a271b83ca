# What: uses the newest syntax.
# Verdict: passed
from typing import TypeVar

import numpy as np

T = TypeVar("T")
match np.float64(1.0):
    case np.float64():
        KIND = "float"


def softmax(x: T, /) -> T:
    assert (value := KIND) == "float"
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
