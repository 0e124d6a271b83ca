# Mistake: the gradient of x is computed with an epsilon of its own.
# Caught by: TestBackward::test_scale
# Diagnosis: has an eps of its own

import numpy as np


def bn_forward(x, gamma, beta, running, momentum=0.99, eps=1e-3, training=True):
    if training:
        axes = tuple(range(x.ndim - 1))
        mean, var = x.mean(axis=axes), x.var(axis=axes)
        new_running = {
            "mean": momentum * running["mean"] + (1 - momentum) * mean,
            "var": momentum * running["var"] + (1 - momentum) * var,
        }
    else:
        mean, var = running["mean"], running["var"]
        new_running = dict(running)
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    out = gamma * x_hat + beta
    return out, (x, mean, var, gamma, eps, training), new_running


def bn_backward(grad_out, cache):
    x, mean, var, gamma, eps, training = cache
    axes = tuple(range(grad_out.ndim - 1))
    grad_gamma = (grad_out * (x - mean) / np.sqrt(var + eps)).sum(axis=axes)
    grad_beta = grad_out.sum(axis=axes)
    inv_std = 1 / np.sqrt(var + 1e-3)
    x_hat, scale = (x - mean) * inv_std, gamma * inv_std
    grad_x = scale * grad_out
    if training:
        count = grad_out.size / grad_out.shape[-1]
        grad_x -= scale * (grad_beta + x_hat * (grad_out * x_hat).sum(axis=axes)) / count
    return grad_x, grad_gamma, grad_beta


def ln_forward(x, gamma, beta, eps=1e-5):
    mean = x.mean(axis=-1, keepdims=True)
    var = x.var(axis=-1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta
