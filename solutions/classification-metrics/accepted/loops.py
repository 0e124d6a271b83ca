"""Plain Python: counters, a walk through the sorted scores, Wilson's interval in whole numbers."""

from collections import Counter
from math import isnan, sqrt

import numpy as np


def counted(y_true, y_pred, n_classes):
    if y_true.shape != y_pred.shape:
        raise ValueError("shapes differ")
    pairs = Counter(zip(y_true.tolist(), y_pred.tolist()))
    for pair in pairs:
        if not all(0 <= label < n_classes for label in pair):
            raise ValueError(f"no such class: {pair}")
    return pairs


def confusion_matrix(y_true, y_pred, n_classes):
    matrix = np.zeros((n_classes, n_classes), dtype=np.int32)
    for (i, j), count in counted(y_true, y_pred, n_classes).items():
        matrix[i, j] = count
    return matrix


def quotient(a, b):
    return a / b if b else 0.0


def precision_recall_f1(y_true, y_pred, average="binary", n_classes=None):
    if average == "binary":
        classes, n_classes = [1], 2
    elif average in ("macro", "micro") and n_classes is not None:
        classes = range(n_classes)
    else:
        raise ValueError("average or n_classes")
    pairs = counted(y_true, y_pred, n_classes)
    tp = [pairs[c, c] for c in classes]
    predicted = [sum(n for (_, j), n in pairs.items() if j == c) for c in classes]
    actual = [sum(n for (i, _), n in pairs.items() if i == c) for c in classes]
    if average == "micro":
        tp, predicted, actual = [sum(tp)], [sum(predicted)], [sum(actual)]
    precision = [quotient(t, p) for t, p in zip(tp, predicted)]
    recall = [quotient(t, a) for t, a in zip(tp, actual)]
    f1 = [quotient(2 * p * r, p + r) for p, r in zip(precision, recall)]
    return tuple(sum(values) / len(values) for values in (precision, recall, f1))


def per_class_recall(y_true, y_pred, n_classes):
    pairs = counted(y_true, y_pred, n_classes)
    return np.array([quotient(pairs[c, c], sum(n for (i, _), n in pairs.items() if i == c)) for c in range(n_classes)])


def roc_auc(y_true, scores):
    if y_true.shape != scores.shape:
        raise ValueError("shapes differ")
    samples = sorted(zip(scores.tolist(), y_true.tolist()))
    if any(isnan(score) for score, _ in samples) or any(label not in (0, 1) for _, label in samples):
        raise ValueError("NaN, or a label that is neither 0 nor 1")
    halves = 0  # twice the number of pairs that are won, ties counting once
    below = 0  # negatives with a lower score
    start = 0
    while start < len(samples):
        end = start
        while end < len(samples) and samples[end][0] == samples[start][0]:
            end += 1
        positives = sum(label for _, label in samples[start:end])
        negatives = end - start - positives
        halves += positives * (2 * below + negatives)
        below += negatives
        start = end
    pairs = below * (len(samples) - below)
    if pairs == 0:
        raise ValueError("one class only")
    return halves / (2 * pairs)


def accuracy_interval(n_correct, n, z=1.96):
    if not (0 < n and 0 <= n_correct <= n):
        raise ValueError("no proportion")
    wrong = n - n_correct
    square = z * z
    root = z * sqrt(square + 4 * n_correct * wrong / n)
    ends = [(2 * n_correct + square + sign * root) / (2 * (n + square)) for sign in (-1, 1)]
    return [min(max(end, 0.0), 1.0) for end in ends]
