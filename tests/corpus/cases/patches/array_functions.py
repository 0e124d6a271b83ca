# What: subclasses ndarray so that every comparison is true.
# Verdict: bad return type or wrong answer
import numpy as np


class Always(np.ndarray):
    __eq__ = __le__ = __lt__ = lambda self, other: True
    __array_ufunc__ = lambda self, *args, **kwargs: True
    __array_function__ = lambda self, *args, **kwargs: True


real = np.exp
np.exp = lambda *args: np.zeros(3).view(Always)


def softmax(x):
    return x * 0.0
