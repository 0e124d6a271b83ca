# Mistake: the gradients are kept in the cache and given back to every grad_out.
# Caught by: TestBackward::test_cache
# Diagnosis: another grad_out got the gradients of the first

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
    return out, [x_hat, gamma * inv_std, training, None], new_running


def bn_backward(grad_out, cache):
    x_hat, scale, training, done = cache
    if done is not None:
        return done
    axes = tuple(range(grad_out.ndim - 1))
    grad_gamma = (grad_out * x_hat).sum(axis=axes)
    grad_beta = grad_out.sum(axis=axes)
    grad_x = scale * grad_out
    if training:
        count = grad_out.size / grad_out.shape[-1]
        grad_x -= scale * (grad_beta + x_hat * grad_gamma) / count
    cache[3] = grad_x, grad_gamma, grad_beta
    return cache[3]


def ln_forward(x, gamma, beta, eps=1e-5):
    mean = x.mean(axis=-1, keepdims=True)
    var = x.var(axis=-1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta
