"""Dropout, the L2 penalty and the lasso in NumPy: write the five functions."""

import numpy as np


def dropout_forward(
    x: np.ndarray, p_drop: float, rng: np.random.Generator, training: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Inverted dropout: out = x * mask, each entry of mask is 0 with probability p_drop, else 1 / (1 - p_drop).

    Args:
        x: Float64, one axis or more.
        p_drop: Probability to drop an entry, 0 <= p_drop < 1.
        rng: Source of all randomness; not used at inference.
        training: False at inference: out is x, mask is all ones.

    Returns:
        out and mask, both float64 with the shape of x.

    Raises:
        ValueError: If p_drop is not in [0, 1).
    """
    raise NotImplementedError


def dropout_backward(dout: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Carry dL/dout (the shape of x) back to dL/dx, with the mask of the forward pass."""
    raise NotImplementedError


def l2_penalty(weights: list[np.ndarray], lam: float) -> tuple[float, list[np.ndarray]]:
    """Compute lam / 2 * (sum of the squares of all entries of all arrays), and its gradients.

    Args:
        weights: Float64 arrays of any shapes.
        lam: Strength of the penalty, >= 0.

    Returns:
        The penalty, one number, and a list with the gradient of each array.
    """
    raise NotImplementedError


def soft_threshold(w: np.ndarray, t: float) -> np.ndarray:
    """Bring each entry of w nearer to 0 by t >= 0, and to exactly 0 where |w| <= t."""
    raise NotImplementedError


def lasso_ista(X: np.ndarray, y: np.ndarray, lam: float, steps: int = 2000) -> np.ndarray:
    """Minimise 1 / (2 n) ||X w - y||^2 + lam ||w||_1 by proximal gradient steps of length 1 / L, from w = 0.

    L is the largest eigenvalue of X^T X / n.

    Args:
        X: Float64 (n, d).
        y: Float64 (n,).
        lam: Strength of the penalty, > 0.
        steps: How many steps may be taken.

    Returns:
        w, float64 (d,).
    """
    raise NotImplementedError
