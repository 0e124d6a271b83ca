"""Strided views and einsum; grad_x is a convolution of the spread-out gradient with the kernels turned round."""

import numpy as np
from numpy.lib.stride_tricks import as_strided


def view(x, kh, kw, stride):
    n, rows, columns, channels = x.shape
    high, wide = (rows - kh) // stride + 1, (columns - kw) // stride + 1
    if rows < kh or columns < kw:
        raise ValueError("no window fits")
    a, b, c, d = x.strides
    return as_strided(
        x, (n, high, wide, kh, kw, channels), (a, b * stride, c * stride, b, c, d), writeable=False
    )


class Convolution:
    def __init__(self, x, w, stride, padding):
        self.x, self.w, self.stride = x, w, stride
        needs = [0, 0]
        if padding == "same":
            needs = [
                max((int(np.ceil(size / stride)) - 1) * stride + kernel - size, 0)
                for size, kernel in zip(x.shape[1:3], w.shape[:2])
            ]
        elif padding != "valid":
            raise ValueError(padding)
        self.ends = [(need // 2, need - need // 2) for need in needs]
        self.padded = np.pad(x, [(0, 0), *self.ends, (0, 0)])


def conv2d_forward(x, w, b, stride=1, padding="valid"):
    layer = Convolution(x, w, stride, padding)
    out = np.einsum("npqijc,ijcf->npqf", view(layer.padded, *w.shape[:2], stride), w, optimize=True)
    out += b
    return out, layer


def conv2d_backward(grad_out, cache):
    w, stride = cache.w, cache.stride
    kh, kw = w.shape[:2]
    n, rows, columns, _ = cache.padded.shape
    high, wide, channels = grad_out.shape[1:]
    # as many zeros between the gradients as the stride jumps over, and a border of kernel - 1
    dilated = np.zeros((n, rows + kh - 1, columns + kw - 1, channels))
    dilated[:, kh - 1 : kh - 1 + high * stride : stride, kw - 1 : kw - 1 + wide * stride : stride][
        :, :high, :wide
    ] = grad_out
    turned = w[::-1, ::-1]
    grad = np.einsum("npqijf,ijcf->npqc", view(dilated, kh, kw, 1), turned, optimize=True)
    grad_w = np.einsum("npqijc,npqf->ijcf", view(cache.padded, kh, kw, stride), grad_out, optimize=True)
    (top, bottom), (left, right) = cache.ends
    return grad[:, top : rows - bottom, left : columns - right], grad_w, grad_out.sum(0).sum(0).sum(0)


def maxpool2d_forward(x, size=2, stride=2):
    windows = view(x, size, size, stride)
    return windows.max(axis=(3, 4)), (x, size, stride)


def maxpool2d_backward(grad_out, cache):
    x, size, stride = cache
    windows = view(x, size, size, stride)
    hits = (windows == windows.max(axis=(3, 4), keepdims=True)).reshape(*windows.shape[:3], size * size, -1)
    first = hits.argmax(axis=3)  # of booleans: the first that is true
    high, wide = grad_out.shape[1:3]
    grad = np.zeros_like(x)
    for k in range(size**2):
        rows = k // size + stride * np.arange(high)
        columns = k % size + stride * np.arange(wide)
        grad[:, rows[:, None], columns] += (first == k) * grad_out
    return grad
