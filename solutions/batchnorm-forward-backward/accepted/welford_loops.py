"""Plain loops: Welford's update for the moments, one feature at a time; the cache is a dict of lists."""

import math

import numpy as np


def welford(values):
    mean, squares, count = 0.0, 0.0, 0
    for value in values:
        count += 1
        delta = value - mean
        mean += delta / count
        squares += delta * (value - mean)
    return mean, squares / count


def bn_forward(x, gamma, beta, running, momentum=0.99, eps=1e-3, training=True):
    features = x.shape[-1]
    out = np.empty_like(x)
    hats, deviations = [], []
    new_mean, new_var = np.empty(features), np.empty(features)
    for f in range(features):
        values = [float(v) for v in x[..., f].ravel()]
        if training:
            mean, var = welford(values)
            new_mean[f] = momentum * running["mean"][f] + (1 - momentum) * mean
            new_var[f] = momentum * running["var"][f] + (1 - momentum) * var
        else:
            mean, var = new_mean[f], new_var[f] = running["mean"][f], running["var"][f]
        deviation = math.sqrt(var + eps)
        hat = [(v - mean) / deviation for v in values]
        out[..., f] = np.array([gamma[f] * h + beta[f] for h in hat]).reshape(x.shape[:-1])
        hats.append(hat)
        deviations.append(deviation)
    cache = {
        "hats": hats,
        "deviations": deviations,
        "gamma": gamma.tolist(),
        "mode": "train" if training else "test",
    }
    return [out, cache, {"mean": new_mean, "var": new_var}]


def bn_backward(grad_out, cache):
    features = grad_out.shape[-1]
    grad_x = np.zeros(grad_out.shape)
    grad_gamma, grad_beta = np.zeros(features), np.zeros(features)
    for f in range(features):
        hat = cache["hats"][f]
        grad = [float(g) for g in grad_out[..., f].ravel()]
        count = len(grad)
        for g, h in zip(grad, hat):
            grad_beta[f] += g
            grad_gamma[f] += g * h
        column = []
        for g, h in zip(grad, hat):
            if cache["mode"] == "train":
                g = g - grad_beta[f] / count - h * grad_gamma[f] / count
            column.append(cache["gamma"][f] * g / cache["deviations"][f])
        grad_x[..., f] = np.array(column).reshape(grad_out.shape[:-1])
    return [grad_x, grad_gamma, grad_beta]


def ln_forward(x, gamma, beta, eps=1e-5):
    out = np.empty_like(x)
    for index in np.ndindex(x.shape[:-1]):
        mean, var = welford(x[index])
        for f in range(x.shape[-1]):
            out[(*index, f)] = gamma[f] * (x[(*index, f)] - mean) / math.sqrt(var + eps) + beta[f]
    return out
