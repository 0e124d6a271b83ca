# Mistake: no gate, another shape, a crash.
# Caught by: TestForward::test_values
# Diagnosis: has the wrong shape
import numpy as np


def relu(x):
    return np.maximum(x, 0).ravel()


def relu_grad(x, grad_out):
    return list(grad_out)
