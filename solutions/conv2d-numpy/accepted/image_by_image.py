"""One image at a time, and lists of slices; channels first inside."""

import numpy as np


def slices(kh, kw, high, wide, stride):
    return [
        (slice(i, i + (high - 1) * stride + 1, stride), slice(j, j + (wide - 1) * stride + 1, stride))
        for i in range(kh)
        for j in range(kw)
    ]


def zeros_around(length, kernel, stride):
    total = (length + stride - 1) // stride * stride - stride + kernel - length
    return (0, 0) if total < 0 else (total // 2, total - total // 2)


def conv2d_forward(x, w, b, stride=1, padding="valid"):
    options = {
        "valid": lambda: ((0, 0), (0, 0)),
        "same": lambda: tuple(zeros_around(x.shape[k + 1], w.shape[k], stride) for k in (0, 1)),
    }
    if padding not in options:
        raise ValueError(f"{padding} is neither of {list(options)}")
    rows, columns = options[padding]()
    kh, kw, cin, cout = w.shape
    spread = [np.pad(image, (rows, columns, (0, 0))).transpose(2, 0, 1) for image in x]
    high, wide = ((spread[0].shape[k + 1] - w.shape[k]) // stride + 1 for k in (0, 1))
    if min(spread[0].shape[1] - kh, spread[0].shape[2] - kw) < 0:
        raise ValueError("kernel larger than image")
    places = slices(kh, kw, high, wide, stride)
    matrix = w.reshape(kh * kw * cin, cout)
    gathered, results = [], []
    for image in spread:
        part = np.concatenate([image[:, p, q] for p, q in places]).reshape(kh * kw * cin, high * wide)
        gathered.append(part)
        results.append((matrix.T @ part).T.reshape(high, wide, cout) + b)
    return np.array(results), {
        "gathered": gathered, "places": places, "w": w, "size": spread[0].shape, "pads": (rows, columns), "x": x,
    }


def conv2d_backward(grad_out, cache):
    w, x, places = cache["w"], cache["x"], cache["places"]
    kh, kw, cin, cout = w.shape
    (top, _), (left, _) = cache["pads"]
    grad_w, grad_b, grads = np.zeros((kh * kw * cin, cout)), np.zeros(cout), []
    for upstream, part in zip(grad_out, cache["gathered"]):
        flat = upstream.reshape(-1, cout)
        grad_w = grad_w + part @ flat
        grad_b = grad_b + flat.sum(axis=0)
        back = (w.reshape(-1, cout) @ flat.T).reshape(kh * kw, cin, *upstream.shape[:2])
        image = np.zeros(cache["size"])
        for (p, q), values in zip(places, back):
            image[:, p, q] += values
        grads.append(image[:, top : top + x.shape[1], left : left + x.shape[2]].transpose(1, 2, 0))
    return np.stack(grads), grad_w.reshape(w.shape), grad_b


def maxpool2d_forward(x, size=2, stride=2):
    if size > x.shape[1] or size > x.shape[2]:
        raise ValueError("window larger than image")
    high, wide = (x.shape[1] - size) // stride + 1, (x.shape[2] - size) // stride + 1
    places = slices(size, size, high, wide, stride)
    layers = [x[:, p, q] for p, q in places]
    out = np.maximum.reduce(layers)
    return out, (x, layers, places, out)


def maxpool2d_backward(grad_out, cache):
    x, layers, places, out = cache
    grad_x = np.zeros(x.shape)
    free = np.ones(out.shape, dtype=bool)
    for layer, (p, q) in zip(layers, places):
        chosen = free & (layer == out)
        grad_x[:, p, q] += grad_out * chosen
        free &= ~chosen
    return grad_x
