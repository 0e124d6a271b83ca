"""Windows become rows of a matrix, gathered and scattered by arrays of indices (the classical im2col and col2im)."""

import numpy as np


def grid(high, wide, kh, kw, stride):
    """Row and column of each place of each window, (high * wide, kh * kw)."""
    i = stride * np.repeat(np.arange(high), wide)[:, None] + np.repeat(np.arange(kh), kw)[None, :]
    j = stride * np.tile(np.arange(wide), high)[:, None] + np.tile(np.arange(kw), kh)[None, :]
    return i, j


def count(length, kernel, stride):
    if length < kernel:
        raise ValueError(f"a window of {kernel} does not fit into {length}")
    return (length - kernel) // stride + 1


def conv2d_forward(x, w, b, stride=1, padding="valid"):
    if padding not in {"valid", "same"}:
        raise ValueError("unknown padding")
    kh, kw, cin, cout = w.shape
    before, after = [0, 0], [0, 0]
    if padding == "same":
        for axis, (length, kernel) in enumerate(((x.shape[1], kh), (x.shape[2], kw))):
            rest = length % stride or stride
            total = max(kernel - rest, 0)
            before[axis], after[axis] = total // 2, (total + 1) // 2
    padded = np.pad(x, ((0, 0), (before[0], after[0]), (before[1], after[1]), (0, 0)), mode="constant")
    high, wide = count(padded.shape[1], kh, stride), count(padded.shape[2], kw, stride)
    index = grid(high, wide, kh, kw, stride)
    rows = padded[:, index[0], index[1], :].reshape(len(x) * high * wide, kh * kw * cin)
    out = (rows @ w.reshape(-1, cout) + b).reshape(len(x), high, wide, cout)
    return out, (x.shape, padded.shape, before, index, rows, w)


def conv2d_backward(grad_out, cache):
    shape, padded_shape, before, index, rows, w = cache
    upstream = grad_out.reshape(-1, grad_out.shape[-1])
    grad_w = (rows.T @ upstream).reshape(w.shape)
    grad_rows = upstream @ w.reshape(-1, w.shape[-1]).T
    grad = np.zeros(padded_shape)
    np.add.at(grad, (slice(None), *index), grad_rows.reshape(shape[0], *index[0].shape, shape[3]))
    grad_x = grad[:, before[0] :, before[1] :][:, : shape[1], : shape[2]]
    return grad_x, grad_w, upstream.sum(axis=0)


def maxpool2d_forward(x, size=2, stride=2):
    high, wide = count(x.shape[1], size, stride), count(x.shape[2], size, stride)
    index = grid(high, wide, size, size, stride)
    rows = x[:, index[0], index[1], :]  # (N, windows, places, C)
    best = np.argmax(rows, axis=2)
    out = np.take_along_axis(rows, best[:, :, None, :], axis=2)
    return out.reshape(len(x), high, wide, -1), (x.shape, best, index)


def maxpool2d_backward(grad_out, cache):
    shape, best, index = cache
    n, windows, channels = best.shape
    row = index[0][np.arange(windows)[None, :, None], best]
    column = index[1][np.arange(windows)[None, :, None], best]
    flat = ((np.arange(n)[:, None, None] * shape[1] + row) * shape[2] + column) * channels + np.arange(channels)
    total = np.bincount(flat.ravel(), weights=grad_out.reshape(best.shape).ravel(), minlength=int(np.prod(shape)))
    return total.reshape(shape)
