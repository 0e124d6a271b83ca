"""Scalar formulas with the math module, one number at a time, and loops over slices."""

import math

import numpy as np


def _elementwise(f, x):
    out = np.zeros(x.shape, dtype=np.float32 if x.dtype == np.float32 else np.float64)
    for index in np.ndindex(x.shape):
        out[index] = f(float(x[index]))
    return out


def _sigmoid(v):
    if v >= 0:
        return 1 / (1 + math.exp(-v))
    e = math.exp(v)
    return e / (1 + e)


def _tanh(v):
    e = math.exp(-2 * abs(v))
    return math.copysign((1 - e) / (1 + e), v)


def sigmoid(x):
    return _elementwise(_sigmoid, x)


def tanh(x):
    return _elementwise(_tanh, x)


def relu(x):
    return _elementwise(lambda v: v if v > 0 else 0.0, x)


def leaky_relu(x, alpha=0.01):
    return _elementwise(lambda v: v if v > 0 else alpha * v, x)


def _log_softmax_row(row):
    top = max(row)
    log_sum = math.log(math.fsum(math.exp(v - top) for v in row))
    return [v - top - log_sum for v in row]


def log_softmax(x, axis=-1):
    out = np.zeros(x.shape, dtype=np.float32 if x.dtype == np.float32 else np.float64)
    source, target = np.moveaxis(x, axis, -1), np.moveaxis(out, axis, -1)
    for index in np.ndindex(source.shape[:-1]):
        target[index] = _log_softmax_row(source[index].astype(float).tolist())
    return out


def softmax(x, axis=-1):
    return _elementwise(math.exp, log_softmax(x, axis))


def activation_grad(name, x):
    try:
        slope = {
            "sigmoid": lambda v: _sigmoid(v) * _sigmoid(-v),
            "tanh": lambda v: 4 * _sigmoid(2 * v) * _sigmoid(-2 * v),
            "relu": lambda v: float(v > 0),
            "leaky_relu": lambda v: 1.0 if v > 0 else 0.01,
        }[name]
    except KeyError:
        raise ValueError(f"unknown activation {name!r}") from None
    return _elementwise(slope, x)
