# Mistake: writes |x| as the root of x^2, which overflows in float32 at 1e30.
# Caught by: TestSigmoid::test_far_out
# Diagnosis: a power of x overflows in float32
"""Activation functions that survive large inputs, and their derivatives."""

import numpy as np


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), with exp only ever taken of a number that is not positive."""
    x = as_float(x)
    z = np.exp(-np.sqrt(x * x))  # in [0, 1]
    return np.where(x >= 0, np.ones_like(z), z) / (1 + z)


def tanh(x: np.ndarray) -> np.ndarray:
    """(1 - exp(-2|x|)) / (1 + exp(-2|x|)) with the sign of x; expm1 keeps the digits near 0."""
    x = as_float(x)
    z = -np.expm1(-2 * np.abs(x))  # 1 - exp(-2|x|), in [0, 1]
    return np.sign(x) * z / (2 - z)


def relu(x: np.ndarray) -> np.ndarray:
    """max(x, 0)."""
    return np.maximum(as_float(x), 0)


def leaky_relu(x: np.ndarray, alpha: float = 0.01) -> np.ndarray:
    """x where x > 0, else alpha * x."""
    return np.where(x > 0, x, alpha * x)  # float64 for integers, because alpha * x is


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """exp(x - max) / sum(exp(x - max)) along axis: the largest exponent is 0."""
    x = as_float(x)
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def log_softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """x - max - log(sum(exp(x - max))) along axis: the sum is at least 1."""
    x = as_float(x)
    shifted = x - x.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def activation_grad(name: str, x: np.ndarray) -> np.ndarray:
    """Derivative at the pre-activation x; relu'(0) = 0, leaky_relu'(0) = 0.01."""
    x = as_float(x)
    if name == "sigmoid":
        s = sigmoid(x)
        return s * (1 - s)
    if name == "tanh":
        return 1 - tanh(x) ** 2
    if name == "relu":
        return np.where(x > 0, 1, 0).astype(x.dtype)
    if name == "leaky_relu":
        return np.where(x > 0, 1, 0.01).astype(x.dtype)
    raise ValueError(f"no activation is called {name!r}")


def as_float(x: np.ndarray) -> np.ndarray:
    """Floats as they are; integers, also small and unsigned ones, as float64."""
    return x if np.issubdtype(x.dtype, np.floating) else x.astype(np.float64)
