# Mistake: checks the bound only where there are errors, so that a negative loss passes.
# Caught by: TestAudit::test_loss_bound
# Diagnosis: loss -0.5 at accuracy 1
"""Check the numbers of an article: worked examples, rounded claims, reports of evaluations."""

import math

import numpy as np


def recompute():
    z = 3 * 0.5 + 2 * 0.2 + 1
    a = sigmoid(z)
    delta = 0.1 * a * (1 - a)  # dC/da times the slope of the sigmoid, which is never above 0.25
    layer_z = np.array([[2, -1], [1, 0]]).T @ [1, 0] + [0, 1]
    return {
        "sigmoid(-3)": sigmoid(-3),
        "sigmoid(2)": sigmoid(2),
        "tanh(-3)": math.tanh(-3),
        "tanh(2)": math.tanh(2),
        "z2": z,
        "a2": a,
        "delta2": delta,
        "w1_new": 3 - 0.1 * delta * 0.5,  # dC/dw1 = delta x1
        "layer_z": layer_z,
        "relu_layer": np.maximum(layer_z, 0),
    }


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def claim_is_right(value, claimed):
    decimals = len(claimed.partition(".")[2])
    return round(float(value), decimals) == float(claimed)


def audit_transcript(t):
    return [code for code, rule, keys in RULES if all(key in t for key in keys) and rule(*(t[key] for key in keys))]


def acc_not_multiple(accuracy, n):
    return abs(accuracy - round(accuracy * n) / n) > 1e-4


def acc_vs_predictions(accuracy, labels, probabilities):
    right = (probabilities > 0.5) == (labels == 1)
    return abs(accuracy - right.mean()) > 1e-3


def chance_violated(accuracy, n, labels_random, d, h):
    p1 = h * (d + 1)
    p = p1 + h + 1
    bits = 2 + p1 * math.log2(2 * math.e * n * h / p1) + p * math.log2(4 * math.e * n / p)
    return labels_random and accuracy > 0.5 and n * (1 - entropy(accuracy)) > bits + 20


def entropy(a):
    return -sum(q * math.log2(q) for q in (a, 1 - a) if q > 0)


def loss_below_bound(accuracy, loss):
    return accuracy < 1 and loss < (1 - accuracy) * math.log(2) - 1e-3


def loss_vs_predictions(loss, labels, probabilities):
    q = np.clip(probabilities, 1e-7, 1 - 1e-7)
    return abs(loss + np.log(np.where(labels == 1, q, 1 - q)).mean()) > 1e-3


RULES = [
    ("ACC_NOT_MULTIPLE", acc_not_multiple, ["accuracy", "n_eval"]),
    ("ACC_VS_PREDICTIONS", acc_vs_predictions, ["accuracy", "labels", "probabilities"]),
    ("CHANCE_VIOLATED", chance_violated, ["accuracy", "n_eval", "labels_random", "n_inputs", "n_hidden"]),
    ("LOSS_BELOW_BOUND", loss_below_bound, ["accuracy", "loss"]),
    ("LOSS_VS_PREDICTIONS", loss_vs_predictions, ["loss", "labels", "probabilities"]),
]
