# Mistake: the name of a scheme is taken in any case.
# Caught by: TestInit::test_unknown_scheme
# Diagnosis: glorot, he and lecun in small letters
"""Reference solution: ReLU with He's weights, and Adam."""

import itertools
import math
from typing import Any

import numpy as np

Layer = dict[str, Any]  # weights, bias, activation, norm, skip; see the statement
Net = list[Layer]  # hidden layers first, the output layer last

EPSILON = 1e-5  # added to the variance by normalization, inside the root
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772

# --- What a network means. ---


def sigmoid(u):
    """1 / (1 + exp(-u)), without overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * u)


def left(u):
    """exp(u) - 1 where u is negative, 0 elsewhere."""
    return np.expm1(np.minimum(u, 0.0))


# By name: f, and its derivative df/du.
ACTIVATIONS = {
    "linear": (lambda u: u, lambda u: np.ones_like(u)),
    "sigmoid": (sigmoid, lambda u: sigmoid(u) * (1.0 - sigmoid(u))),
    "tanh": (np.tanh, lambda u: 1.0 - np.tanh(u) ** 2),
    "relu": (lambda u: np.maximum(u, 0.0), lambda u: np.where(u > 0.0, 1.0, 0.0)),
    "leaky_relu": (lambda u: np.where(u > 0.0, u, 0.01 * u), lambda u: np.where(u > 0.0, 1.0, 0.01)),
    "elu": (
        lambda u: np.where(u > 0.0, u, left(u)),
        lambda u: left(u) + 1.0,
    ),
    "selu": (
        lambda u: SELU_SCALE * np.where(u > 0.0, u, SELU_ALPHA * left(u)),
        lambda u: SELU_SCALE * np.where(u > 0.0, 1.0, SELU_ALPHA * (left(u) + 1.0)),
    ),
}


def forward(net: Net, X: np.ndarray, training: bool = False) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Logits of a network, and what `backward` needs.

    Args:
        net: The network.
        X: Inputs, (n, n_in).
        training: Whether "batch" layers use the statistics of X (and not their stored `mean` and `var`).

    Returns:
        (logits (n, n_out), one dict per layer).
    """
    outputs, saved = [X], []
    for layer in net:
        z = outputs[-1] @ layer["weights"] + layer["bias"]  # (n, fan_in) -> (n, fan_out)
        u, memory = normalize(layer, z, training)
        h = ACTIVATIONS[layer["activation"]][0](u)
        saved.append({"h_in": outputs[-1], "u": u, **memory})
        outputs.append(h + outputs[-layer["skip"]] if layer["skip"] else h)
    return outputs[-1], saved


def normalize(layer: Layer, z: np.ndarray, training: bool) -> tuple[np.ndarray, dict[str, Any]]:
    """The normalization between z and the activation: u, and what its backward pass needs."""
    if layer["norm"] == "none":
        return z, {}
    axis = 0 if layer["norm"] == "batch" else 1  # over the rows of the batch, or over the units of one row
    if layer["norm"] == "batch" and not training:
        mean, var = layer["mean"], layer["var"]
    else:
        mean = z.mean(axis=axis, keepdims=True)
        var = ((z - mean) ** 2).mean(axis=axis, keepdims=True)
    std = np.sqrt(var + EPSILON)
    x_hat = (z - mean) / std
    memory = {"axis": axis, "mean": mean, "var": var, "std": std, "x_hat": x_hat}
    return layer["gain"] * x_hat + layer["shift"], memory


