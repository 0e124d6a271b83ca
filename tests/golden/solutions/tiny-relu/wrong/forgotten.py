# Mistake: one function is missing.
# Caught by: load
# Diagnosis: `relu_grad` is missing
import numpy as np


def relu(x):
    return np.maximum(x, 0)
