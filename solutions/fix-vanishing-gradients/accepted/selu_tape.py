"""SELU with LeCun's weights and RMSprop; gradients by a small tape of primitive operations."""

import numpy as np

SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772


class Node:
    """A value, and how its gradient reaches what it was made from."""

    tape = []

    def __init__(self, value, *parents):
        self.value, self.parents, self.grad = np.asarray(value, dtype=float), parents, 0.0
        Node.tape.append(self)

    def __add__(self, other):
        other = wrap(other)
        return Node(self.value + other.value, (self, lambda g: g), (other, lambda g: g))

    def __sub__(self, other):
        return self + wrap(other) * -1.0

    def __mul__(self, other):
        other = wrap(other)
        return Node(self.value * other.value, (self, lambda g: g * other.value), (other, lambda g: g * self.value))

    def __matmul__(self, other):
        return Node(self.value @ other.value, (self, lambda g: g @ other.value.T), (other, lambda g: self.value.T @ g))

    def map(self, value, derivative):
        return Node(value, (self, lambda g: g * derivative))

    def mean(self, axis):
        n = self.value.shape[axis]
        return Node(self.value.mean(axis, keepdims=True), (self, lambda g: np.broadcast_to(g / n, self.value.shape)))

    def backward(self, seed):
        self.grad = seed
        for node in reversed(Node.tape):
            for parent, pull in node.parents:
                g = pull(node.grad)
                while np.ndim(g) > parent.value.ndim:
                    g = g.sum(0)
                for axis, n in enumerate(parent.value.shape):
                    if n == 1 and g.shape[axis] > 1:
                        g = g.sum(axis, keepdims=True)
                parent.grad = parent.grad + g


def wrap(value):
    return value if isinstance(value, Node) else Node(value)


def activate(name, u):
    v = u.value
    low = np.minimum(v, 0)
    if name == "linear":
        return u
    if name == "sigmoid":
        s = np.where(v >= 0, 1 / (1 + np.exp(-np.abs(v))), np.exp(-np.abs(v)) / (1 + np.exp(-np.abs(v))))
        return u.map(s, s * (1 - s))
    if name == "tanh":
        return u.map(np.tanh(v), 1 / np.cosh(np.clip(v, -300, 300)) ** 2)
    scale = SCALE if name == "selu" else 1.0
    if name in ("relu", "leaky_relu"):
        side = 0.01 if name == "leaky_relu" else 0.0
        return u.map(np.where(v > 0, v, side * v), np.where(v > 0, 1.0, side))
    alpha = ALPHA if name == "selu" else 1.0
    return u.map(scale * np.where(v > 0, v, alpha * np.expm1(low)), scale * np.where(v > 0, 1.0, alpha * np.exp(low)))


def walk(net, x, training):
    """Logits as a node; for each layer its z, its parameters as nodes, and the statistics of its batch."""
    Node.tape = []
    outputs, steps = [wrap(x)], []
    for layer in net:
        p = {key: wrap(layer[key]) for key in ("weights", "bias", "gain", "shift") if key in layer}
        z = u = outputs[-1] @ p["weights"] + p["bias"]
        statistics = None
        if layer["norm"] != "none":
            if layer["norm"] == "batch" and not training:
                centred, var = z - layer["mean"], wrap(layer["var"])
            else:
                axis = int(layer["norm"] == "layer")
                mean = z.mean(axis)
                centred = z - mean
                var = (centred * centred).mean(axis)
                statistics = mean.value.ravel(), var.value.ravel()
            root = (var.value + 1e-5) ** -0.5
            u = centred * var.map(root, -0.5 * root**3) * p["gain"] + p["shift"]
        h = activate(layer["activation"], u)
        if layer["skip"]:
            h = h + outputs[len(outputs) - layer["skip"]]
        outputs.append(h)
        steps.append((z, p, statistics))
    return outputs[-1], steps


def log_softmax(logits):
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


def differentiate(net, x, y):
    """The loss, and the layers after a backward pass."""
    logits, steps = walk(net, x, True)
    logs = log_softmax(logits.value)
    hot = np.arange(logs.shape[1]) == np.asarray(y)[:, None]
    logits.backward((np.exp(logs) - hot) / len(y))
    return -logs[hot].mean(), steps


def init_weights(shape, scheme, rng):
    *kernel, c_in, c_out = shape
    size = int(np.prod(kernel))
    if scheme == "glorot":
        variance = 1 / (0.5 * size * (c_in + c_out))
    elif scheme == "he":
        variance = 2 / (size * c_in)
    elif scheme == "lecun":
        variance = 1 / (size * c_in)
    else:
        raise ValueError(scheme)
    draw = rng.normal(size=shape)
    while (far := np.abs(draw) > 2).any():
        draw[far] = rng.normal(size=int(far.sum()))
    return draw * np.sqrt(variance) / 0.8796256610342398


def delta_norms(net, X, y):
    return np.array([np.sqrt((z.grad**2).sum()) for z, _, _ in differentiate(net, X, y)[1]])


def diagnose(net, X, y):
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        norms = delta_norms(net, X, y)
        decades = np.log10(norms / norms[-1])
    if np.isnan(decades).any() or decades.max() > 3.5:
        return "exploding"
    return "vanishing" if decades.min() < -3 else "healthy"


def build_network(n_in, n_out, depth, width, rng):
    net = []
    for i in range(depth + 1):
        shape = (n_in if i == 0 else width, n_out if i == depth else width)
        kind = "linear" if i == depth else "selu"
        weights = init_weights(shape, "lecun", rng)
        net.append({"weights": weights, "bias": np.zeros(shape[1]), "activation": kind, "norm": "none", "skip": 0})
    return net


def train(net, X, y, steps):
    net, loss = [dict(layer) for layer in net], np.empty(steps)
    average = [{} for _ in net]
    for k in range(steps):
        loss[k], layers = differentiate(net, X, y)
        for layer, mean_square, (_, parameters, statistics) in zip(net, average, layers):
            for key, node in parameters.items():
                mean_square[key] = 0.9 * mean_square.get(key, 0.1 * node.grad**2) + 0.1 * node.grad**2
                layer[key] = layer[key] - 1e-3 * (1 - 0.9 * k / steps) * node.grad / (np.sqrt(mean_square[key]) + 1e-7)
    for layer, (_, _, statistics) in zip(net, walk(net, X, True)[1]):
        if layer["norm"] == "batch":
            layer["mean"], layer["var"] = statistics
    share = (walk(net, X, False)[0].value.argmax(1) == y).mean()
    return {"net": tuple(net), "loss": loss, "accuracy": share}
