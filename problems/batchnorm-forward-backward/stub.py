"""Batch normalization with its backward pass, and layer normalization."""

from typing import Any

import numpy as np


def bn_forward(
    x: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    running: dict[str, np.ndarray],
    momentum: float = 0.99,
    eps: float = 1e-3,
    training: bool = True,
) -> tuple[np.ndarray, Any, dict[str, np.ndarray]]:
    """Normalize each feature (the last axis), then scale by gamma and shift by beta.

    Args:
        x: Inputs, (N, D) or (N, H, W, C), float64, N >= 1. Below, F is D or C.
        gamma: Scales, (F,).
        beta: Shifts, (F,).
        running: {"mean": (F,), "var": (F,)}, the running statistics before this call.
        momentum: Weight of the OLD running statistics in the update.
        eps: Added to the variance, inside the square root.
        training: Use the statistics of the batch and update the running ones, or use the running ones.

    Returns:
        (out, cache, new_running): the outputs, like x; whatever `bn_backward` needs, of any type; and a
        dict with the keys of `running`. The arguments stay as they were.
    """
    raise NotImplementedError


def bn_backward(grad_out: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of a scalar loss, for the call of `bn_forward` that returned `cache`.

    Args:
        grad_out: dL/d(out), like out.
        cache: The second value that `bn_forward` returned.

    Returns:
        (grad_x, grad_gamma, grad_beta): like x, (F,), (F,).
    """
    raise NotImplementedError


def ln_forward(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float = 1e-5) -> np.ndarray:
    """Normalize each row over the last axis, then scale by gamma and shift by beta.

    Args:
        x: Inputs, (..., D), float64; any number of leading axes, also none.
        gamma: Scales, (D,).
        beta: Shifts, (D,).
        eps: Added to the variance, inside the square root.

    Returns:
        The outputs, like x.
    """
    raise NotImplementedError
