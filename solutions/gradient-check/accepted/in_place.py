"""Works in the arrays themselves and restores in a `finally`; errors entry by entry, without arrays."""

import math

import numpy as np


def numerical_grad(f, x, h=1e-5):
    if x.dtype.kind != "f":
        raise TypeError("only floats have a gradient")
    if x.dtype != np.float64:
        x = x.astype(np.float64)
    grad = np.zeros_like(x)
    for index in np.ndindex(*x.shape):
        kept = float(x[index])
        try:
            x[index] = kept - h
            below = f(x)
            x[index] = kept + h
            above = f(x)
        finally:
            x[index] = kept
        grad[index] = above / (2 * h) - below / (2 * h)
    return grad


def error_of(a, b):
    a, b = float(a), float(b)
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.inf
    return 0.0 if a == b else abs(a - b) / (abs(a) + abs(b))


def relative_error(a, b):
    return worst_of(np.array(a), np.array(b))[0]


def worst_of(a, b):
    if a.shape != b.shape:
        raise ValueError("different shapes")
    error, place = 0.0, (0,) * a.ndim
    for index in np.ndindex(*a.shape):
        here = error_of(a[index], b[index])
        if here > error:
            error, place = here, index
    return error, place


def check_gradients(f, params, grads, tol=1e-6):
    report = {}
    for name in params:
        if name not in grads:
            raise ValueError(f"no gradient for {name}")
        if grads[name].shape != params[name].shape:
            raise ValueError(f"the gradient of {name} has another shape")
        error, place = worst_of(grads[name], gradient_in_dict(f, params, name))
        report[name] = {"ok": error <= tol, "max_rel_error": error, "worst_index": place}
    return report


def gradient_in_dict(f, params, name):
    kept = params[name]

    def at(value):
        params[name] = value
        try:
            return f(params)
        finally:
            params[name] = kept

    return numerical_grad(at, kept)


def first_wrong(f, params, grads, tol=1e-6):
    wrong = None
    for name in list(params)[::-1]:
        only = check_gradients(lambda one, name=name: f(params | one), {name: params[name]}, grads, tol)
        if not only[name]["ok"]:
            wrong = name
            break
    return wrong
