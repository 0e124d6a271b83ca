# Mistake: gradients of a batch of one are squeezed.
# Caught by: TestBackward::test_axes_of_length_one
# Diagnosis: an axis of length 1 got lost
"""A two-layer ReLU network in NumPy."""

import numpy as np


def init_params(d_in, d_hid, d_out, rng):
    return {
        "W1": rng.normal(scale=np.sqrt(2 / d_in), size=(d_in, d_hid)),
        "b1": np.zeros(d_hid),
        "W2": rng.normal(scale=np.sqrt(2 / d_hid), size=(d_hid, d_out)),
        "b2": np.zeros(d_out),
    }


def forward(params, X):
    Z1 = X @ params["W1"] + params["b1"]  # (n, d_hid)
    H = np.maximum(Z1, 0)
    logits = H @ params["W2"] + params["b2"]  # (n, d_hid) -> (n, d_out)
    return logits, {"X": X, "Z1": Z1, "H": H}


def backward(params, cache, dlogits):
    dH = np.squeeze(dlogits) @ params["W2"].T
    dZ1 = dH * (cache["Z1"] > 0)
    return {
        "W1": cache["X"].T @ dZ1,
        "b1": dZ1.sum(axis=0),
        "W2": cache["H"].T @ dlogits,
        "b2": np.squeeze(dlogits).sum(axis=0),
    }


def loss_and_grads(params, X, y):
    logits, cache = forward(params, X)
    rows = np.arange(len(y))
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dlogits = np.exp(log_probs)
    dlogits[rows, y] -= 1
    return -log_probs[rows, y].mean(), backward(params, cache, dlogits / len(y))


def sgd_step(params, grads, lr):
    return {key: value - lr * grads[key] for key, value in params.items()}
