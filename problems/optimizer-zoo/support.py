"""Runs in the worker: the submission's update rules over many steps, each parameter with a state dict of its own.

The four functions that bear the name of an update rule take a gradient and a learning rate for every step. They give
(the weights after each step, what came back that is no array): the second is empty unless something went wrong.
"""

import copy
from collections.abc import Iterable, Mapping

import numpy as np
import solution


def sgd(w, g, state, lr, **options):
    return _steps(solution.sgd, w, g, state, lr, options)


def momentum(w, g, state, lr, **options):
    return _steps(solution.momentum, w, g, state, lr, options)


def adam(w, g, state, lr, **options):
    return _steps(solution.adam, w, g, state, lr, options)


def adamw(w, g, state, lr, **options):
    return _steps(solution.adamw, w, g, state, lr, options)


def second_momentum(w, g, lr, first, second):
    """The weight after a second step of momentum, which asks for another convention than the first."""
    state = {}
    w = solution.momentum(w, g.copy(), state, lr, convention=first)
    return solution.momentum(w, g.copy(), state, lr, convention=second)


def clip_by_value_and_write(g, limit):
    """What `clip_by_value` gives, as it is after the caller has written into g."""
    result = solution.clip_by_value(g, limit)
    g[...] = 100.0
    return result


def two_parameters(name, w_one, w_two, g_one, g_two, lr, start, options):
    """Train two parameters in turn; the second joins before step `start` of the first."""
    rule = getattr(solution, name)
    weights, states, paths, odd = [w_one, w_two], [{}, {}], [[], []], []
    for t in range(len(g_one)):
        for which, grads, first in ((0, g_one, 0), (1, g_two, start)):
            if t >= first:
                new = rule(weights[which].copy(), grads[t - first].copy(), states[which], lr, **options)
                if not isinstance(new, np.ndarray):
                    return paths[0], paths[1], [new]
                weights[which] = new.copy()
                paths[which].append(new.copy())
    return paths[0], paths[1], odd


def resume(name, w, g, g_detour, lr, stop, options):
    """Take `stop` steps, keep a deep copy of the state, take a detour, and go on from the copy."""
    rule = getattr(solution, name)
    state = {}
    before, odd = _steps(rule, w, g[:stop], state, lr, options)
    if odd:
        return before, odd
    kept = copy.deepcopy(state)
    _steps(rule, before[-1], g_detour, state, lr, options)
    after, odd = _steps(rule, before[-1], g[stop:], kept, lr, options)
    return before + after, odd


def reused_buffers(name, w, g, shifts, lr, options):
    """Steps of a caller who moves the weight in between, and then writes into every array that it has."""
    rule = getattr(solution, name)
    state, path, buffer = {}, [], np.empty_like(w)
    for gradient, shift in zip(g, shifts, strict=True):
        buffer[...] = gradient
        new = rule(w, buffer, state, lr, **options)
        if not isinstance(new, np.ndarray):
            return path, [new]
        path.append(new.copy())
        moved = new + shift
        for array in (buffer, w, new):
            array[...] = 100.0
        w = moved
    return path, []


def state_sizes(name, w, g, lr, short, options):
    """Bytes in the state after `short` steps, and after all of them."""
    rule = getattr(solution, name)
    state, sizes = {}, []
    for t, gradient in enumerate(g, start=1):
        w = rule(w.copy(), gradient.copy(), state, lr, **options)
        if t in (short, len(g)):
            sizes.append(_size(state, set()))
    return sizes


def _steps(rule, w, g, state, lr, options):
    """Path of the weight; the arrays that are kept are copies, and so are those that are handed in."""
    path = []
    rates = np.broadcast_to(lr, len(g))
    for gradient, rate in zip(g, rates, strict=True):
        w = rule(w.copy(), gradient.copy(), state, float(rate), **options)
        if not isinstance(w, np.ndarray):
            return path, [w]
        path.append(w.copy())
    return path, []


def _size(value, seen):
    """Bytes of what can be reached from a value; a place in a container takes eight, whatever stands there."""
    if id(value) in seen:
        return 0
    seen.add(id(value))
    if isinstance(value, np.ndarray) and value.dtype != object:
        return value.nbytes
    if isinstance(value, (str, bytes)):
        return len(value)
    if isinstance(value, (int, float, complex, type, type(None))) or callable(value):
        return 8
    if isinstance(value, Mapping):
        return sum(8 + _size(key, seen) + _size(item, seen) for key, item in list(value.items()))
    if isinstance(value, Iterable) and hasattr(value, "__len__"):
        return sum(8 + _size(item, seen) for item in list(value))
    return 8 + (_size(vars(value), seen) if hasattr(value, "__dict__") else 0)
