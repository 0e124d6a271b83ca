"""The whole Jacobian of a feature, gamma / s * (I - 1/N - x_hat x_hat^T / N); the cache is an object."""

import numpy as np


class Normalizer:
    def __init__(self, x, gamma, eps, constants=None):
        self.shape = x.shape
        self.columns = np.moveaxis(x, -1, 0).reshape(x.shape[-1], -1)  # (F, M)
        self.gamma = gamma[:, None]
        self.constant = constants is not None
        if constants is None:
            self.mean = self.columns.mean(axis=1, keepdims=True)
            self.var = ((self.columns - self.mean) ** 2).mean(axis=1, keepdims=True)
        else:
            self.mean, self.var = (np.asarray(c)[:, None] for c in constants)
        self.s = np.sqrt(self.var + eps)
        self.hat = (self.columns - self.mean) / self.s

    def back(self, columns):
        return np.moveaxis(columns.reshape(self.shape[-1], *self.shape[:-1]), 0, -1)

    def jacobians(self):
        count = self.columns.shape[1]
        jacobian = np.broadcast_to(np.eye(count), (len(self.hat), count, count)).copy()
        if not self.constant:
            jacobian -= 1.0 / count
            jacobian -= self.hat[:, :, None] * self.hat[:, None, :] / count
        return jacobian * (self.gamma / self.s)[:, :, None]


def bn_forward(x, gamma, beta, running, momentum=0.99, eps=1e-3, training=True):
    layer = Normalizer(x, gamma, eps, None if training else (running["mean"], running["var"]))
    out = layer.back(layer.gamma * layer.hat) + beta
    if not training:
        return out, layer, running
    mean, var = layer.mean[:, 0], layer.var[:, 0]
    decay = 1 - momentum
    return (
        out,
        layer,
        {"var": running["var"] * momentum + var * decay, "mean": running["mean"] * momentum + mean * decay},
    )


def bn_backward(grad_out, cache):
    grad = np.moveaxis(grad_out, -1, 0).reshape(grad_out.shape[-1], -1)
    grad_x = np.einsum("fij,fi->fj", cache.jacobians(), grad)
    return cache.back(grad_x), (grad * cache.hat).sum(axis=1), grad.sum(axis=1)


def ln_forward(x, gamma, beta, eps=1e-5):
    def row(values):
        centred = values - values.mean()
        return centred / np.sqrt(centred @ centred / values.size + eps)

    return np.apply_along_axis(row, -1, x) * gamma + beta
