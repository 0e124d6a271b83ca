# Mistake: the gate looks at the gradient.
# Caught by: TestBackward::test_gate
# Diagnosis: the gate opens by the sign of grad_out
import numpy as np


def relu(x):
    return np.maximum(x, 0)


def relu_grad(x, grad_out):
    return grad_out * (grad_out > 0)
