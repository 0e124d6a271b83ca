"""Runs in the worker: passes whose cache stays there, a training loop, a look at shared memory."""

import solution


class Cache:
    """A cache that stays here, and is never copied."""

    def __init__(self, cache):
        self.cache = cache


def forward(params, X):
    """`forward`, with the cache out of reach; a result of another form is passed on, to be refused."""
    result = solution.forward(params, X)
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return result
    return result[0], Cache(result[1])


def backward(params, cache, dlogits):
    """`backward`, with a cache that was kept."""
    return solution.backward(params, cache.cache, dlogits)


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
