"""Sets of samples for the counts, a binary search among the negatives for each positive, float32 where it is enough."""

import numpy as np


class BadInput(ValueError):
    pass


def check(y_true, other, n_classes, predicted=True):
    if np.shape(y_true) != np.shape(other):
        raise BadInput("shapes differ")
    for labels in (y_true, other)[: 1 + predicted]:
        if not np.isin(labels, np.arange(n_classes)).all():
            raise BadInput("unknown label")


def confusion_matrix(y_true, y_pred, n_classes):
    check(y_true, y_pred, n_classes)
    matrix = np.zeros((n_classes, n_classes), int)
    np.add.at(matrix, (y_true, y_pred), 1)
    return matrix


def divide(a, b):
    return np.float32(a) / np.float32(b) if b else np.float32(0)


def of_masks(actual, predicted):
    """Precision, recall, F1 of one class from two masks."""
    hits = np.count_nonzero(actual & predicted)
    false_alarms = np.count_nonzero(~actual & predicted)
    misses = np.count_nonzero(actual & ~predicted)
    f1 = divide(hits, hits + (misses + false_alarms) / 2)
    return divide(hits, hits + false_alarms), divide(hits, hits + misses), f1


def precision_recall_f1(y_true, y_pred, average="binary", n_classes=None):
    if average == "binary":
        check(y_true, y_pred, 2)
        return of_masks(y_true == 1, y_pred == 1)
    if n_classes is None or average not in {"macro", "micro"}:
        raise BadInput(average)
    check(y_true, y_pred, n_classes)
    if average == "micro":
        accuracy = divide(np.count_nonzero(y_true == y_pred), len(y_true))
        return accuracy, accuracy, accuracy
    each = np.array([of_masks(y_true == c, y_pred == c) for c in range(n_classes)])  # (K, 3)
    return tuple(each.mean(axis=0))


def per_class_recall(y_true, y_pred, n_classes):
    check(y_true, y_pred, n_classes)
    found = [y_pred[y_true == c] == c for c in range(n_classes)]
    return np.array([f.mean() if f.size else 0 for f in found], dtype=np.float32)


def roc_auc(y_true, scores):
    check(y_true, scores, 2, predicted=False)
    if np.isnan(scores).any():
        raise BadInput("NaN")
    positives, negatives = scores[y_true == 1], np.sort(scores[y_true == 0])
    if not positives.size or not negatives.size:
        raise BadInput("one class only")
    lower = np.searchsorted(negatives, positives, side="left")
    not_higher = np.searchsorted(negatives, positives, side="right")
    return np.float32((lower.mean() + not_higher.mean()) / (2 * len(negatives)))


def accuracy_interval(n_correct, n, z=1.96):
    if n < 1 or n_correct not in range(n + 1):
        raise BadInput("no proportion")

    def excess(q):
        return (n_correct / n - q) ** 2 - z**2 * q * (1 - q) / n

    def end(outside):
        """Bisection between an end of [0, 1], where the excess is at least 0, and p, where it is not above 0."""
        inside = n_correct / n
        if excess(outside) <= 0:
            return outside
        for _ in range(60):
            middle = (inside + outside) / 2
            if excess(middle) > 0:
                outside = middle
            else:
                inside = middle
        return inside

    return end(0.0), end(1.0)
