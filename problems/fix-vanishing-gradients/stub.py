"""A deep network for 8x8 digits that does not learn: measure, diagnose, repair.

Run this file to see the symptom: `python solution.py`.
"""

import itertools
from typing import Any

import numpy as np

Layer = dict[str, Any]  # weights, bias, activation, norm, skip; see the statement
Net = list[Layer]  # hidden layers first, the output layer last

EPSILON = 1e-5  # added to the variance by normalization, inside the root
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772

# --- Given and right: what a network means. Change it if you like, but not its meaning. ---


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


def backward(net: Net, saved: list[dict[str, Any]], logits: np.ndarray, y: np.ndarray) -> list[Layer]:
    """Gradients of the mean cross-entropy after `logits, saved = forward(net, X, training=True)`.

    Returns:
        One dict per layer: the gradients of `weights`, `bias`, and of `gain`, `shift` where it has them.
    """
    n = len(y)
    grad_logits = (softmax(logits) - np.eye(logits.shape[1])[y]) / n  # (n, n_out)
    grad_outputs = [0.0] * len(net) + [grad_logits]  # of X, h_1, ..., logits
    grads: list[Layer] = [{} for _ in net]
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
        grads[i]["weights"] = memory["h_in"].T @ grad_z
        grads[i]["bias"] = grad_z.sum(axis=0)
        grad_outputs[i] = grad_outputs[i] + grad_z @ layer["weights"].T
    return grads


# --- Yours: measure and diagnose. ---


def init_weights(shape: tuple[int, ...], scheme: str, rng: np.random.Generator) -> np.ndarray:
    """Random weights with the variance of a scheme.

    Args:
        shape: (fan_in, fan_out) of a dense layer, or (height, width, c_in, c_out) of a convolution.
        scheme: "glorot", "he" or "lecun".
        rng: Source of all randomness.

    Returns:
        Independent draws with mean 0 and the variance of the scheme, float64, of that shape.

    Raises:
        ValueError: For another scheme.
    """
    raise NotImplementedError


def delta_norms(net: Net, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How much gradient reaches each layer: the Frobenius norm of dL/dz, z = h_in @ weights + bias.

    Args:
        net: Any network of the format.
        X: Inputs, (n, n_in).
        y: Classes, (n,).

    Returns:
        One norm per layer, input side first, output layer last, (len(net),).
    """
    raise NotImplementedError


def diagnose(net: Net, X: np.ndarray, y: np.ndarray) -> str:
    """What is wrong with the gradients of a fresh network: "vanishing", "exploding" or "healthy"."""
    raise NotImplementedError


# --- Yours: repair. It runs, and it learns nothing. ---


def build_network(n_in: int, n_out: int, depth: int, width: int, rng: np.random.Generator) -> Net:
    """A fresh network with `depth` hidden layers of `width` units and an output layer.

    Args:
        n_in: Inputs.
        n_out: Classes.
        depth: Hidden layers.
        width: Units of each.
        rng: Source of all randomness.

    Returns:
        A list of depth + 1 layers.
    """
    sizes = [n_in, *[width] * depth, n_out]
    net = []
    for fan_in, fan_out in itertools.pairwise(sizes):
        net.append(
            {
                "weights": rng.normal(0.0, 0.1, (fan_in, fan_out)),
                "bias": np.zeros(fan_out),
                "activation": "sigmoid",
                "norm": "none",
                "skip": 0,
            }
        )
    net[-1]["activation"] = "linear"
    return net


def train(net: Net, X: np.ndarray, y: np.ndarray, steps: int) -> dict[str, Any]:
    """Train a network for some steps.

    Args:
        net: Any network of the format; stays as it was.
        X: Inputs, (n, n_in).
        y: Classes, (n,).
        steps: Updates of the parameters.

    Returns:
        {"net": the trained network, "loss": list of `steps` floats, "accuracy": that of the trained
        network on X}; loss[k] is the mean cross-entropy on X before update k.
    """
    net = [dict(layer) for layer in net]
    velocity = [dict.fromkeys(("weights", "bias", "gain", "shift"), 0.0) for _ in net]
    losses = []
    for _ in range(steps):
        logits, saved = forward(net, X, training=True)
        losses.append(cross_entropy(logits, y))
        for layer, grad, speed in zip(net, backward(net, saved, logits, y), velocity, strict=True):
            for name, value in grad.items():
                speed[name] = 0.9 * speed[name] - 0.1 * value
                layer[name] = layer[name] + speed[name]
    return {"net": net, "loss": losses, "accuracy": accuracy(net, X, y)}


if __name__ == "__main__":
    from sklearn.datasets import load_digits

    images, classes = load_digits(return_X_y=True)
    inputs = (images[:600] - 4.884) / 6.017  # mean 0 and variance 1 over all pixels of the data set
    network = build_network(64, 10, depth=20, width=32, rng=np.random.default_rng(0))
    result = train(network, inputs, classes[:600], 300)
    for step in range(0, 300, 50):
        print(f"step {step:3d}  loss {result['loss'][step]:.4f}")
    print(f"accuracy {result['accuracy']:.3f}")
