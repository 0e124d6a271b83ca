# Mistake: the loss clips the outputs at 1e-7, as for float32.
# Caught by: TestTrain::test_sure_and_wrong
# Diagnosis: the loss clips the outputs to [1e-07, 1 - 1e-07]
"""A network of sigmoid units, trained by gradient descent to compute XOR."""

from itertools import pairwise

import numpy as np

XOR_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = np.array([[0.0], [1.0], [1.0], [0.0]])


def sigmoid(z):
    return 0.5 + 0.5 * np.tanh(0.5 * z)  # 1 / (1 + exp(-z)) without overflow


class Network:
    def __init__(self, sizes, rng):
        self.weights = [rng.normal(size=pair) for pair in pairwise(sizes)]
        self.biases = [np.zeros(size) for size in sizes[1:]]

    def outputs(self, X):
        """X and the outputs of all layers: A_0, ..., A_L."""
        outputs = [X]
        for weights, bias in zip(self.weights, self.biases, strict=True):
            outputs.append(sigmoid(outputs[-1] @ weights + bias))  # (n, s_l)
        return outputs

    def forward(self, X):
        return self.outputs(X)[-1]

    def loss(self, X, Y):
        A = np.clip(self.forward(X), 1e-7, 1 - 1e-7)
        return float(-np.mean(np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A), axis=1)))

    def gradients(self, X, Y):
        outputs = self.outputs(X)
        delta = (outputs[-1] - Y) / len(X)
        grads = []
        for weights, inputs in zip(reversed(self.weights), reversed(outputs[:-1]), strict=True):
            grads.append((inputs.T @ delta, delta.sum(axis=0)))
            delta = (delta @ weights.T) * inputs * (1 - inputs)  # (n, s_l) -> (n, s_(l-1))
        return grads[::-1]

    def train(self, X, Y, epochs, lr):
        losses = []
        for _ in range(epochs):
            losses.append(self.loss(X, Y))
            grads = self.gradients(X, Y)  # all of them before the first update
            self.weights = [weights - lr * dw for weights, (dw, _) in zip(self.weights, grads, strict=True)]
            self.biases = [bias - lr * db for bias, (_, db) in zip(self.biases, grads, strict=True)]
        return losses

    def predict(self, X):
        return (self.forward(X) > 0.5).astype(np.int64)


def xor_network(rng):
    net = Network([2, 8, 1], rng)  # with 8 hidden units no start in 4000 got stuck, with 2 one in four does
    net.train(XOR_X, XOR_Y, epochs=1000, lr=2.0)
    return net
