# Mistake: head by head, with the mask of three axes looked up by the head, also if it has one for all.
# Caught by: TestMultiHead::test_mask
# Diagnosis: index 1 is out of bounds
"""Scaled dot-product attention in NumPy, with masks and heads."""

import numpy as np


def attention(q, k, v, mask=None):
    scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])  # (..., Tq, Tk)
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    peak = scores.max(axis=-1, keepdims=True)
    exps = np.exp(scores - np.where(np.isfinite(peak), peak, 0))  # in an empty row exp(-inf), which is 0
    total = exps.sum(axis=-1, keepdims=True)
    weights = exps / np.where(total > 0, total, 1)
    return weights @ v, weights


def causal_mask(T):
    return np.tri(T, dtype=bool)


def multi_head_attention(x, p, n_heads, mask=None):
    batch, length, d = x.shape

    if d % n_heads:
        raise ValueError("n_heads must divide d")
    q, k, v = x @ p["Wq"], x @ p["Wk"], x @ p["Wv"]
    outs = []
    size = d // n_heads
    for h in range(n_heads):
        s = slice(h * size, (h + 1) * size)
        own = mask
        if mask is not None and mask.ndim == 3:
            own = mask[h]
        elif mask is not None and mask.ndim == 4:
            own = mask[:, h if mask.shape[1] > 1 else 0]
        outs.append(attention(q[..., s], k[..., s], v[..., s], own)[0])
    return np.concatenate(outs, axis=-1) @ p["Wo"]


def attention_macs(T, d, n_heads):
    # a head costs T * T * d / n_heads for the scores and as much for the mixture: n_heads cancels
    return 4 * T * d * d, 2 * T * T * d
