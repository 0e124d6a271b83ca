# Mistake: takes log1p of minus the probability of the other outcome, 1 - p where y is 1.
# Caught by: TestBernoulli::test_small_probability
# Diagnosis: a tiny p that has been through 1 - p has lost all of its digits
"""Losses as negative log-likelihoods, with their gradients."""

import numpy as np


def mse(pred: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    """mean((pred - target)^2), and 2 (pred - target) / size."""
    if pred.shape != target.shape:
        raise ValueError(f"pred has shape {pred.shape}, target {target.shape}")
    error = pred - target
    return float(np.mean(error**2)), 2 * error / error.size


def bce_with_logits(z: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """-log sigmoid(z) = softplus(-z), and 1 - sigmoid(z) = sigmoid(-z) for the other class."""
    if z.shape != y.shape:
        raise ValueError(f"z has shape {z.shape}, y {y.shape}")
    if ((y < 0) | (y > 1)).any():
        raise ValueError("labels must lie in [0, 1]")
    loss = y * softplus(-z) + (1 - y) * softplus(z)  # (n,)
    p = np.exp(-softplus(-z))
    return float(loss.mean()), (p - y) / len(z)


def softmax_cross_entropy(logits: np.ndarray, y: np.ndarray, label_smoothing: float = 0.0) -> tuple[float, np.ndarray]:
    """Cross-entropy of a target distribution and the softmax: its gradient is their difference."""
    n, k = logits.shape
    if y.shape != (n,) or y.dtype.kind not in "iu":
        raise ValueError(f"labels must be {n} integers, not {y.dtype} of shape {y.shape}")
    if ((y < 0) | (y >= k)).any():
        raise ValueError(f"labels must be at least 0 and below {k}")
    target = (1 - label_smoothing) * np.eye(k)[y] + label_smoothing / k  # (n,) -> (n, k)
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    loss = -(target * log_p).sum(axis=1)  # (n, k) -> (n,)
    return float(loss.mean()), (np.exp(log_p) - target) / n


def bernoulli_nll(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """-log p where y is 1, -log(1 - p) where y is 0."""
    with np.errstate(divide="ignore"):  # log 0 = -inf is meant: the impossible costs infinitely much
        return -np.log1p(-np.where(y == 1, 1 - p, p))


def gaussian_nll(x: np.ndarray, mu: np.ndarray | float, sigma: np.ndarray | float) -> np.ndarray:
    """log sigma + log(2 pi) / 2 + ((x - mu) / sigma)^2 / 2."""
    if np.any(sigma <= 0):
        raise ValueError("sigma must be positive")
    return np.log(sigma) + 0.5 * np.log(2 * np.pi) + 0.5 * ((x - mu) / sigma) ** 2


def softplus(x: np.ndarray) -> np.ndarray:
    """log(1 + exp(x)), without overflow."""
    return np.logaddexp(0, x)
