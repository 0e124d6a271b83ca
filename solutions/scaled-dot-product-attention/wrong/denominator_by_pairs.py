# Mistake: the denominator of each weight is a sum over pairs of keys.
# Caught by: TestCost::test_growth
# Diagnosis: a query needs every key once
"""Scaled dot-product attention in NumPy, with masks and heads."""

import numpy as np


def attention(q, k, v, mask=None):
    scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])  # (..., Tq, Tk)
    with np.errstate(over="ignore", divide="ignore"):
        ratios = np.exp(scores[..., None, :] - scores[..., :, None])  # (..., Tq, Tk, Tk)
        if mask is not None:
            ratios = np.where(np.broadcast_to(mask, scores.shape)[..., None, :], ratios, 0)
        weights = 1 / ratios.sum(axis=-1)
    if mask is not None:
        weights = np.where(mask, weights, 0)
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
