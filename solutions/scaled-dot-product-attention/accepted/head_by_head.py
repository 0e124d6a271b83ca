"""Loops over batch entries and heads, two axes at a time; empty rows are set apart."""

import math

import numpy as np


def attention(q, k, v, mask=None):
    leading = q.shape[:-2]
    weights = np.zeros((*leading, q.shape[-2], k.shape[-2]))
    out = np.zeros((*leading, q.shape[-2], v.shape[-1]))
    allowed = np.ones(weights.shape, dtype=bool) if mask is None else np.broadcast_to(mask, weights.shape)
    for place in np.ndindex(*leading):
        seen = allowed[place]
        scores = np.dot(q[place], k[place].T) / math.sqrt(q.shape[-1])
        filled = seen.any(axis=1)
        scores = np.ma.array(scores[filled], mask=~seen[filled])
        exps = np.ma.exp(scores - scores.max(axis=1)[:, None]).filled(0.0)
        weights[place][filled] = exps / exps.sum(axis=1)[:, None]
        out[place] = np.dot(weights[place], v[place])
    return [out, weights]


def causal_mask(T):
    rows, columns = np.indices((T, T))
    return columns <= rows


def multi_head_attention(x, p, n_heads, mask=None):
    d = x.shape[-1]
    if d % n_heads:
        raise ValueError("n_heads must divide d")
    size = d // n_heads
    total = np.zeros(x.shape)
    for head in range(n_heads):
        columns = slice(head * size, (head + 1) * size)
        q, k, v = (np.matmul(x, p[name][:, columns]) for name in ("Wq", "Wk", "Wv"))
        own = None
        if mask is not None:
            own = np.broadcast_to(mask, (x.shape[0], n_heads, x.shape[1], x.shape[1]))[:, head]
        # side by side and times Wo is the same as the sum over heads, each times its rows of Wo
        total += attention(q, k, v, own)[0] @ p["Wo"][columns]
    return total


def attention_macs(T, d, n_heads):
    size = d // n_heads
    per_head = T * T * size + T * T * size
    return sum(T * d * d for _ in range(4)), per_head * n_heads
