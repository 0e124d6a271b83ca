# Mistake: a small number keeps the probability away from 0 in the logarithm.
# Caught by: TestLoss::test_stability
# Diagnosis: the loss is finite, but the logarithm
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
    dH = dlogits @ params["W2"].T  # (n, d_out) -> (n, d_hid)
    dZ1 = dH * (cache["Z1"] > 0)
    return {
        "W1": cache["X"].T @ dZ1,
        "b1": dZ1.sum(axis=0),
        "W2": cache["H"].T @ dlogits,
        "b2": dlogits.sum(axis=0),
    }


def loss_and_grads(params, X, y):
    logits, cache = forward(params, X)
    rows = np.arange(len(y))
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    dlogits = np.exp(log_probs)
    dlogits[rows, y] -= 1
    return -np.log(np.exp(log_probs[rows, y]) + 1e-12).mean(), backward(params, cache, dlogits / len(y))


def sgd_step(params, grads, lr):
    return {key: value - lr * grads[key] for key, value in params.items()}
