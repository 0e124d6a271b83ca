# What: imports parts of NumPy and of the standard library late.
# Verdict: passed
def softmax(x):
    import decimal
    import json
    import sqlite3
    import statistics
    import zoneinfo

    import numpy as np
    import numpy.fft
    import numpy.linalg
    import numpy.ma
    import numpy.polynomial
    from numpy.lib import stride_tricks

    assert decimal and json and sqlite3 and statistics and zoneinfo and stride_tricks and numpy.fft.fft(x).shape == x.shape
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
