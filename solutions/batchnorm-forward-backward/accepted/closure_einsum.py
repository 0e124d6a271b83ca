"""The cache is the backward pass itself, a closure; sums by einsum; the output as scale * x + shift."""

import numpy as np


def bn_forward(x, gamma, beta, running, momentum=0.99, eps=1e-3, training=True):
    axes = "nhwf" if x.ndim == 4 else "nf"
    count = int(np.prod(x.shape[:-1]))
    mean, var = running["mean"], running["var"]
    if training:
        mean = np.einsum(f"{axes}->f", x) / count
        centred = x - mean
        var = np.einsum(f"{axes},{axes}->f", centred, centred) / count
        running = {key: momentum * running[key] + (1 - momentum) * new for key, new in (("mean", mean), ("var", var))}
    scale = gamma * (var + eps) ** -0.5
    out = x * scale + (beta - mean * scale)

    def backward(grad_out):
        x_hat = (x - mean) * (var + eps) ** -0.5
        grad_beta = np.einsum(f"{axes}->f", grad_out)
        grad_gamma = np.einsum(f"{axes},{axes}->f", grad_out, x_hat)
        if not training:
            return scale * grad_out, grad_gamma, grad_beta
        return scale / count * (count * grad_out - grad_beta - x_hat * grad_gamma), grad_gamma, grad_beta

    return out, backward, running


def bn_backward(grad_out, cache):
    return cache(grad_out)


def ln_forward(x, gamma, beta, eps=1e-5):
    # Rows become features: batch norm of the transpose is layer norm.
    rows = x.reshape(-1, x.shape[-1]).T  # (D, R)
    ones, zeros = np.ones(rows.shape[1]), np.zeros(rows.shape[1])
    normal, _, _ = bn_forward(rows, ones, zeros, {"mean": zeros, "var": ones}, eps=eps)
    return gamma * normal.T.reshape(x.shape) + beta
