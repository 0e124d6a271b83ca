"""Works in the arrays themselves and restores in a `finally`; errors entry by entry, without arrays."""

import math

import numpy as np


def numerical_grad(f, x, h=1e-5):
    x = in_float64(x)
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


def in_float64(x):
    """The array itself if it is float64 already."""
    if x.dtype.kind != "f":
        raise TypeError("only floats have a gradient")
    return x.astype(np.float64, copy=False)


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
    for name in params:
        if name not in grads:
            raise ValueError(f"no gradient for {name}")
        if grads[name].shape != params[name].shape:
            raise ValueError(f"the gradient of {name} has another shape")
    point = {name: in_float64(x) for name, x in params.items()}
    report = {}
    for name, x in point.items():
        numerical = numerical_grad(lambda _x: f(point), x)  # moves x itself, which is in point
        error, place = worst_of(grads[name], numerical)
        report[name] = {"ok": error <= tol, "max_rel_error": error, "worst_index": place}
    return report


def first_wrong(f, params, grads, tol=1e-6):
    point = {name: in_float64(x) for name, x in params.items()}
    wrong = None
    for name in list(params)[::-1]:
        only = check_gradients(lambda one: f(point | one), {name: point[name]}, grads, tol)
        if not only[name]["ok"]:
            wrong = name
            break
    return wrong
