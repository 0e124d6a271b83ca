"""One matrix for each layer, with the bias as its last row; the public lists are views made when they are read."""

import numpy as np

XOR_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = np.array([[0.0], [1.0], [1.0], [0.0]])


def with_ones(a):
    return np.column_stack([a, np.ones(len(a))])


class Network:
    def __init__(self, sizes, rng):
        self.matrices = []
        for i, size in enumerate(sizes[1:]):
            self.matrices.append(np.vstack([rng.normal(size=(sizes[i], size)), np.zeros(size)]))

    def _get(self, rows):
        return [matrix[rows].copy() for matrix in self.matrices]

    def _set(self, rows, values):
        for matrix, value in zip(self.matrices, values, strict=True):
            matrix[rows] = value

    weights = property(lambda self: self._get(np.s_[:-1]), lambda self, values: self._set(np.s_[:-1], values))
    biases = property(lambda self: self._get(-1), lambda self, values: self._set(-1, values))

    def forward(self, X):
        for matrix in self.matrices:
            z = with_ones(X) @ matrix
            X = np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))
        return X

    def losses_and_steps(self, X, Y, i=0):
        """The loss, the gradients of the matrices from i on, and the gradient of X: by recursion."""
        if i == len(self.matrices):
            p = np.clip(X, 1e-15, 1 - 1e-15)
            loss = -np.sum(np.log(np.where(Y > 0.5, p, 1 - p))) / len(X)
            return loss, [], (X - Y) / len(X)
        a = with_ones(X)
        z = a @ self.matrices[i]
        out = np.exp(np.minimum(z, 0)) / (1 + np.exp(-np.abs(z)))
        loss, steps, grad = self.losses_and_steps(out, Y, i + 1)
        if i + 1 < len(self.matrices):
            grad = grad * out * (1 - out)
        return loss, [a.T @ grad, *steps], (grad @ self.matrices[i].T)[:, :-1]

    def gradients(self, X, Y):
        return [(step[:-1], step[-1]) for step in self.losses_and_steps(X, Y)[1]]

    def train(self, X, Y, epochs, lr):
        losses = []
        for _ in range(epochs):
            loss, steps, _grad = self.losses_and_steps(X, Y)
            losses.append(loss)
            for matrix, step in zip(self.matrices, steps, strict=True):
                matrix -= lr * step
        return losses

    def predict(self, X):
        return (self.forward(X) > 0.5) * 1


def xor_network(rng):
    for _ in range(100):
        net = Network([2, 4, 1], rng)
        net.train(XOR_X, XOR_Y, 1000, 3.0)
        if np.array_equal(net.predict(XOR_X), XOR_Y):
            return net
    return net
