"""Every rule is an object that lives in the state, and that makes a direction; the step is the same for all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Velocity:
    value: Any = 0.0

    def __call__(self, beta, push):
        self.value = np.add(np.multiply(beta, self.value), push)
        return self.value


@dataclass
class Moments:
    count: int = 0
    first: Velocity = field(default_factory=Velocity)
    second: Velocity = field(default_factory=Velocity)

    def __call__(self, g, betas, eps):
        self.count += 1
        pairs = zip((self.first, self.second), betas, (g, np.einsum("...,...->...", g, g)))
        m, v = (mean(b, (1 - b) * value) / (1 - b**self.count) for mean, b, value in pairs)
        return m / (np.sqrt(v) + eps)


def descend(w, direction, lr):
    return w - lr * direction


def of(state, kind):
    if kind not in state:
        state[kind] = kind()
    return state[kind]


def sgd(w, g, state, lr):
    return descend(w, g, lr)


def momentum(w, g, state, lr, beta=0.9, convention="classic"):
    rules = {
        "classic": lambda v: descend(w, v(beta, -lr * g), -1),
        "ema": lambda v: descend(w, v(beta, g - beta * g), lr),
    }
    if convention not in rules:
        raise ValueError(f"choose from {sorted(rules)}")
    return rules[convention](of(state, Velocity))


def adam(w, g, state, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    return descend(w, of(state, Moments)(g, (beta1, beta2), eps), lr)


def adamw(w, g, state, lr, weight_decay, beta1=0.9, beta2=0.999, eps=1e-8):
    return descend(w, weight_decay * w + of(state, Moments)(g, (beta1, beta2), eps), lr)


def clip_by_value(g, limit):
    return np.where(np.abs(g) > limit, np.copysign(limit, g), g)


def clip_by_global_norm(grads, max_norm):
    squares = np.array([np.vdot(g, g) for g in grads])
    with np.errstate(all="ignore"):
        norm = np.sqrt(np.sum(squares))
    if np.isnan(norm) or np.isinf(norm):
        raise FloatingPointError(str(norm))
    if norm > max_norm:
        return tuple(np.divide(g, norm) * max_norm for g in grads), np.asarray(norm)
    return tuple(g.copy() for g in grads), np.asarray(norm)


def cosine_schedule(step, total, warmup, peak, floor=0.0):
    if step < warmup:
        return np.linspace(0.0, peak, warmup + 1)[step]
    curve = np.cos(np.linspace(0.0, np.pi, total - warmup + 1))
    return float(floor + (peak - floor) * (curve[min(step, total) - warmup] + 1.0) / 2.0)
