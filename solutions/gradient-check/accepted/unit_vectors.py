"""Rows of an identity matrix as directions, the realised step as the denominator, a flat vector for all parameters."""

import numpy as np


def numerical_grad(f, x, h=1e-5):
    if not np.issubdtype(x.dtype, np.floating):
        raise TypeError(f"{x.dtype} is no floating-point dtype")
    start = x.astype(np.float64).reshape(-1)
    slopes = []
    for direction in np.eye(start.size):
        above, below = start + h * direction, start - h * direction
        realised = np.sum(above - below)  # 2 h, as it was rounded
        slopes.append((f(above.reshape(x.shape)) - f(below.reshape(x.shape))) / realised)
    return np.array(slopes, dtype=np.float64).reshape(x.shape)


def errors_between(a, b):
    a, b = np.float64(a), np.float64(b)
    if np.shape(a) != np.shape(b):
        raise ValueError("shapes differ")
    errors = np.full(np.shape(a), np.inf)
    fine = np.isfinite(a) & np.isfinite(b)
    np.divide(np.abs(a - b), np.abs(a) + np.abs(b), out=errors, where=fine & ((a != 0) | (b != 0)))
    errors[fine & (a == 0) & (b == 0)] = 0.0
    return errors


def relative_error(a, b):
    with np.errstate(invalid="ignore"):
        return max(errors_between(a, b).ravel().tolist(), default=0.0)


def check_gradients(f, params, grads, tol=1e-6):
    names = list(params)
    for name in names:
        if name not in grads:
            raise ValueError(f"{name} has no gradient")
        if np.shape(grads[name]) != np.shape(params[name]):
            raise ValueError(f"{name} and its gradient differ in shape")
        if params[name].dtype.kind != "f":
            raise TypeError(f"{name} is no array of floats")
    shapes = [params[name].shape for name in names]
    ends = np.cumsum([params[name].size for name in names])

    def unpack(flat):
        parts = np.split(flat, ends[:-1])
        return {name: part.reshape(shape) for name, part, shape in zip(names, parts, shapes, strict=True)}

    flat = np.concatenate([params[name].astype(np.float64).reshape(-1) for name in names])
    numerical = unpack(numerical_grad(lambda vector: f(unpack(vector)), flat))
    report = {}
    for name in names:
        with np.errstate(invalid="ignore"):
            errors = errors_between(grads[name], numerical[name])
        places = np.argwhere(errors == errors.max())
        report[name] = {
            "ok": errors.max() <= tol,
            "max_rel_error": errors.max(),
            "worst_index": tuple(places[0]),
        }
    return report


def first_wrong(f, params, grads, tol=1e-6):
    def wrong(name):
        rest = {key: value.astype(np.float64) for key, value in params.items() if key != name}
        return not check_gradients(lambda one: f(rest | one), {name: params[name]}, grads, tol)[name]["ok"]

    return next((name for name in reversed(list(params)) if wrong(name)), None)
