import numpy as np
from solution import ranks


def test_three_values():
    assert ranks(np.array([3.0, 1.0, 3.0])).tolist() == [1, 0, 1]
