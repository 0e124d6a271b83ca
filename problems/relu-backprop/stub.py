"""A two-layer ReLU network in NumPy: write the five functions."""

from typing import Any

import numpy as np

Params = dict[str, np.ndarray]


def init_params(d_in: int, d_hid: int, d_out: int, rng: np.random.Generator) -> Params:
    """Draw the initial parameters.

    Returns:
        W1 (d_in, d_hid) and W2 (d_hid, d_out), normal with standard deviation sqrt(2 / fan_in);
        b1 (d_hid,) and b2 (d_out,), zeros.
    """
    raise NotImplementedError


def forward(params: Params, X: np.ndarray) -> tuple[np.ndarray, Any]:
    """Compute the logits of a batch.

    Args:
        params: As from `init_params`.
        X: (n, d_in).

    Returns:
        logits (n, d_out), and the cache: what `backward` needs, of any type.
    """
    raise NotImplementedError


def backward(params: Params, cache: Any, dlogits: np.ndarray) -> Params:
    """Carry the upstream gradient back to the parameters.

    Args:
        params: The same as in the forward pass.
        cache: From `forward`.
        dlogits: (n, d_out), dL/dlogits.

    Returns:
        dL/dW1, dL/db1, dL/dW2, dL/db2 under the keys and in the shapes of `params`.
    """
    raise NotImplementedError


def loss_and_grads(params: Params, X: np.ndarray, y: np.ndarray) -> tuple[float, Params]:
    """Softmax cross-entropy, averaged over the batch, and its gradients.

    Args:
        params: As from `init_params`.
        X: (n, d_in).
        y: (n,), int64 labels in [0, d_out).
    """
    raise NotImplementedError


def sgd_step(params: Params, grads: Params, lr: float) -> Params:
    """One step of gradient descent, as a new dict of new arrays."""
    raise NotImplementedError
