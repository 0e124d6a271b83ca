"""Recursion over entries with np.nditer, NumPy scalars in the report, and a generator that both checks share."""

import numpy as np

FLOATS = "efd"


def numerical_grad(f, x, h=1e-5):
    if x.dtype.char not in FLOATS:
        raise TypeError("float16, float32 or float64")
    x = np.array(x, dtype=float, order="C")
    result = np.zeros(x.shape)
    cursor = np.nditer(x, flags=["multi_index", "zerosize_ok"])
    while not cursor.finished:
        i = cursor.multi_index
        result[i] = (f(shifted(x, i, +h)) - f(shifted(x, i, -h))) * (0.5 / h)
        cursor.iternext()
    return result


def shifted(x, index, step):
    other = x.copy()
    other[index] += step
    return other


def relative_error(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape:
        raise ValueError("shapes")
    return np.float64(0.0) if a.size == 0 else table(a, b).max()


def table(a, b):
    scale = abs(a) + abs(b)
    both_zero = scale == 0
    with np.errstate(all="ignore"):
        ratio = np.where(both_zero, 0.0, abs(a - b) / scale)
    return np.where(np.isnan(ratio) | np.isinf(scale), np.inf, ratio)


def entries(f, params, grads, names, tol):
    """Yield (name, entry of the report), computing each only when it is asked for."""
    doubles = {name: value.astype(float) for name, value in params.items()}
    for name in names:
        numerical = numerical_grad(lambda v, name=name: f(dict(doubles, **{name: v})), params[name])
        errors = table(np.asarray(grads[name], float), numerical)
        flat = int(errors.argmax())
        place = np.unravel_index(flat, errors.shape)
        yield name, {"ok": errors.flat[flat] <= tol, "max_rel_error": errors.flat[flat], "worst_index": place}


def check_gradients(f, params, grads, tol=1e-6):
    missing = [name for name in params if name not in grads]
    if missing:
        raise ValueError(f"no gradient for {missing}")
    bad = [name for name in params if np.shape(grads[name]) != np.shape(params[name])]
    if bad:
        raise ValueError(f"wrong shape: {bad}")
    return dict(entries(f, params, grads, params, tol))


def first_wrong(f, params, grads, tol=1e-6):
    for name, entry in entries(f, params, grads, reversed(params), tol):
        if not entry["ok"]:
            return name
    return None
