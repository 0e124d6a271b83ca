# Mistake: the number of windows is truncated towards 0, so that a window a little too large seems to fit.
# Caught by: TestConvolutionForward::test_refused
# Diagnosis: is rounded down, not towards 0
"""Windows gathered by arrays of row and column numbers."""

import numpy as np


def count(length, k, stride):
    return int((length - k) / stride) + 1  # -0.5 becomes 0: one window


def geometry(shape, kh, kw, stride):
    p, q = count(shape[1], kh, stride), count(shape[2], kw, stride)
    if p < 1 or q < 1:
        raise ValueError("no window fits")
    rows = stride * np.arange(p)[:, None] + np.arange(kh)
    cols = stride * np.arange(q)[:, None] + np.arange(kw)
    return rows, cols


def conv2d_forward(x, w, b, stride=1, padding="valid"):
    if padding not in ("valid", "same"):
        raise ValueError(padding)
    kh, kw = w.shape[:2]
    pads = [(0, 0), (0, 0), (0, 0), (0, 0)]
    if padding == "same":
        for axis, k in ((1, kh), (2, kw)):
            total = max((-(-x.shape[axis] // stride) - 1) * stride + k - x.shape[axis], 0)
            pads[axis] = (total // 2, total - total // 2)
    xp = np.pad(x, pads)
    rows, cols = geometry(xp.shape, kh, kw, stride)
    patches = xp[:, rows[:, None, :, None], cols[None, :, None, :]]  # N P Q kh kw C
    n, p, q = patches.shape[:3]
    out = (patches.reshape(n * p * q, -1) @ w.reshape(-1, w.shape[3])).reshape(n, p, q, -1) + b
    return out, (x.shape, xp.shape, pads, patches, w, stride)


def conv2d_backward(grad_out, cache):
    shape, padded, pads, patches, w, stride = cache
    n, p, q, f = grad_out.shape
    flat = grad_out.reshape(-1, f)
    grad_w = (patches.reshape(len(flat), -1).T @ flat).reshape(w.shape)
    grad = np.zeros(padded)
    for i in range(w.shape[0]):
        for j in range(w.shape[1]):
            grad[:, i : i + p * stride : stride, j : j + q * stride : stride] += grad_out @ w[i, j].T
    t, l = pads[1][0], pads[2][0]
    return grad[:, t : t + shape[1], l : l + shape[2]], grad_w, flat.sum(axis=0)


def maxpool2d_forward(x, size=2, stride=2):
    rows, cols = geometry(x.shape, size, size, stride)
    patches = x[:, rows[:, None, :, None], cols[None, :, None, :]]
    patches = patches.reshape(*patches.shape[:3], size * size, -1)
    winner = patches.argmax(axis=3)
    return patches.max(axis=3), (x.shape, winner, size, stride)


def maxpool2d_backward(grad_out, cache):
    shape, winner, size, stride = cache
    p, q = grad_out.shape[1:3]
    grad = np.zeros(shape)
    for k in range(size * size):
        i, j = divmod(k, size)
        grad[:, i : i + p * stride : stride, j : j + q * stride : stride] += grad_out * (winner == k)
    return grad
