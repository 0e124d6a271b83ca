"""Calls the submission and keeps its cache in the worker: a cache may be any object, and is never copied."""

import solution


class Cache:
    """A cache that stays here."""

    def __init__(self, cache):
        self.cache = cache


def bn_forward(*args, **kwargs):
    """`bn_forward`, with the cache out of reach; a result of another form is passed on, to be refused."""
    result = solution.bn_forward(*args, **kwargs)
    if not isinstance(result, (tuple, list)) or len(result) != 3:
        return result
    out, cache, new_running = result
    return out, Cache(cache), new_running


def bn_backward(grad_out, kept):
    """`bn_backward`, with a cache that was kept."""
    return solution.bn_backward(grad_out, kept.cache)


def after_both(x, gamma, beta, running, training, grad_out):
    """What the forward pass was given, as it is after the backward pass."""
    _out, cache, _new_running = solution.bn_forward(x, gamma, beta, running, training=training)
    solution.bn_backward(grad_out, cache)
    return x, gamma, beta, running
