"""Claims with the decimal module, scalars and loops, one `if` after the other."""

import math
from decimal import ROUND_HALF_UP, Decimal

import numpy as np


def sigmoid(z):
    return math.exp(z) / (1 + math.exp(z))


def recompute():
    weights, inputs, layer = [3, 2], [0.5, 0.2], []
    z = 1
    for w, x in zip(weights, inputs, strict=True):
        z += w * x
    slope = math.exp(-z) / (1 + math.exp(-z)) ** 2
    matrix, bias, x = [[2, -1], [1, 0]], [0, 1], [1, 0]
    for j in range(2):
        layer.append(sum(matrix[i][j] * x[i] for i in range(2)) + bias[j])
    return {
        "layer_z": np.array(layer),
        "relu_layer": np.array([max(0.0, v) for v in layer]),
        "w1_new": weights[0] - 0.1 * (0.1 * slope * inputs[0]),
        "delta2": 0.1 * slope,
        "a2": sigmoid(z),
        "z2": z,
        "tanh(2)": 2 * sigmoid(4) - 1,
        "tanh(-3)": 2 * sigmoid(-6) - 1,
        "sigmoid(2)": sigmoid(2),
        "sigmoid(-3)": sigmoid(-3),
    }


def claim_is_right(value, claimed):
    number = Decimal(claimed)
    return Decimal(value).quantize(Decimal(1).scaleb(number.as_tuple().exponent), ROUND_HALF_UP) == number


def audit_transcript(t):
    codes = set()
    a, n, loss = t.get("accuracy"), t.get("n_eval"), t.get("loss")
    y, p = t.get("labels"), t.get("probabilities")
    if a is not None and n is not None:
        low = math.floor(a * n)
        if min(abs(a - low / n), abs((low + 1) / n - a)) > 1e-4:
            codes.add("ACC_NOT_MULTIPLE")
        if t.get("labels_random") and "n_inputs" in t and "n_hidden" in t and a > 0.5:
            d, h = t["n_inputs"], t["n_hidden"]
            first, every = h * d + h, h * d + h + h + 1
            bits = 1 + first * math.log2(2 * math.e * n * h / first)
            bits += 1 + every * math.log2(2 * math.e * n * 2 / every)
            entropy = -a * math.log2(a) - (1 - a) * math.log2(1 - a) if a < 1 else 0
            if n - n * entropy > bits + 20:
                codes.add("CHANCE_VIOLATED")
    if y is not None and p is not None:
        right, total = 0, 0.0
        for label, probability in zip(y.tolist(), p.tolist(), strict=True):
            right += (probability > 0.5) == bool(label)
            q = min(max(probability, 1e-7), 1 - 1e-7)
            total -= label * math.log(q) + (1 - label) * math.log(1 - q)
        if a is not None and abs(a - right / len(y)) > 1e-3:
            codes.add("ACC_VS_PREDICTIONS")
        if loss is not None and abs(loss - total / len(y)) > 1e-3:
            codes.add("LOSS_VS_PREDICTIONS")
    if a is not None and loss is not None and loss - (1 - a) * math.log(2) < -1e-3:
        codes.add("LOSS_BELOW_BOUND")
    return sorted(codes)
