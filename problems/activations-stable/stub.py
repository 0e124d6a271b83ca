"""Activation functions that survive large inputs, and their derivatives."""

import numpy as np


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Logistic function, elementwise.

    sigmoid(x) = 1 / (1 + exp(-x))

    Args:
        x: Any shape. float32, float64 or an integer dtype; may hold -inf and +inf.

    Returns:
        Same shape; float32 for float32, else float64.
    """
    raise NotImplementedError


def tanh(x: np.ndarray) -> np.ndarray:
    """Hyperbolic tangent, elementwise, without `np.tanh`.

    tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x))

    Args:
        x: Any shape; may hold -inf and +inf.

    Returns:
        Same shape; float32 for float32, else float64.
    """
    raise NotImplementedError


def relu(x: np.ndarray) -> np.ndarray:
    """Rectified linear unit, elementwise.

    relu(x) = max(x, 0)

    Args:
        x: Any shape; may hold -inf and +inf.

    Returns:
        Same shape; float32 for float32, else float64.
    """
    raise NotImplementedError


def leaky_relu(x: np.ndarray, alpha: float = 0.01) -> np.ndarray:
    """Rectified linear unit with a small slope on the left, elementwise.

    leaky_relu(x) = x where x > 0, else alpha * x

    Args:
        x: Any shape; may hold -inf and +inf.
        alpha: Slope on the left, 0 < alpha < 1.

    Returns:
        Same shape; float32 for float32, else float64.
    """
    raise NotImplementedError


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """Turns logits into probabilities that sum to 1 along `axis`.

    softmax(x)_i = exp(x_i) / sum_j exp(x_j)

    Args:
        x: Logits, rank 1 or more; may hold -inf, but not everywhere along `axis`.
        axis: The axis along which the results sum to 1; may be negative.

    Returns:
        Same shape; float32 for float32, else float64.
    """
    raise NotImplementedError


def log_softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """Logarithm of the softmax along `axis`.

    log_softmax(x)_i = x_i - log(sum_j exp(x_j))

    Args:
        x: Logits, rank 1 or more; may hold -inf, but not everywhere along `axis`.
        axis: The axis along which the probabilities sum to 1; may be negative.

    Returns:
        Same shape; float32 for float32, else float64.
    """
    raise NotImplementedError


def activation_grad(name: str, x: np.ndarray) -> np.ndarray:
    """Derivative of an activation at the pre-activation x, elementwise.

    At 0, the derivative of relu is 0 and that of leaky_relu is 0.01.

    Args:
        name: "sigmoid", "tanh", "relu" or "leaky_relu" (with alpha = 0.01).
        x: The input of the activation, not its output. Any shape; may hold -inf and +inf.

    Returns:
        Same shape; float32 for float32, else float64.

    Raises:
        ValueError: `name` is none of the four.
    """
    raise NotImplementedError
