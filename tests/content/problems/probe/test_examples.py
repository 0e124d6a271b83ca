import numpy as np
from solution import double


def test_two_values():
    np.testing.assert_allclose(double(np.array([1.0, -2.0])), [2.0, -4.0])
