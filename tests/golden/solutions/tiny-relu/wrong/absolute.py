# Mistake: absolute value.
# Caught by: TestForward::test_values
# Diagnosis: this is the absolute value
import numpy as np


def relu(x):
    return np.abs(x)


def relu_grad(x, grad_out):
    return grad_out * (x > 0)
