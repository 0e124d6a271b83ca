# Mistake: only the TypeError is repaired: nobody ever creates the weights.
# Caught by: TestForward::test_inputs_matter
# Diagnosis: forward ignores its inputs: are the weight lists empty
"""A network of neurons, trained by gradient descent to compute XOR: find out why it does not work, and repair it.

Run this file to see the first symptom: `python solution.py`.
"""

import numpy as np

XOR_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = np.array([[0.0], [1.0], [1.0], [0.0]])


class Neuron:
    """A neuron: fires if the weighted sum of its inputs is large enough."""

    def __init__(self, rng: np.random.Generator):
        self.weights: list[float] = []
        self.bias = rng.normal()
        self.output = 0.0

    def activate(self, inputs: np.ndarray) -> float:
        total = sum(w * x for w, x in zip(self.weights, inputs, strict=False)) + self.bias
        self.output = 1.0 if total > 0 else 0.0
        return self.output


class Network:
    """Layers of neurons; each neuron sees the outputs of the whole layer before it."""

    def __init__(self, sizes: list[int], rng: np.random.Generator):
        self.layers = [[Neuron(rng) for _ in range(size)] for size in sizes]

    def forward(self, X: np.ndarray) -> np.ndarray:
        """Outputs for each row of X."""
        results = []
        for row in X:
            values = row
            for layer in self.layers:
                values = [neuron.activate(values) for neuron in layer]
            results.append(values)
        return np.array(results)

    def gradients(self, X: np.ndarray, Y: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Gradients of the loss: (dW, db) for each layer."""
        error = self.forward(X) - Y
        grads = []
        for layer in reversed(self.layers):
            outputs = np.array([neuron.output for neuron in layer])
            delta = error * self.activation_function_derivative(outputs)
            grads.append((X.T @ delta, delta.mean(axis=0)))
        return grads

    def train(self, X: np.ndarray, Y: np.ndarray, epochs: int, lr: float) -> list[float]:
        """Gradient descent on all rows; the loss of each epoch."""
        losses = []
        for _ in range(epochs):
            output = self.forward(X)
            error = Y - output
            losses.append(float(np.mean(error**2)))
            for layer, (dw, db) in zip(self.layers, self.gradients(X, error), strict=True):
                for j, neuron in enumerate(layer):
                    neuron.weights -= self.learning_rate * dw[:, j]
                    neuron.bias -= self.learning_rate * db[j]
        return losses

    def predict(self, X: np.ndarray) -> np.ndarray:
        """0 or 1 for each output."""
        return (self.forward(X) > 0.5).astype(np.int64)


def xor_network(rng: np.random.Generator) -> Network:
    """A network, trained until it computes XOR."""
    net = Network([2, 1, 1], rng)
    net.train(XOR_X, XOR_Y, epochs=100, lr=0.1)
    return net


if __name__ == "__main__":
    print(xor_network(np.random.default_rng(0)).predict(XOR_X))
