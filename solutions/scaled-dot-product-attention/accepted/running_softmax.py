"""The keys come one block after the other, with a running maximum and a running sum (the idea of FlashAttention)."""

import numpy as np

BLOCK = 4


def attention(q, k, v, mask=None):
    shape = (*q.shape[:-1], k.shape[-2])
    seen = np.broadcast_to(True if mask is None else mask, shape)
    lowest = np.finfo(np.float64).min
    peak = np.full((*q.shape[:-1], 1), lowest)
    total = np.zeros_like(peak)
    out = np.zeros((*q.shape[:-1], v.shape[-1]))
    blocks = []
    for start in range(0, k.shape[-2], BLOCK):
        stop = min(start + BLOCK, k.shape[-2])
        scores = q @ np.moveaxis(k[..., start:stop, :], -1, -2) / np.sqrt(q.shape[-1])
        blocks.append(scores)
        here = seen[..., start:stop]
        higher = np.maximum(peak, np.where(here, scores, lowest).max(axis=-1, keepdims=True))
        exps = np.where(here, np.exp(np.minimum(scores - higher, 0.0)), 0.0)
        shrink = np.exp(peak - higher)
        total = total * shrink + exps.sum(axis=-1, keepdims=True)
        out = out * shrink + exps @ v[..., start:stop, :]
        peak = higher
    safe = np.where(total == 0, 1.0, total)
    scores = np.concatenate(blocks, axis=-1)
    weights = np.where(seen, np.exp(np.minimum(scores - peak, 0.0)), 0.0) / safe
    return out / safe, weights


def causal_mask(T):
    return np.arange(T)[None, :] <= np.arange(T)[:, None]


def multi_head_attention(x, p, n_heads, mask=None):
    if x.shape[-1] % n_heads != 0:
        raise ValueError("the heads must be equally wide")
    joint = x @ np.concatenate([p["Wq"], p["Wk"], p["Wv"]], axis=1)  # (B, T, 3 d)
    q, k, v = (np.stack(np.split(part, n_heads, axis=-1), axis=1) for part in np.split(joint, 3, axis=-1))
    out = attention(q, k, v, mask)[0]
    return np.concatenate(list(np.moveaxis(out, 1, 0)), axis=-1) @ p["Wo"]


def attention_macs(T, d, n_heads):
    return [T * d * 4 * d, d * 2 * T * T]
