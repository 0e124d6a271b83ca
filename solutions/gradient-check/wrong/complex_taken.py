# Mistake: everything inexact is taken.
# Caught by: TestNumericalGradient::test_refused
# Diagnosis: half of the derivative with respect to a complex number
"""Gradient checking with central differences."""

import numpy as np


def numerical_grad(f, x, h=1e-5):
    if not np.issubdtype(x.dtype, np.inexact):
        raise TypeError(f"x must be an array of floats, not of {x.dtype}")
    point = np.array(x, dtype=np.float64)  # a copy: x stays as it is, whatever f does
    grad = np.empty(point.shape)
    for index in np.ndindex(point.shape):
        kept = point[index]
        point[index] = kept + h
        above = f(point)
        point[index] = kept - h
        below = f(point)
        point[index] = kept  # the value itself: adding and subtracting h would not lead back to it
        grad[index] = (above - below) / (2 * h)
    return grad


def entry_errors(a, b):
    """|a - b| / (|a| + |b|) of each entry; 0 where both are 0, inf where one is not finite."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"shapes {a.shape} and {b.shape} differ")
    with np.errstate(invalid="ignore"):
        size = np.abs(a) + np.abs(b)
        error = np.abs(a - b) / np.where(size == 0, 1, size)
    return np.where(np.isfinite(size), error, np.inf)


def relative_error(a, b):
    return float(np.max(entry_errors(a, b), initial=0))


def check_one(f, params, grads, name, tol):
    point = {key: np.asarray(value, dtype=np.float64) for key, value in params.items()}  # f sees float64 only
    numerical = numerical_grad(lambda value: f({**point, name: value}), params[name])
    errors = entry_errors(grads[name], numerical)
    worst = np.unravel_index(np.argmax(errors), errors.shape)
    error = float(errors[worst])
    return {"ok": error <= tol, "max_rel_error": error, "worst_index": tuple(int(i) for i in worst)}


def check_gradients(f, params, grads, tol=1e-6):
    for name in params:
        if name not in grads:
            raise ValueError(f"there is no gradient for {name}")
        if grads[name].shape != params[name].shape:
            raise ValueError(f"the gradient of {name} has another shape")
    return {name: check_one(f, params, grads, name, tol) for name in params}


def first_wrong(f, params, grads, tol=1e-6):
    for name in reversed(params):  # backpropagation starts at the last parameter
        if not check_one(f, params, grads, name, tol)["ok"]:
            return name
    return None
