# Mistake: 20,000 is subtracted from masked scores.
# Caught by: TestMasks::test_large_scores
# Diagnosis: 20,000 less is not enough
"""Scaled dot-product attention in NumPy, with masks and heads."""

import numpy as np


def attention(q, k, v, mask=None):
    scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])  # (..., Tq, Tk)
    if mask is not None:
        scores = scores - 2e4 * ~mask
    peak = scores.max(axis=-1, keepdims=True)
    exps = np.exp(scores - peak)
    if mask is not None:
        exps = exps * mask.any(axis=-1, keepdims=True)
    total = exps.sum(axis=-1, keepdims=True)
    weights = exps / np.where(total > 0, total, 1)
    return weights @ v, weights


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
