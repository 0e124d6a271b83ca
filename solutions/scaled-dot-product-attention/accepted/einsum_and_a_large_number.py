"""Einsum throughout; masked scores become -1e30, and the weights are multiplied by the mask afterwards."""

import numpy as np


def attention(q, k, v, mask=None):
    scores = np.einsum("...qd,...kd->...qk", q * q.shape[-1] ** -0.5, k)
    if mask is None:
        mask = np.bool_(True)
    scores = scores * mask - 1e30 * (1.0 - mask)
    scores -= scores.max(-1, keepdims=True)
    np.exp(scores, out=scores)
    scores *= mask
    with np.errstate(invalid="ignore"):
        weights = np.nan_to_num(scores / scores.sum(-1, keepdims=True), nan=0.0)
    return np.einsum("...qk,...kc->...qc", weights, v), weights


def causal_mask(T):
    return ~np.triu(np.ones((T, T), dtype=bool), k=1)


def multi_head_attention(x, p, n_heads, mask=None):
    d = x.shape[2]
    assert_divides(d, n_heads)
    shape = (d, n_heads, d // n_heads)
    q, k, v = (np.einsum("btd,dhe->bhte", x, p[name].reshape(shape)) for name in ("Wq", "Wk", "Wv"))
    mixed, _ = attention(q, k, v, mask)
    return np.einsum("bhte,hed->btd", mixed, p["Wo"].reshape(n_heads, d // n_heads, d))


def assert_divides(d, n_heads):
    if d // n_heads * n_heads != d:
        raise ValueError(f"{n_heads} heads do not share {d} columns")


def attention_macs(T, d, n_heads):
    return np.int64(4) * T * d**2, np.int64(2) * d * T**2