def softmax(logits):
    """Rows of probabilities, (n, k)."""
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def cross_entropy(logits: np.ndarray, y: np.ndarray) -> float:
    """Mean over the rows of -log softmax(logits)[y]."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]))


def accuracy(net: Net, X: np.ndarray, y: np.ndarray) -> float:
    """Share of the rows that the network, with its stored statistics, puts into the right class."""
    return float(np.mean(forward(net, X)[0].argmax(axis=1) == y))


def backward(
    net: Net, saved: list[dict[str, Any]], logits: np.ndarray, y: np.ndarray
) -> tuple[list[Layer], list[np.ndarray]]:
    """Gradients of the mean cross-entropy after `logits, saved = forward(net, X, training=True)`.

    Returns:
        One dict per layer: the gradients of `weights`, `bias`, and of `gain`, `shift` where it has them;
        and dL/dz of each layer, (n, fan_out).
    """
    n = len(y)
    grad_logits = (softmax(logits) - np.eye(logits.shape[1])[y]) / n  # (n, n_out)
    grad_outputs = [0.0] * len(net) + [grad_logits]  # of X, h_1, ..., logits
    grads: list[Layer] = [{} for _ in net]
    deltas: list[np.ndarray] = [logits] * len(net)
    for i in reversed(range(len(net))):
        layer, memory = net[i], saved[i]
        grad_h = grad_outputs[i + 1]
        if layer["skip"]:
            source = i + 1 - layer["skip"]
            grad_outputs[source] = grad_outputs[source] + grad_h
        grad_u = grad_h * ACTIVATIONS[layer["activation"]][1](memory["u"])
        grad_z = grad_u
        if layer["norm"] != "none":
            x_hat, axis = memory["x_hat"], memory["axis"]
            grads[i] = {"gain": (grad_u * x_hat).sum(axis=0), "shift": grad_u.sum(axis=0)}
            grad_x_hat = grad_u * layer["gain"]
            mean_grad = grad_x_hat.mean(axis=axis, keepdims=True)
            mean_slope = (grad_x_hat * x_hat).mean(axis=axis, keepdims=True)
            grad_z = (grad_x_hat - mean_grad - x_hat * mean_slope) / memory["std"]
        deltas[i] = grad_z
        grads[i]["weights"] = memory["h_in"].T @ grad_z
        grads[i]["bias"] = grad_z.sum(axis=0)
        grad_outputs[i] = grad_outputs[i] + grad_z @ layer["weights"].T
    return grads, deltas


# --- Measure and diagnose. ---


def init_weights(shape: tuple[int, ...], scheme: str, rng: np.random.Generator) -> np.ndarray:
    """Normal weights with the variance of "glorot", "he" or "lecun"."""
    scheme = scheme.lower()
    field = math.prod(shape[:-2])  # kernel positions of a convolution, 1 for a dense layer
    fan_in, fan_out = field * shape[-2], field * shape[-1]
    variances = {"glorot": 2.0 / (fan_in + fan_out), "he": 2.0 / fan_in, "lecun": 1.0 / fan_in}
    if scheme not in variances:
        raise ValueError(f"unknown scheme {scheme!r}, expected one of {sorted(variances)}")
    return rng.normal(0.0, math.sqrt(variances[scheme]), shape)


def delta_norms(net: Net, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Frobenius norm of dL/dz of each layer, input side first."""
    logits, saved = forward(net, X, training=True)
    return np.array([np.linalg.norm(delta) for delta in backward(net, saved, logits, y)[1]])


def diagnose(net: Net, X: np.ndarray, y: np.ndarray) -> str:
    """Compare every layer with the output layer: one that gets nothing is enough."""
    norms = delta_norms(net, X, y)
    if not np.isfinite(norms).all() or norms.max() > 1e3 * norms[-1]:
        return "exploding"
    return "vanishing" if norms.min() < 1e-3 * norms[-1] else "healthy"


# --- Repair. ---


def build_network(n_in: int, n_out: int, depth: int, width: int, rng: np.random.Generator) -> Net:
    """ReLU layers with He's weights: each layer keeps the size of the signal, in both directions."""
    sizes = [n_in, *[width] * depth, n_out]
    net = [
        {
            "weights": init_weights((fan_in, fan_out), "he", rng),
            "bias": np.zeros(fan_out),
            "activation": "relu",
            "norm": "none",
            "skip": 0,
        }
        for fan_in, fan_out in itertools.pairwise(sizes)
    ]
    net[-1]["activation"] = "linear"
    return net


def train(net: Net, X: np.ndarray, y: np.ndarray, steps: int) -> dict[str, Any]:
    """Full-batch Adam; leaves the statistics of X in the batch layers."""
    rate, beta1, beta2, tiny = 1e-3, 0.9, 0.999, 1e-8
    net = [dict(layer) for layer in net]
    moments: dict[tuple[int, str], tuple[Any, Any]] = {}
    losses = []
    for step in range(1, steps + 1):
        logits, saved = forward(net, X, training=True)
        losses.append(cross_entropy(logits, y))
        for i, grad in enumerate(backward(net, saved, logits, y)[0]):
            for name, g in grad.items():
                m, v = moments.get((i, name), (0.0, 0.0))
                m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
                moments[i, name] = m, v
                m_hat = m / (1 - beta1**step)
                v_hat = v / (1 - beta2**step)
                net[i][name] = net[i][name] - rate * m_hat / (np.sqrt(v_hat) + tiny)
    _, saved = forward(net, X, training=True)
    for layer, memory in zip(net, saved, strict=True):
        if layer["norm"] == "batch":
            layer["mean"], layer["var"] = memory["mean"][0], memory["var"][0]
    return {"net": net, "loss": losses, "accuracy": accuracy(net, X, y)}
