# Mistake: x may have further axes before the rows.
# Caught by: TestHighwayForward::test_shapes
# Diagnosis: x is (N, d), with two axes

import numpy as np


def residual_forward(x, W1, b1, W2, b2):
    (n, d), (h,) = x.shape, b1.shape
    check_shapes((x, W1, b1, W2, b2), ((n, d), (d, h), (h,), (h, d), (d,)))
    H = np.maximum(x @ W1 + b1, 0)  # (n, d) -> (n, h)
    return x + H @ W2 + b2, (x, W1, W2, H)


def residual_backward(dy, cache):
    x, W1, W2, H = cache
    dZ = dy @ W2.T * (H > 0)  # (n, d) -> (n, h)
    return {
        "dx": dy + dZ @ W1.T,
        "dW1": x.T @ dZ,
        "db1": dZ.sum(axis=0),
        "dW2": H.T @ dy,
        "db2": dy.sum(axis=0),
    }


def highway_forward(x, WH, bH, WT, bT):
    if x.ndim < 2:
        raise ValueError("x has rows")
    d = x.shape[-1]
    check_shapes((WH, bH, WT, bT), ((d, d), (d,), (d, d), (d,)))
    H = np.tanh(x @ WH + bH)
    T = sigmoid(x @ WT + bT)
    return T * H + (1 - T) * x, (x, WH, WT, H, T)


def highway_backward(dy, cache):
    x, WH, WT, H, T = cache
    dZH = dy * T * (1 - H**2)
    dZT = dy * (H - x) * T * (1 - T)
    return {
        "dx": dy * (1 - T) + dZH @ WH.T + dZT @ WT.T,
        "dWH": x.T @ dZH,
        "dbH": dZH.sum(axis=0),
        "dWT": x.T @ dZT,
        "dbT": dZT.sum(axis=0),
    }


def highway_bias(d, gate_bias=-2.0):
    return np.full(d, gate_bias, dtype=np.float64)


def input_gradient_ratio(kind, depth, width, rng):
    if kind not in ("plain", "residual", "highway"):
        raise ValueError(f"unknown kind of layer: {kind!r}")
    h, caches = rng.normal(size=(128, width)), []
    for _ in range(depth):
        W = rng.normal(scale=np.sqrt(0.64 / width), size=(width, width))
        if kind == "highway":
            WT = rng.normal(scale=np.sqrt(1 / width), size=(width, width))
            h, cache = highway_forward(h, W, np.zeros(width), WT, highway_bias(width))
        else:
            H = np.tanh(h @ W)
            h, cache = (h + H if kind == "residual" else H), (W, H)
        caches.append(cache)
    dy = rng.normal(size=(128, width))
    grad = dy
    for cache in reversed(caches):
        if kind == "highway":
            grad = highway_backward(grad, cache)["dx"]
        else:
            W, H = cache
            through = grad * (1 - H**2) @ W.T
            grad = grad + through if kind == "residual" else through
    return float(np.linalg.norm(grad) / np.linalg.norm(dy))


def sigmoid(z):
    """1 / (1 + exp(-z)), which cannot overflow in this form."""
    return 0.5 * (1 + np.tanh(z / 2))


def check_shapes(arrays, wanted):
    """Refuse what NumPy would broadcast."""
    got = tuple(array.shape for array in arrays)
    if got != wanted:
        raise ValueError(f"shapes {got} where {wanted} are needed")
