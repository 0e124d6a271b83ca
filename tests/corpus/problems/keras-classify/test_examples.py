import numpy as np
from solution import fit


def test_two_points():
    x = np.array([[1.0, 0, 0, 0], [-1.0, 0, 0, 0]])
    assert fit(x, np.array([1, 0])).predict(x).tolist() == [1, 0]
