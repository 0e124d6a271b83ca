"""Batch normalization with its backward pass, and layer normalization."""

import numpy as np


def bn_forward(x, gamma, beta, running, momentum=0.99, eps=1e-3, training=True):
    """out = gamma * (x - mean) / sqrt(var + eps) + beta, per feature of the last axis."""
    if training:
        axes = tuple(range(x.ndim - 1))  # (0,) or (0, 1, 2): everything but the features
        mean, var = x.mean(axis=axes), x.var(axis=axes)  # (C,)
        new_running = {
            "mean": momentum * running["mean"] + (1 - momentum) * mean,
            "var": momentum * running["var"] + (1 - momentum) * var,
        }
    else:
        mean, var = running["mean"], running["var"]
        new_running = dict(running)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std  # like x
    out = gamma * x_hat + beta
    return out, (x_hat, gamma * inv_std, training), new_running


def bn_backward(grad_out, cache):
    """grad_x = gamma / std * (grad_out - mean(grad_out) - x_hat * mean(grad_out * x_hat)) after training.

    The two means are what flows back through the batch mean and the batch variance. At inference both
    statistics are constants, and the two terms are absent.
    """
    x_hat, scale, training = cache
    axes = tuple(range(grad_out.ndim - 1))
    grad_gamma = (grad_out * x_hat).sum(axis=axes)  # (C,)
    grad_beta = grad_out.sum(axis=axes)  # (C,)
    grad_x = scale * grad_out
    if training:
        count = grad_out.size / grad_out.shape[-1]  # values per feature: N or N*H*W
        grad_x -= scale * (grad_beta + x_hat * grad_gamma) / count
    return grad_x, grad_gamma, grad_beta


def ln_forward(x, gamma, beta, eps=1e-5):
    """The same formula with the statistics of each row, over the last axis."""
    mean = x.mean(axis=-1, keepdims=True)  # (..., 1)
    var = x.var(axis=-1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta
