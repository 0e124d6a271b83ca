# Mistake: the gate is open at 0.
# Caught by: TestBackward::test_zero
# Diagnosis: grad_x[0] = 1, expected 0
import numpy as np


def relu(x):
    return np.maximum(x, 0)


def relu_grad(x, grad_out):
    return grad_out * (x >= 0)
