"""Products of one-hot matrices, the area below the ROC curve by trapezoids, the interval as roots of a parabola."""

import numpy as np


def one_hot(labels, n_classes):
    codes = labels[:, None] == np.arange(n_classes)  # (n,) -> (n, K)
    if not codes.any(axis=1).all():
        raise ValueError("a label is none of the classes")
    return codes.astype(np.float32)


def confusion_matrix(y_true, y_pred, n_classes):
    if y_true.ndim != 1 or y_true.shape != y_pred.shape:
        raise ValueError("shapes")
    return np.einsum("ni,nj->ij", one_hot(y_true, n_classes), one_hot(y_pred, n_classes)).astype(np.uint64)


def precision_recall_f1(y_true, y_pred, average="binary", n_classes=None):
    match average, n_classes:
        case "binary", _:
            n_classes = 2
        case "macro" | "micro", int():
            pass
        case _:
            raise ValueError((average, n_classes))
    c = confusion_matrix(y_true, y_pred, n_classes).astype(np.float32)
    tp, predicted, actual = np.diag(c), c.sum(0), c.sum(1)
    if average == "micro":
        tp, predicted, actual = (v.sum(keepdims=True) for v in (tp, predicted, actual))
    elif average == "binary":
        tp, predicted, actual = tp[1:], predicted[1:], actual[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.nan_to_num(tp / predicted)
        r = np.nan_to_num(tp / actual)
        f = np.nan_to_num(2 * p * r / (p + r))
    return p.mean(), r.mean(), f.mean()


def per_class_recall(y_true, y_pred, n_classes):
    c = confusion_matrix(y_true, y_pred, n_classes)
    total = c.sum(axis=1)
    return np.divide(np.diag(c), total, out=np.zeros(n_classes), where=total > 0)


def roc_auc(y_true, scores):
    if y_true.shape != scores.shape:
        raise ValueError("shapes")
    if np.any(scores != scores) or set(np.unique(y_true).tolist()) != {0, 1}:
        raise ValueError("NaN, or not two classes")
    down = np.argsort(scores)[::-1]
    s, y = scores[down], y_true[down].astype(np.float64)
    last = np.append(s[1:] != s[:-1], True)  # a threshold stands behind the last of equal scores
    tps, fps = np.cumsum(y)[last], np.cumsum(1 - y)[last]
    tpr, fpr = np.append(0, tps / tps[-1]), np.append(0, fps / fps[-1])
    return np.trapezoid(tpr, fpr)


def accuracy_interval(n_correct, n, z=1.96):
    if n <= 0 or n_correct < 0 or n_correct > n:
        raise ValueError("no proportion")
    a, b, c = 1 + z * z / n, -(2 * n_correct / n + z * z / n), (n_correct / n) ** 2
    root = np.sqrt(max(b * b - 4 * a * c, 0.0))
    low, high = np.clip(np.array([-b - root, -b + root]) / (2 * a), 0, 1)
    return low, high
