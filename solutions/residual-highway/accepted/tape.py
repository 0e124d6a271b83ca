"""A tape of its own: the layers are written as formulas, and one general backward pass serves them all."""

import numpy as np


class Node:
    """A value, and how its gradient goes to the nodes that it was made of."""

    def __init__(self, value, parents=()):
        self.value, self.parents = value, parents

    def __add__(self, other):
        value = self.value + other.value
        summed = other.value.ndim < value.ndim  # a bias
        return Node(value, [(self, lambda g: g), (other, lambda g: g.sum(axis=0) if summed else g)])

    def __sub__(self, other):
        return Node(self.value - other.value, [(self, lambda g: g), (other, lambda g: -g)])

    def __mul__(self, other):
        a, b = self.value, other.value
        return Node(a * b, [(self, lambda g: g * b), (other, lambda g: g * a)])

    def __matmul__(self, other):
        a, b = self.value, other.value
        return Node(a @ b, [(self, lambda g: g @ b.T), (other, lambda g: a.T @ g)])

    def map(self, value, slope):
        return Node(value, [(self, lambda g: g * slope)])


def relu(node):
    return node.map(np.maximum(node.value, 0), node.value > 0)


def tanh(node):
    out = np.tanh(node.value)
    return node.map(out, 1 - out**2)


def sigmoid(node):
    small = np.exp(-np.abs(node.value))
    out = np.where(node.value < 0, small, 1.0) / (1 + small)
    return node.map(out, out * (1 - out))


def gradients(root, upstream):
    """dL/d(node) for every node, by id."""
    order, seen = [], set()
    stack = [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack.extend((parent, False) for parent, _way in node.parents)
    found = {id(root): upstream}
    for node in reversed(order):
        for parent, way in node.parents:
            part = way(found[id(node)])
            found[id(parent)] = found[id(parent)] + part if id(parent) in found else part
    return found


def leaves(names, arrays, axes):
    """Named nodes; the letters of `axes` must stand for one length each."""
    lengths = {}
    for array, letters in zip(arrays, axes, strict=True):
        if array.ndim != len(letters):
            raise ValueError(f"an array has {array.ndim} axes where {letters} are needed")
        for letter, length in zip(letters, array.shape, strict=True):
            if lengths.setdefault(letter, length) != length:
                raise ValueError(f"axis {letter} is {lengths[letter]} here and {length} there")
    return {name: Node(array) for name, array in zip(names, arrays, strict=True)}


def collect(dy, cache):
    nodes, root = cache
    found = gradients(root, dy)
    return {f"d{name}": found[id(node)] for name, node in nodes.items()}


def residual_forward(x, W1, b1, W2, b2):
    v = leaves(["x", "W1", "b1", "W2", "b2"], [x, W1, b1, W2, b2], ["nd", "dh", "h", "hd", "d"])
    y = v["x"] + (relu(v["x"] @ v["W1"] + v["b1"]) @ v["W2"] + v["b2"])
    return y.value, (v, y)


def highway_layer(x, WH, bH, WT, bT):
    return x + sigmoid(x @ WT + bT) * (tanh(x @ WH + bH) - x)


def highway_forward(x, WH, bH, WT, bT):
    v = leaves(["x", "WH", "bH", "WT", "bT"], [x, WH, bH, WT, bT], ["nd", "dd", "d", "dd", "d"])
    y = highway_layer(*v.values())
    return y.value, (v, y)


def residual_backward(dy, cache):
    return collect(dy, cache)


def highway_backward(dy, cache):
    return collect(dy, cache)


def highway_bias(d, gate_bias=-2.0):
    bias = np.empty(d)
    bias.fill(gate_bias)
    return bias


def input_gradient_ratio(kind, depth, width, rng):
    if kind not in {"plain", "residual", "highway"}:
        raise ValueError(kind)
    x = h = Node(rng.normal(size=(128, width)))
    for _ in range(depth):
        W = Node(rng.normal(size=(width, width)) * np.sqrt(0.64 / width))
        if kind == "highway":
            WT = Node(rng.normal(size=(width, width)) / np.sqrt(width))
            h = highway_layer(h, W, Node(np.zeros(width)), WT, Node(highway_bias(width)))
        else:
            h = h + tanh(h @ W) if kind == "residual" else tanh(h @ W)
    dy = rng.normal(size=(128, width))
    return np.linalg.norm(gradients(h, dy)[id(x)]) / np.linalg.norm(dy)
