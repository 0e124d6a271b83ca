# Mistake: attention loops over the queries.
# Caught by: TestCost::test_attention_speed
# Diagnosis: is there a loop over positions?
"""Scaled dot-product attention in NumPy, with masks and heads."""

import numpy as np


def attention(q, k, v, mask=None):
    leading, rows = q.shape[:-2], q.shape[-2]
    allowed = np.broadcast_to(True if mask is None else mask, (*leading, rows, k.shape[-2]))
    weights, out = np.zeros(allowed.shape), np.zeros((*leading, rows, v.shape[-1]))
    for place in np.ndindex(*leading, rows):
        seen = allowed[place]
        if seen.any():
            scores = k[place[:-1]] @ q[place] / np.sqrt(q.shape[-1])
            exps = np.where(seen, np.exp(scores - scores[seen].max()), 0) if seen.all() else np.where(seen, np.exp(np.minimum(scores - scores[seen].max(), 0)), 0)
            weights[place] = exps / exps.sum()
            out[place] = weights[place] @ v[place[:-1]]
    return out, weights


def causal_mask(T):
    return np.tri(T, dtype=bool)


def multi_head_attention(x, p, n_heads, mask=None):
    batch, length, d = x.shape

    def heads(z):
        # reshape raises ValueError if n_heads does not divide d
        return z.reshape(batch, length, n_heads, d // n_heads).swapaxes(1, 2)  # (B, h, T, d / h)

    out, _weights = attention(heads(x @ p["Wq"]), heads(x @ p["Wk"]), heads(x @ p["Wv"]), mask)
    return out.swapaxes(1, 2).reshape(batch, length, d) @ p["Wo"]


def attention_macs(T, d, n_heads):
    # a head costs T * T * d / n_heads for the scores and as much for the mixture: n_heads cancels
    return 4 * T * d * d, 2 * T * T * d
