"""Bias correction as a weighted mean: a sum of gradients and a sum of their weights, both forgetting by beta."""

import numpy as np


class Mean:
    """The mean of all values so far, the newest with weight 1 and older ones with less by beta each time."""

    def __init__(self):
        self.total = self.weight = 0.0

    def add(self, value, beta):
        self.total = beta * self.total + value
        self.weight = beta * self.weight + 1.0
        return self.total / self.weight


def sgd(w, g, state, lr):
    return np.subtract(w, lr * g)


def momentum(w, g, state, lr, beta=0.9, convention="classic"):
    match convention:
        case "classic":
            push, move = lr * g, 1.0
        case "ema":
            push, move = (1 - beta) * g, lr
        case _:
            raise ValueError(f"unknown convention {convention}")
    state["sum"] = beta * state.get("sum", np.zeros_like(w)) + push
    return w - move * state["sum"]


def direction(g, state, beta1, beta2, eps):
    first, second = state.setdefault("means", (Mean(), Mean()))
    return first.add(g, beta1) / (eps + second.add(g * g, beta2) ** 0.5)


def adam(w, g, state, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    return w - lr * direction(g, state, beta1, beta2, eps)


def adamw(w, g, state, lr, weight_decay, beta1=0.9, beta2=0.999, eps=1e-8):
    w = w - lr * weight_decay * w
    return w - lr * direction(g, state, beta1, beta2, eps)


def clip_by_value(g, limit):
    return np.maximum(np.minimum(g, limit), -limit)


def clip_by_global_norm(grads, max_norm):
    flat = np.concatenate([g.reshape(-1) for g in grads])
    norm = np.sqrt(flat @ flat)
    if not np.isfinite(norm):
        raise FloatingPointError
    with np.errstate(divide="ignore"):
        flat = flat * np.minimum(1.0, max_norm / norm)
    ends = np.cumsum([g.size for g in grads])[:-1]
    return [part.reshape(g.shape) for part, g in zip(np.split(flat, ends), grads)], norm


def cosine_schedule(step, total, warmup, peak, floor=0.0):
    rise = np.interp(step, [0, warmup], [0.0, peak]) if warmup else peak
    fall = np.clip((step - warmup) / (total - warmup), 0.0, 1.0)
    return rise if step < warmup else floor + (peak - floor) * np.cos(np.pi / 2 * fall) ** 2
