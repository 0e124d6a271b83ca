"""Loops over the places of the kernel, in every pass; nothing is gathered."""

import math

import numpy as np


def conv2d_forward(x, w, b, stride=1, padding="valid"):
    n, rows, columns, _ = x.shape
    kh, kw, _, channels = w.shape
    if padding == "same":
        high, wide = math.ceil(rows / stride), math.ceil(columns / stride)
        down = max(0, stride * (high - 1) + kh - rows)
        across = max(0, stride * (wide - 1) + kw - columns)
        canvas = np.zeros((n, rows + down, columns + across, x.shape[3]))
        canvas[:, down // 2 : down // 2 + rows, across // 2 : across // 2 + columns, :] = x
        corner = (down // 2, across // 2)
    elif padding == "valid":
        high, wide = (rows - kh) // stride + 1, (columns - kw) // stride + 1
        canvas, corner = x, (0, 0)
    else:
        raise ValueError("padding must be valid or same")
    if high < 1 or wide < 1:
        raise ValueError("the kernel does not fit")
    out = np.broadcast_to(b, (n, high, wide, channels)).copy()
    for i in range(kh):
        for j in range(kw):
            rows = slice(i, i + (high - 1) * stride + 1, stride)
            columns = slice(j, j + (wide - 1) * stride + 1, stride)
            out += canvas[:, rows, columns] @ w[i, j]
    return [out, {"canvas": canvas, "corner": corner, "w": w, "stride": stride, "x": x.shape}]


def conv2d_backward(grad_out, cache):
    canvas, w, stride = cache["canvas"], cache["w"], cache["stride"]
    high, wide = grad_out.shape[1], grad_out.shape[2]
    spread, grad_w = np.zeros_like(canvas), np.empty_like(w)
    for i in range(w.shape[0]):
        for j in range(w.shape[1]):
            rows = slice(i, i + (high - 1) * stride + 1, stride)
            columns = slice(j, j + (wide - 1) * stride + 1, stride)
            grad_w[i, j] = np.einsum("npqc,npqf->cf", canvas[:, rows, columns], grad_out)
            spread[:, rows, columns] += np.einsum("npqf,cf->npqc", grad_out, w[i, j])
    top, left = cache["corner"]
    _, rows, columns, _ = cache["x"]
    return [spread[:, top : top + rows, left : left + columns], grad_w, np.einsum("npqf->f", grad_out)]


def maxpool2d_forward(x, size=2, stride=2):
    n, rows, columns, channels = x.shape
    if size > min(rows, columns):
        raise ValueError("the window does not fit")
    high, wide = 1 + (rows - size) // stride, 1 + (columns - size) // stride
    best = np.full((n, high, wide, channels), -np.inf)
    place = np.zeros(best.shape, dtype=int)
    for k in range(size * size):
        i, j = divmod(k, size)
        seen = x[:, i : i + (high - 1) * stride + 1 : stride, j : j + (wide - 1) * stride + 1 : stride]
        place = np.where(seen > best, k, place)
        best = np.maximum(seen, best)
    return best, (place, x.shape, size, stride)


def maxpool2d_backward(grad_out, cache):
    place, shape, size, stride = cache
    grad = np.zeros(shape)
    high, wide = place.shape[1:3]
    for k in range(size * size):
        i, j = divmod(k, size)
        rows = slice(i, i + (high - 1) * stride + 1, stride)
        columns = slice(j, j + (wide - 1) * stride + 1, stride)
        grad[:, rows, columns] += np.where(place == k, grad_out, 0.0)
    return grad
