"""Runs in the worker: gives a network of the submission other parameters."""

import numpy as np


def assign(net, weights, biases):
    """Replace the parameters, as the statement allows."""
    net.weights = [np.array(w) for w in weights]
    net.biases = [np.array(b) for b in biases]
