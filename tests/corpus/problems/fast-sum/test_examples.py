import numpy as np
from solution import squares


def test_two_values():
    assert squares(np.array([3.0, 4.0])) == 25.0
