# Mistake: the mask is float64.
# Caught by: TestManners::test_dtype
# Diagnosis: Cast the mask
import numpy as np


def relu(x):
    return np.maximum(x, 0)


def relu_grad(x, grad_out):
    return grad_out * (x > 0).astype(np.float64)
