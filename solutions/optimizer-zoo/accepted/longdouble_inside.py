"""More digits inside than asked for; the results are float64."""

import numpy as np

WIDE = np.longdouble


def narrow(array):
    return np.asarray(array, dtype=np.float64)


def sgd(w, g, state, lr):
    return narrow(w.astype(WIDE) - WIDE(lr) * g)


def momentum(w, g, state, lr, beta=0.9, convention="classic"):
    lr, beta = WIDE(lr), WIDE(beta)
    v = beta * state.get("v", np.zeros(w.shape, WIDE))
    if convention == "classic":
        v = v - lr * g
        step = v
    elif convention == "ema":
        v = v + (1 - beta) * g
        step = -lr * v
    else:
        raise ValueError("no such convention")
    state["v"] = v
    return narrow(w + step)


def adam(w, g, state, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    return adamw(w, g, state, lr, 0, beta1, beta2, eps)


def adamw(w, g, state, lr, weight_decay, beta1=0.9, beta2=0.999, eps=1e-8):
    lr, beta1, beta2, eps, weight_decay = (WIDE(x) for x in (lr, beta1, beta2, eps, weight_decay))
    m, v, t = state.get("moments", (WIDE(0), WIDE(0), 0))
    m, v, t = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g.astype(WIDE) ** 2, t + 1
    state["moments"] = m, v, t
    return narrow(w - lr * (m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps) + weight_decay * w))


def clip_by_value(g, limit):
    return np.sign(g) * np.minimum(np.abs(g), limit)


def clip_by_global_norm(grads, max_norm):
    total = WIDE(0)
    for g in grads:
        if not np.isfinite(g).all():
            raise FloatingPointError("NaN or infinity")
        total += (g.astype(WIDE) ** 2).sum()
    norm = np.sqrt(total)
    scale = WIDE(1) if norm <= max_norm else WIDE(max_norm) / norm
    return [narrow(scale * g) for g in grads], float(norm)


def cosine_schedule(step, total, warmup, peak, floor=0.0):
    if step < warmup:
        return float(WIDE(peak) * step / warmup)
    progress = np.clip(WIDE(step - warmup) / (total - warmup), 0, 1)
    return float(floor + (peak - floor) * (1 + np.cos(np.pi * progress)) / 2)
