"""Update rules, gradient clipping and a learning-rate schedule: write the seven functions.

In the first four, `state` is a dict that belongs to one parameter: `{}` before its first step, and the same dict at
every later step. Keep in it whatever must survive between calls.
"""

import numpy as np


def sgd(w: np.ndarray, g: np.ndarray, state: dict, lr: float) -> np.ndarray:
    """Give the weight after one step of gradient descent.

    Args:
        w: The weight, float64, one axis or more.
        g: dL/dw, like w.
        state: Not needed here; present so that all four rules are called alike.
        lr: Learning rate of this step.

    Returns:
        The new weight, a new array like w. (Also in the three functions below.)
    """
    raise NotImplementedError


def momentum(
    w: np.ndarray, g: np.ndarray, state: dict, lr: float, beta: float = 0.9, convention: str = "classic"
) -> np.ndarray:
    """Give the weight after one step with momentum.

        "classic":  v = beta * v - lr * g            w = w + v
        "ema":      v = beta * v + (1 - beta) * g    w = w - lr * v

    Raises:
        ValueError: For any other convention.
    """
    raise NotImplementedError


def adam(
    w: np.ndarray,
    g: np.ndarray,
    state: dict,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> np.ndarray:
    """Give the weight after one step of Adam; eps is added to the root of the corrected v."""
    raise NotImplementedError


def adamw(
    w: np.ndarray,
    g: np.ndarray,
    state: dict,
    lr: float,
    weight_decay: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> np.ndarray:
    """Give the weight after one step of Adam with decoupled weight decay."""
    raise NotImplementedError


def clip_by_value(g: np.ndarray, limit: float) -> np.ndarray:
    """Limit every entry of g to [-limit, limit]; limit > 0."""
    raise NotImplementedError


def clip_by_global_norm(grads: list[np.ndarray], max_norm: float) -> tuple[list[np.ndarray], float]:
    """Scale all gradients by one factor, so that their common norm is at most max_norm.

    Args:
        grads: One array or more, float64, of any shapes.
        max_norm: Largest allowed norm, > 0.

    Returns:
        The scaled gradients, in the order and shapes of `grads`; and the global norm before clipping.

    Raises:
        FloatingPointError: If a gradient holds NaN or infinity.
    """
    raise NotImplementedError


def cosine_schedule(step: int, total: int, warmup: int, peak: float, floor: float = 0.0) -> float:
    """Give the learning rate of a step: linear warm-up to peak, then half a cosine down to floor.

    Args:
        step: Number of the step, counted from 0; may be larger than total.
        total: Step at which the floor is reached.
        warmup: Step at which the peak is reached, 0 <= warmup < total.
        peak: Largest learning rate.
        floor: Learning rate at step `total` and afterwards.
    """
    raise NotImplementedError
