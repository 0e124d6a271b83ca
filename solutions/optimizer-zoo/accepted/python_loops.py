"""One number at a time, with the mathematics of the standard library; the state holds lists of floats."""

import math

import numpy as np


def entry_by_entry(w, g, rule):
    out = np.empty_like(w)
    for i, (weight, slope) in enumerate(zip(w.ravel().tolist(), g.ravel().tolist())):
        out.flat[i] = rule(i, weight, slope)
    return out


def sgd(w, g, state, lr):
    return entry_by_entry(w, g, lambda i, weight, slope: weight - lr * slope)


def momentum(w, g, state, lr, beta=0.9, convention="classic"):
    if convention == "classic":
        keep, add, move = beta, -lr, 1.0
    elif convention == "ema":
        keep, add, move = beta, 1.0 - beta, -lr
    else:
        raise ValueError(convention)
    velocity = state.setdefault("v", [0.0] * w.size)

    def rule(i, weight, slope):
        velocity[i] = keep * velocity[i] + add * slope
        return weight + move * velocity[i]

    return entry_by_entry(w, g, rule)


def adamw(w, g, state, lr, weight_decay, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = (state.setdefault(key, [0.0] * w.size) for key in "mv")
    state["t"] = state.get("t", 0) + 1
    bias1, bias2 = 1.0 - math.pow(beta1, state["t"]), 1.0 - math.pow(beta2, state["t"])

    def rule(i, weight, slope):
        m[i] = beta1 * m[i] + (1.0 - beta1) * slope
        v[i] = beta2 * v[i] + (1.0 - beta2) * slope * slope
        return weight - lr * weight_decay * weight - lr * (m[i] / bias1) / (math.sqrt(v[i] / bias2) + eps)

    return entry_by_entry(w, g, rule)


def adam(w, g, state, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    return adamw(w, g, state, lr, 0.0, beta1, beta2, eps)


def clip_by_value(g, limit):
    def rule(_i, _weight, slope):
        if slope > limit:
            return limit
        if slope < -limit:
            return -limit
        return slope

    return entry_by_entry(g, g, rule)


def clip_by_global_norm(grads, max_norm):
    norm = math.hypot(*(x for g in grads for x in g.ravel().tolist()))
    if math.isnan(norm) or math.isinf(norm):
        raise FloatingPointError(f"the global norm is {norm}")
    factor = max_norm / max(norm, max_norm)
    return [entry_by_entry(g, g, lambda i, weight, slope: slope * factor) for g in grads], norm


def cosine_schedule(step, total, warmup, peak, floor=0.0):
    if warmup and step <= warmup:
        return peak * (step / warmup)
    left = max(total - step, 0) / (total - warmup)
    return floor + (peak - floor) * math.sin(math.pi / 2 * left) ** 2
