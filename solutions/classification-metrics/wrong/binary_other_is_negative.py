# Mistake: binary takes every label but 1 for a negative.
# Caught by: TestErrors::test_binary_labels
# Diagnosis: binary, with the label 2: labels are 0 and 1
"""Classification metrics from a confusion matrix, from ranks, and Wilson's interval."""

import math

import numpy as np


def confusion_matrix(y_true: np.ndarray, y_pred: np.ndarray, n_classes: int) -> np.ndarray:
    """Each pair (true, predicted) has a number of its own in 0 .. K^2 - 1; count the numbers."""
    check_shapes(y_true, y_pred)
    check_labels(y_true, n_classes)
    check_labels(y_pred, n_classes)
    pairs = n_classes * y_true.astype(np.int64) + y_pred  # (n,); in a narrow dtype the product would wrap
    return np.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes)


def precision_recall_f1(
    y_true: np.ndarray, y_pred: np.ndarray, average: str = "binary", n_classes: int | None = None
) -> tuple[float, float, float]:
    """TP, FP and FN of each class; keep class 1, or sum them (micro), or average the ratios (macro)."""
    if average not in ("binary", "macro", "micro"):
        raise ValueError(f"average must be binary, macro or micro, not {average!r}")
    if average == "binary":
        n_classes = 2
        check_shapes(y_true, y_pred)
        y_true, y_pred = np.int64(y_true == 1), np.int64(y_pred == 1)
    if n_classes is None:
        raise ValueError(f"{average} needs n_classes")
    counts = confusion_matrix(y_true, y_pred, n_classes)
    tp = counts.diagonal()  # (K, K) -> (K,)
    fp = counts.sum(axis=0) - tp
    fn = counts.sum(axis=1) - tp
    if average == "binary":
        tp, fp, fn = tp[1], fp[1], fn[1]
    elif average == "micro":
        tp, fp, fn = tp.sum(), fp.sum(), fn.sum()
    values = ratio(tp, tp + fp), ratio(tp, tp + fn), ratio(2 * tp, 2 * tp + fp + fn)
    precision, recall, f1 = (float(np.mean(value)) for value in values)
    return precision, recall, f1


def per_class_recall(y_true: np.ndarray, y_pred: np.ndarray, n_classes: int) -> np.ndarray:
    """The diagonal over the sums of the rows."""
    counts = confusion_matrix(y_true, y_pred, n_classes)
    return ratio(counts.diagonal(), counts.sum(axis=1))


def roc_auc(y_true: np.ndarray, scores: np.ndarray) -> float:
    """Mann-Whitney: the rank sum of the positives, less the smallest it could be, over the number of pairs."""
    check_shapes(y_true, scores)
    check_labels(y_true, 2)
    if np.isnan(scores).any():
        raise ValueError("NaN has no rank")
    positive = y_true == 1
    n_pos = int(positive.sum())
    n_neg = len(y_true) - n_pos
    if n_pos == 0 or n_neg == 0:
        raise ValueError("the AUC needs samples of both classes")
    _, group, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(sizes) - (sizes - 1) / 2  # equal scores share the average of their ranks
    u = ranks[group][positive].sum() - n_pos * (n_pos + 1) / 2
    return float(u / (n_pos * n_neg))


def accuracy_interval(n_correct: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval, kept inside [0, 1] against rounding."""
    if n < 1 or not 0 <= n_correct <= n:
        raise ValueError(f"{n_correct} of {n} is no proportion")
    p = n_correct / n
    center = p + z**2 / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    shrink = 1 + z**2 / n
    return max(0.0, (center - half) / shrink), min(1.0, (center + half) / shrink)


def check_shapes(y_true: np.ndarray, other: np.ndarray) -> None:
    """Raises ValueError where NumPy would broadcast or complain later."""
    if y_true.shape != other.shape:
        raise ValueError(f"y_true has shape {y_true.shape}, the other array {other.shape}")


def check_labels(labels: np.ndarray, n_classes: int) -> None:
    """Raises ValueError for a label that is no class."""
    if ((labels < 0) | (labels >= n_classes)).any():
        raise ValueError(f"labels must be at least 0 and below {n_classes}")


def ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a / b, and 0 where b is 0; a is then 0 too."""
    return a / np.maximum(b, 1)
