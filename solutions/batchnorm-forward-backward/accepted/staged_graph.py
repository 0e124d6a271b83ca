"""The forward pass in elementary steps, each reversed in the backward pass; the cache is a named tuple."""

from typing import NamedTuple

import numpy as np


class Cache(NamedTuple):
    training: bool
    gamma: np.ndarray
    x_hat: np.ndarray
    centred: np.ndarray
    inv_std: np.ndarray
    std: np.ndarray


def bn_forward(x, gamma, beta, running, momentum=0.99, eps=1e-3, training=True):
    shape = x.shape
    rows = x.reshape(-1, shape[-1])  # (M, F)
    mean = np.mean(rows, axis=0) if training else running["mean"]
    centred = rows - mean
    var = np.mean(centred**2, axis=0) if training else running["var"]
    std = np.sqrt(var + eps)
    inv_std = 1.0 / std
    x_hat = centred * inv_std
    out = (x_hat * gamma + beta).reshape(shape)
    if training:
        running = {
            "mean": running["mean"] + (1.0 - momentum) * (mean - running["mean"]),
            "var": running["var"] + (1.0 - momentum) * (var - running["var"]),
        }
    return out, Cache(training, gamma, x_hat, centred, inv_std, std), running


def bn_backward(grad_out, cache):
    grad = grad_out.reshape(-1, grad_out.shape[-1])
    count = grad.shape[0]
    grad_beta = np.sum(grad, axis=0)
    grad_gamma = np.sum(grad * cache.x_hat, axis=0)
    grad_x_hat = grad * cache.gamma
    grad_centred = grad_x_hat * cache.inv_std
    if not cache.training:
        return grad_centred.reshape(grad_out.shape), grad_gamma, grad_beta
    grad_inv_std = np.sum(grad_x_hat * cache.centred, axis=0)
    grad_std = -grad_inv_std / cache.std**2
    grad_var = grad_std / (2.0 * cache.std)
    grad_centred = grad_centred + 2.0 * cache.centred * grad_var / count
    grad_mean = -np.sum(grad_centred, axis=0)
    grad_x = grad_centred + grad_mean / count
    return grad_x.reshape(grad_out.shape), grad_gamma, grad_beta


def ln_forward(x, gamma, beta, eps=1e-5):
    centred = x - np.mean(x, axis=-1, keepdims=True)
    return centred / np.sqrt(np.mean(np.square(centred), axis=-1, keepdims=True) + eps) * gamma + beta
