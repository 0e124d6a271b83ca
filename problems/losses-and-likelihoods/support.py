"""Hands arrays to the submission that lie in memory in another order."""

import numpy as np
import solution


def softmax_of_columns(logits, y):
    """The submission's loss and gradient for logits that are the transpose of an array of shape (K, n)."""
    return solution.softmax_cross_entropy(np.ascontiguousarray(logits.T).T, y)
