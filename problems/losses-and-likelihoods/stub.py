"""Losses as negative log-likelihoods, with their gradients."""

import numpy as np


def mse(pred: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    """Mean squared error over all entries.

    loss = mean((pred - target)^2)

    Args:
        pred: float64, rank 1 or more, at least one entry.
        target: float64, the same shape.

    Returns:
        The loss, one number, and its gradient with respect to `pred`, float64 of that shape.

    Raises:
        ValueError: If the shapes differ.
    """
    raise NotImplementedError


def bce_with_logits(z: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Binary cross-entropy of logits, averaged over the samples.

    loss = mean(-y log p - (1 - y) log(1 - p)),  p = sigmoid(z)

    Args:
        z: Logits, float64, shape (n,), n >= 1.
        y: Labels in [0, 1], float64 or int64, shape (n,).

    Returns:
        The loss, one number, and its gradient with respect to `z`, float64 of shape (n,).

    Raises:
        ValueError: If the shapes differ, or a label lies outside of [0, 1].
    """
    raise NotImplementedError


def softmax_cross_entropy(logits: np.ndarray, y: np.ndarray, label_smoothing: float = 0.0) -> tuple[float, np.ndarray]:
    """Cross-entropy of smoothed labels and the softmax, averaged over the samples.

    loss = mean over samples of -sum_k q_k log p_k,  p = softmax(logits)
    q = (1 - s) onehot(y) + s / K

    Args:
        logits: float64, shape (n, K), n >= 1, K >= 2.
        y: Labels in 0 .. K - 1, any integer dtype, shape (n,).
        label_smoothing: s, with 0 <= s < 1.

    Returns:
        The loss, one number, and its gradient with respect to `logits`, float64 of shape (n, K).

    Raises:
        ValueError: If `y` has another shape, is of no integer dtype, or holds a label outside of 0 .. K - 1.
    """
    raise NotImplementedError


def bernoulli_nll(y: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Negative log-likelihood of yes-or-no outcomes, elementwise.

    -log P(y),  P(1) = p,  P(0) = 1 - p

    Args:
        y: Outcomes, 0 or 1, float64 or int64, rank 1 or more, at least one entry.
        p: Probabilities of a 1, in [0, 1], float64, the shape of `y`.

    Returns:
        float64, the same shape; +inf where the outcome has probability 0.
    """
    raise NotImplementedError


def gaussian_nll(x: np.ndarray, mu: np.ndarray | float, sigma: np.ndarray | float) -> np.ndarray:
    """Negative log of the normal density, elementwise, with all its constants.

    Args:
        x: float64, rank 1 or more, at least one entry.
        mu: Means: the shape of `x`, or one float for all.
        sigma: Standard deviations: the shape of `x`, or one float for all.

    Returns:
        float64, the shape of `x`.

    Raises:
        ValueError: If a sigma is 0 or negative.
    """
    raise NotImplementedError
