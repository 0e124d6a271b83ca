"""Runs in the worker: a training loop made of the submission's own functions."""

import solution


def train(params, x, y, lr, steps):
    """Give the parameters after so many steps of gradient descent on the whole batch."""
    for _ in range(steps):
        _loss, grads = solution.loss_and_grads(params, x, y)
        params = solution.sgd_step(params, grads, lr)
    return params


def shared_arrays(params, grads, lr):
    """Keys under which a step gives back an array that shares memory with its argument."""
    import numpy as np

    new = solution.sgd_step(params, grads, lr)
    return [key for key in params if np.shares_memory(new[key], params[key])]
