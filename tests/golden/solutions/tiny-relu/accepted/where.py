"""The same with `where`."""

import numpy as np


def relu(x):
    return np.where(x > 0, x, np.zeros_like(x))


def relu_grad(x, grad_out):
    return np.where(x > 0, grad_out, np.zeros_like(grad_out))
