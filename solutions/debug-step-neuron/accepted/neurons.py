"""Keeps the neurons: Python loops over them, and properties that gather the parameters."""

import math

import numpy as np

XOR_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = np.array([[0.0], [1.0], [1.0], [0.0]])


class Neuron:
    def __init__(self, weights):
        self.weights = weights
        self.bias = 0.0

    def activate(self, inputs):
        total = self.bias
        for w, x in zip(self.weights, inputs, strict=True):
            total += w * x
        return 1 / (1 + math.exp(-total)) if total > -700 else 0.0


class Network:
    def __init__(self, sizes, rng):
        self.layers = [
            [Neuron([float(rng.standard_normal()) for _ in range(below)]) for _ in range(size)]
            for below, size in zip(sizes[:-1], sizes[1:], strict=True)
        ]

    @property
    def weights(self):
        return [np.array([neuron.weights for neuron in layer]).T for layer in self.layers]

    @weights.setter
    def weights(self, arrays):
        for layer, array in zip(self.layers, arrays, strict=True):
            for j, neuron in enumerate(layer):
                neuron.weights = array[:, j].tolist()

    @property
    def biases(self):
        return [np.array([neuron.bias for neuron in layer]) for layer in self.layers]

    @biases.setter
    def biases(self, arrays):
        for layer, array in zip(self.layers, arrays, strict=True):
            for neuron, bias in zip(layer, array.tolist(), strict=True):
                neuron.bias = bias

    def trace(self, row):
        values = [row]
        for layer in self.layers:
            values.append([neuron.activate(values[-1]) for neuron in layer])
        return values

    def forward(self, X):
        return np.array([self.trace(row)[-1] for row in X.tolist()])

    def gradients(self, X, Y):
        """One row after the other; the deltas of a layer are those above, weighted, times its slope."""
        n = len(X)
        grads = [(np.zeros(w.shape), np.zeros(b.shape)) for w, b in zip(self.weights, self.biases, strict=True)]
        for row, targets in zip(X.tolist(), Y.tolist(), strict=True):
            values = self.trace(row)
            deltas = [(a - y) / n for a, y in zip(values[-1], targets, strict=True)]
            for i in range(len(self.layers) - 1, -1, -1):
                dw, db = grads[i]
                for j, delta in enumerate(deltas):
                    db[j] += delta
                    for k, value in enumerate(values[i]):
                        dw[k, j] += delta * value
                deltas = [
                    sum(d * neuron.weights[k] for d, neuron in zip(deltas, self.layers[i], strict=True)) * a * (1 - a)
                    for k, a in enumerate(values[i])
                ]
        return grads

    def loss(self, X, Y):
        total = 0.0
        for outputs, targets in zip(self.forward(X).tolist(), Y.tolist(), strict=True):
            for a, y in zip(outputs, targets, strict=True):
                total -= math.log(max(a if y else 1 - a, 1e-12))
        return total / len(X)

    def train(self, X, Y, epochs, lr):
        losses = []
        for _ in range(epochs):
            losses.append(self.loss(X, Y))
            for layer, (dw, db) in zip(self.layers, self.gradients(X, Y), strict=True):
                for j, neuron in enumerate(layer):
                    neuron.weights = [w - lr * d for w, d in zip(neuron.weights, dw[:, j].tolist(), strict=True)]
                    neuron.bias -= lr * float(db[j])
        return losses

    def predict(self, X):
        return np.array([[int(a > 0.5) for a in row] for row in self.forward(X)])


def xor_network(rng):
    while True:  # a start that gets stuck is given up
        net = Network([2, 3, 1], rng)
        net.train(XOR_X, XOR_Y, 400, 4.0)
        if net.predict(XOR_X).tolist() == XOR_Y.tolist():
            return net
