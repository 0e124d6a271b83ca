"""Buffers that are allocated once and changed in place; Adam in the order that the paper calls more efficient."""

import math

import numpy as np


def sgd(w, g, state, lr):
    out = np.multiply(g, -lr)
    out += w
    return out


def momentum(w, g, state, lr, beta=0.9, convention="classic"):
    if convention not in ("classic", "ema"):
        raise ValueError("convention must be 'classic' or 'ema'")
    if "velocity" not in state:
        state["velocity"] = np.zeros_like(w)
    velocity = state["velocity"]
    velocity *= beta
    if convention == "classic":
        velocity -= lr * g
        return w + velocity
    velocity += (1.0 - beta) * g
    return w - lr * velocity


def adam(w, g, state, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    if not state:
        state.update(m=np.zeros_like(w), v=np.zeros_like(w), power1=1.0, power2=1.0)
    state["power1"] *= beta1
    state["power2"] *= beta2
    m, v = state["m"], state["v"]
    m += (1.0 - beta1) * (g - m)
    v += (1.0 - beta2) * (np.square(g) - v)
    root = math.sqrt(1.0 - state["power2"])
    # sqrt(v_hat) + eps = (sqrt(v) + eps * root) / root
    return w - (lr * root / (1.0 - state["power1"])) * m / (np.sqrt(v) + eps * root)


def adamw(w, g, state, lr, weight_decay, beta1=0.9, beta2=0.999, eps=1e-8):
    return adam(w * (1.0 - lr * weight_decay), g, state, lr, beta1, beta2, eps)


def clip_by_value(g, limit):
    out = g.copy()
    out[out > limit] = limit
    out[out < -limit] = -limit
    return out


def clip_by_global_norm(grads, max_norm):
    if not all(np.isfinite(g).all() for g in grads):
        raise FloatingPointError("not finite")
    norm = float(np.linalg.norm([np.linalg.norm(g) for g in grads]))
    if norm <= max_norm:
        return list(grads), norm
    return [g * max_norm / norm for g in grads], norm


def cosine_schedule(step, total, warmup, peak, floor=0.0):
    if step >= total:
        return floor
    if step < warmup:
        return step / warmup * peak
    angle = math.pi * (step - warmup) / (total - warmup)
    return 0.5 * (peak + floor) + 0.5 * (peak - floor) * math.cos(angle)
