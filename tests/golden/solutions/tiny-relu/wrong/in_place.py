# Mistake: works in place.
# Caught by: TestManners::test_unchanged
# Diagnosis: Work on a copy
import numpy as np


def relu(x):
    return np.maximum(x, 0, out=x)


def relu_grad(x, grad_out):
    return grad_out * (x > 0)
