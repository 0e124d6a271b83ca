"""Scaled dot-product attention in NumPy: write the four functions."""

import numpy as np


def attention(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, mask: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Compute softmax(q k^T / sqrt(d)) v, over the keys that each query may attend to.

    Args:
        q: (..., Tq, d), queries.
        k: (..., Tk, d), keys.
        v: (..., Tk, dv), values.
        mask: Bool, can be broadcast to (..., Tq, Tk); True means that the query may attend to the key.

    Returns:
        out (..., Tq, dv) and weights (..., Tq, Tk). A query that may attend to no key has zeros in both.
    """
    raise NotImplementedError


def causal_mask(T: int) -> np.ndarray:
    """Bool (T, T): position t may attend to itself and to what comes before it."""
    raise NotImplementedError


def multi_head_attention(
    x: np.ndarray, p: dict[str, np.ndarray], n_heads: int, mask: np.ndarray | None = None
) -> np.ndarray:
    """Self-attention with several heads.

    Args:
        x: (B, T, d).
        p: Wq, Wk, Wv, Wo, each (d, d). Head h has columns h * d / n_heads and on of the first three.
        n_heads: How many heads; it must divide d.
        mask: Bool, can be broadcast to (B, n_heads, T, T).

    Returns:
        (B, T, d): the heads' outputs side by side, times Wo.

    Raises:
        ValueError: If n_heads does not divide d.
    """
    raise NotImplementedError


def attention_macs(T: int, d: int, n_heads: int) -> tuple[int, int]:
    """Multiply-adds of `multi_head_attention` for one sequence.

    Returns:
        Those of the four projections, and those of the two products inside the heads together.
    """
    raise NotImplementedError
