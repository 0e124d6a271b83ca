"""One row at a time, with outer products; the sigmoid by its textbook formula, which only warns when it overflows."""

import numpy as np


def fits(array, *shape):
    if np.shape(array) != shape:
        raise ValueError(f"expected shape {shape}, got {np.shape(array)}")


def gate_of(z):
    return 1.0 / (1.0 + np.exp(-z))


def residual_forward(x, W1, b1, W2, b2):
    if x.ndim != 2 or b1.ndim != 1:
        raise ValueError("x has two axes, b1 has one")
    width, hidden = x.shape[1], b1.shape[0]
    fits(W1, width, hidden)
    fits(W2, hidden, width)
    fits(b2, width)
    y, kept = np.empty_like(x), []
    for i, row in enumerate(x):
        z = W1.T @ row + b1
        y[i] = row + np.where(z > 0, z, 0.0) @ W2 + b2
        kept.append((row, z))
    return y, {"rows": kept, "W1": W1, "W2": W2}


def residual_backward(dy, cache):
    W1, W2 = cache["W1"], cache["W2"]
    grads = {"dx": dy.copy(), "dW1": 0.0 * W1, "db1": 0.0 * W1[0], "dW2": 0.0 * W2, "db2": 0.0 * W2[0]}
    for i, (row, z) in enumerate(cache["rows"]):
        dz = np.where(z > 0, W2 @ dy[i], 0.0)
        grads["dx"][i] += W1 @ dz
        grads["dW1"] += np.outer(row, dz)
        grads["db1"] += dz
        grads["dW2"] += np.outer(np.maximum(z, 0), dy[i])
        grads["db2"] += dy[i]
    return grads


def highway_forward(x, WH, bH, WT, bT):
    if x.ndim != 2:
        raise ValueError("x has two axes")
    width = x.shape[1]
    for array, shape in ((WH, (width, width)), (bH, (width,)), (WT, (width, width)), (bT, (width,))):
        fits(array, *shape)
    y, kept = np.empty_like(x), []
    for i, row in enumerate(x):
        candidate, opened = np.tanh(row @ WH + bH), gate_of(row @ WT + bT)
        y[i] = opened * candidate + (1.0 - opened) * row
        kept.append((row, candidate, opened))
    return y, [kept, WH, WT]


def highway_backward(dy, cache):
    kept, WH, WT = cache
    grads = {key: np.zeros_like(WH) for key in ("dWH", "dWT")}
    grads.update({key: np.zeros(len(WH)) for key in ("dbH", "dbT")})
    grads["dx"] = np.zeros_like(dy)
    for i, (row, candidate, opened) in enumerate(kept):
        through_h = dy[i] * opened * (1 - candidate) * (1 + candidate)
        through_gate = dy[i] * (candidate - row) * (opened - opened**2)
        grads["dx"][i] = dy[i] - dy[i] * opened + WH @ through_h + WT @ through_gate
        grads["dWH"] += row[:, None] * through_h
        grads["dbH"] += through_h
        grads["dWT"] += row[:, None] * through_gate
        grads["dbT"] += through_gate
    return grads


def highway_bias(d, gate_bias=-2.0):
    return np.array([float(gate_bias)] * d)


def input_gradient_ratio(kind, depth, width, rng):
    """Forward differentiation would cost a pass for each unit; this goes back, one kind after the other."""
    if kind == "plain":
        take, keep = (lambda h, WT: 1.0), (lambda h, WT: 0.0)
    elif kind == "residual":
        take, keep = (lambda h, WT: 1.0), (lambda h, WT: 1.0)
    elif kind == "highway":
        take, keep = (lambda h, WT: gate_of(h @ WT - 2)), (lambda h, WT: gate_of(2 - h @ WT))
    else:
        raise ValueError(kind)
    h, steps = rng.standard_normal((128, width)), []
    for _ in range(depth):
        W = 0.8 / np.sqrt(width) * rng.standard_normal((width, width))
        WT = rng.standard_normal((width, width)) / np.sqrt(width) if kind == "highway" else np.zeros((width, width))
        steps.append((h, W, WT))
        h = take(h, WT) * np.tanh(h @ W) + keep(h, WT) * h
    start = upstream = rng.standard_normal((128, width))
    for h, W, WT in steps[::-1]:
        H = np.tanh(h @ W)
        back = keep(h, WT) * upstream + (upstream * take(h, WT) / np.cosh(h @ W) ** 2) @ W.T
        if kind == "highway":
            back = back + (upstream * (H - h) * take(h, WT) * keep(h, WT)) @ WT.T
        upstream = back
    return np.sqrt(np.sum(upstream**2) / np.sum(start**2))
