"""A layer with its own forward and backward pass; einsum; the loss of clipped outputs; two hidden layers for XOR."""

import numpy as np

XOR_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = np.array([[0.0], [1.0], [1.0], [0.0]])


class Layer:
    """Sigmoid units: a = 1 / (1 + exp(-(x W + b)))."""

    def forward(self, x, weights, bias):
        self.x, self.weights = x, weights
        with np.errstate(over="ignore"):
            self.a = 1.0 / (1.0 + np.exp(-(np.einsum("ni,ij->nj", x, weights) + bias)))
        return self.a

    def backward(self, grad_z):
        grads = np.einsum("ni,nj->ij", self.x, grad_z), np.einsum("nj->j", grad_z)
        return grads, np.einsum("nj,ij->ni", grad_z, self.weights)


class Network:
    def __init__(self, sizes, rng):
        self.weights, self.biases = [], []
        for below, size in zip(sizes, sizes[1:], strict=False):
            self.weights.append(rng.normal(0.0, 1.0, (below, size)))
            self.biases.append(np.zeros(size))

    def _run(self, X):
        layers, a = [], X
        for weights, bias in zip(self.weights, self.biases, strict=True):
            layers.append(Layer())
            a = layers[-1].forward(a, weights, bias)
        return layers

    def forward(self, X):
        return self._run(X)[-1].a

    def gradients(self, X, Y):
        layers = self._run(X)
        grad_z = (layers[-1].a - Y) / X.shape[0]
        grads = []
        for below, layer in zip([None, *layers[:-1]][::-1], layers[::-1], strict=True):
            pair, grad_x = layer.backward(grad_z)
            grads = [pair, *grads]
            if below is not None:
                grad_z = grad_x * (below.a - below.a**2)
        return grads

    def train(self, X, Y, epochs, lr):
        losses = np.zeros(epochs)
        for epoch in range(epochs):
            p = np.clip(self.forward(X), 1e-12, 1 - 1e-12)
            losses[epoch] = -(Y * np.log(p) + (1 - Y) * np.log(1 - p)).sum() / len(Y)
            for i, (dw, db) in enumerate(self.gradients(X, Y)):
                self.weights[i] -= lr * dw
                self.biases[i] -= lr * db
        return losses.tolist()

    def predict(self, X):
        return np.where(self.forward(X) > 0.5, 1, 0)


def xor_network(rng):
    while True:
        net = Network([2, 6, 4, 1], rng)
        losses = net.train(XOR_X, XOR_Y, 1500, 2.0)
        if losses[-1] < 0.1:
            return net
