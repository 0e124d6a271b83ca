# Mistake: the gradient of pooling is an array of the cache, which the next backward pass overwrites.
# Caught by: TestPooling::test_cache
# Diagnosis: a later call writes into an array that was given back before
"""2-D convolution and max pooling in NumPy, by views of all windows.

N images, H and W rows and columns, C channels; P and Q rows and columns of the output.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def same_padding(length, kernel, stride):
    """Zeros before and after one axis, so that ceil(length / stride) windows fit."""
    count = -(-length // stride)
    total = max((count - 1) * stride + kernel - length, 0)
    return total // 2, total - total // 2


def windows_of(x, kh, kw, stride):
    """A view of all windows; ValueError where not even one fits."""
    return sliding_window_view(x, (kh, kw), axis=(1, 2))[:, ::stride, ::stride]  # (N, P, Q, C, kh, kw)


def read_by(i, j, stride, grad_out):
    """The pixels that lie at place (i, j) of their windows, as an index."""
    p, q = grad_out.shape[1:3]
    return np.s_[:, i : i + stride * p : stride, j : j + stride * q : stride]


def conv2d_forward(x, w, b, stride=1, padding="valid"):
    if padding not in ("valid", "same"):
        raise ValueError(f"padding is 'valid' or 'same', not {padding!r}")
    kh, kw = w.shape[:2]
    pads = ((0, 0), (0, 0))
    if padding == "same":
        pads = same_padding(x.shape[1], kh, stride), same_padding(x.shape[2], kw, stride)
    padded = np.pad(x, ((0, 0), *pads, (0, 0)))
    windows = windows_of(padded, kh, kw, stride)
    out = np.tensordot(windows, w, axes=((4, 5, 3), (0, 1, 2))) + b  # (N, P, Q, Cout)
    return out, (x.shape, pads, padded.shape, windows, w, stride)


def conv2d_backward(grad_out, cache):
    (_, h, wide, _), ((top, _), (left, _)), padded_shape, windows, w, stride = cache
    grad_w = np.tensordot(windows, grad_out, axes=((0, 1, 2), (0, 1, 2)))  # (Cin, kh, kw, Cout)
    grad_padded = np.zeros(padded_shape)
    for i, j in np.ndindex(w.shape[:2]):
        grad_padded[read_by(i, j, stride, grad_out)] += grad_out @ w[i, j].T
    grad_x = grad_padded[:, top : top + h, left : left + wide]
    return grad_x, grad_w.transpose(1, 2, 0, 3), grad_out.sum(axis=(0, 1, 2))


def maxpool2d_forward(x, size=2, stride=2):
    windows = windows_of(x, size, size, stride)
    places = np.moveaxis(windows, (4, 5), (0, 1)).reshape(size * size, *windows.shape[:4])  # row-major
    winner = places.argmax(axis=0)  # (N, P, Q, C), the first of equal ones
    return places.max(axis=0), (np.empty(x.shape), winner, size, stride)


def maxpool2d_backward(grad_out, cache):
    grad_x, winner, size, stride = cache
    grad_x[...] = 0.0
    for place, (i, j) in enumerate(np.ndindex(size, size)):
        grad_x[read_by(i, j, stride, grad_out)] += grad_out * (winner == place)
    return grad_x
