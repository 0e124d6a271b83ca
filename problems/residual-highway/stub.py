"""Residual and highway layers in NumPy: write the six functions."""

from typing import Any

import numpy as np


def residual_forward(
    x: np.ndarray, W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray
) -> tuple[np.ndarray, Any]:
    """Compute y = x + relu(x W1 + b1) W2 + b2.

    Args:
        x: (N, d).
        W1: (d, h).
        b1: (h,).
        W2: (h, d).
        b2: (d,).

    Returns:
        y (N, d), and a cache with whatever `residual_backward` needs.

    Raises:
        ValueError: If the shapes do not fit.
    """
    raise NotImplementedError


def residual_backward(dy: np.ndarray, cache: Any) -> dict[str, np.ndarray]:
    """Carry dL/dy back through the block.

    Args:
        dy: (N, d), dL/dy.
        cache: From `residual_forward`.

    Returns:
        dx, dW1, db1, dW2, db2, each with the shape of what it belongs to.
    """
    raise NotImplementedError


def highway_forward(
    x: np.ndarray, WH: np.ndarray, bH: np.ndarray, WT: np.ndarray, bT: np.ndarray
) -> tuple[np.ndarray, Any]:
    """Compute y = T * H + (1 - T) * x with H = tanh(x WH + bH) and T = sigmoid(x WT + bT).

    Args:
        x: (N, d).
        WH: (d, d).
        bH: (d,).
        WT: (d, d).
        bT: (d,).

    Returns:
        y (N, d), and a cache with whatever `highway_backward` needs.

    Raises:
        ValueError: If the shapes do not fit.
    """
    raise NotImplementedError


def highway_backward(dy: np.ndarray, cache: Any) -> dict[str, np.ndarray]:
    """Carry dL/dy back through the layer.

    Args:
        dy: (N, d), dL/dy.
        cache: From `highway_forward`.

    Returns:
        dx, dWH, dbH, dWT, dbT, each with the shape of what it belongs to.
    """
    raise NotImplementedError


def highway_bias(d: int, gate_bias: float = -2.0) -> np.ndarray:
    """The bias bT (d,) of a fresh gate: gate_bias for every unit, float64."""
    raise NotImplementedError


def input_gradient_ratio(kind: str, depth: int, width: int, rng: np.random.Generator) -> float:
    """How much of the gradient arrives at the input of a deep stack: ||dL/dx|| / ||dL/dy||.

    Args:
        kind: "plain", "residual" or "highway".
        depth: Number of layers, at least 1.
        width: Units of each layer, and of the input.
        rng: Source of x, of the weights of layer after layer, and of dL/dy, in this order.

    Raises:
        ValueError: For any other kind.
    """
    raise NotImplementedError
