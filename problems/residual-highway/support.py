"""Runs in the worker: calls that share a cache, which may be any object, a generator or an array; none is copied."""

import numpy as np
import solution


class Cache:
    """A cache that stays here."""

    def __init__(self, cache):
        self.cache = cache


def residual_forward(x, W1, b1, W2, b2):
    """`residual_forward`, with the cache out of reach."""
    return keep(solution.residual_forward(x, W1, b1, W2, b2))


def residual_backward(dy, cache):
    """`residual_backward`, with a cache that was kept."""
    return solution.residual_backward(dy, cache.cache)


def highway_forward(x, WH, bH, WT, bT):
    """`highway_forward`, with the cache out of reach."""
    return keep(solution.highway_forward(x, WH, bH, WT, bT))


def highway_backward(dy, cache):
    """`highway_backward`, with a cache that was kept."""
    return solution.highway_backward(dy, cache.cache)


def after_both(layer, arguments, dy):
    """The arguments of a forward pass, as they are after the backward pass."""
    _y, cache = getattr(solution, f"{layer}_forward")(*arguments)
    getattr(solution, f"{layer}_backward")(dy, cache)
    return arguments


def second_bias(d):
    """The bias of a fresh layer, after another layer has taken a step with its own."""
    first = solution.highway_bias(d)
    if first.flags.writeable:
        first += np.arange(d)
    return solution.highway_bias(d)


def two_ratios(kind, depth, width, seed):
    """The ratios of two stacks from one generator, which cannot travel."""
    rng = np.random.default_rng(seed)
    return [solution.input_gradient_ratio(kind, depth, width, rng) for _ in range(2)]


def keep(result):
    """Put the cache away; a result of another form is passed on, to be refused."""
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return result
    return result[0], Cache(result[1])
