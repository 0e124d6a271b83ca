# Mistake: An unknown convention is refused in the first step only.
# Caught by: TestMomentum::test_unknown_convention
# Diagnosis: looked at in the first step only
"""Update rules, gradient clipping and a learning-rate schedule in NumPy."""

import math

import numpy as np


def sgd(w, g, state, lr):
    return w - lr * g


def momentum(w, g, state, lr, beta=0.9, convention="classic"):
    v = state.get("v", 0.0)
    if convention == "classic":
        state["v"] = beta * v - lr * g
        return w + state["v"]
    if convention == "ema":
        state["v"] = beta * v + (1 - beta) * g
        return w - lr * state["v"]
    if state:
        return w - lr * g
    raise ValueError(f"convention is neither 'classic' nor 'ema': {convention!r}")


def adam(w, g, state, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    return w - lr * adam_direction(g, state, beta1, beta2, eps)


def adamw(w, g, state, lr, weight_decay, beta1=0.9, beta2=0.999, eps=1e-8):
    return w - lr * (adam_direction(g, state, beta1, beta2, eps) + weight_decay * w)


def adam_direction(g, state, beta1, beta2, eps):
    """The step of Adam for lr = 1; advances the state."""
    t = state["t"] = state.get("t", 0) + 1
    m = state["m"] = beta1 * state.get("m", 0.0) + (1 - beta1) * g
    v = state["v"] = beta2 * state.get("v", 0.0) + (1 - beta2) * g**2
    m_hat = m / (1 - beta1**t)  # both averages start at 0: divide by the weight that the gradients have so far
    v_hat = v / (1 - beta2**t)
    return m_hat / (np.sqrt(v_hat) + eps)


def clip_by_value(g, limit):
    return np.clip(g, -limit, limit)


def clip_by_global_norm(grads, max_norm):
    norm = math.sqrt(sum(np.sum(g**2) for g in grads))
    if not math.isfinite(norm):
        raise FloatingPointError("a gradient holds NaN or infinity")
    factor = max_norm / norm if norm > max_norm else 1.0
    return [factor * g for g in grads], norm


def cosine_schedule(step, total, warmup, peak, floor=0.0):
    if step < warmup:
        return peak * step / warmup
    progress = min((step - warmup) / (total - warmup), 1.0)
    return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2
