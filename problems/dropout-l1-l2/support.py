"""Runs in the worker: calls that share one generator, which cannot travel, and results that outlive the next call."""

import numpy as np
import solution


def two_calls(x, p_drop, seed):
    """Two training passes with one generator, one after the other."""
    rng = np.random.default_rng(seed)
    return solution.dropout_forward(x.copy(), p_drop, rng), solution.dropout_forward(x.copy(), p_drop, rng)


def two_gradients(dout, mask):
    """Two backward passes with arrays of one shape, one after the other."""
    return solution.dropout_backward(dout, mask), solution.dropout_backward(dout + 1.0, mask)


def draws_after_inference(x, p_drop, seed):
    """What the generator gives next, after a call at inference."""
    rng = np.random.default_rng(seed)
    solution.dropout_forward(x, p_drop, rng, training=False)
    return rng.random(4)


def input_afterwards(x, p_drop, seed):
    """The input of a training pass, as it is after the call."""
    solution.dropout_forward(x, p_drop, np.random.default_rng(seed))
    return x
