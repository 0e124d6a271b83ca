"""Classification metrics: counts, ranks, and how far to trust an accuracy."""

import numpy as np


def confusion_matrix(y_true: np.ndarray, y_pred: np.ndarray, n_classes: int) -> np.ndarray:
    """Counts the samples of each true class by their predicted class.

    C[i, j] = number of samples of true class i that were predicted as j

    Args:
        y_true: Labels in 0 .. n_classes - 1, shape (n,), an integer dtype, int64 or a narrower one; n may be 0.
        y_pred: Predicted labels, the same.
        n_classes: K, at least 2.

    Returns:
        Integer array of shape (K, K); rows are the true classes.

    Raises:
        ValueError: If the shapes differ, or a label is not one of the classes.
    """
    raise NotImplementedError


def precision_recall_f1(
    y_true: np.ndarray, y_pred: np.ndarray, average: str = "binary", n_classes: int | None = None
) -> tuple[float, float, float]:
    """Precision, recall and F1 of class 1, or their average over all classes.

    precision = TP / (TP + FP),  recall = TP / (TP + FN),  F1 = 2 P R / (P + R);  0 / 0 is 0

    Args:
        y_true: Labels, shape (n,), an integer dtype; n may be 0.
        y_pred: Predicted labels, the same.
        average: "binary" (class 1; labels are 0 and 1), "macro" (mean of the values of all classes) or
            "micro" (TP, FP and FN summed over all classes).
        n_classes: K, for "macro" and "micro".

    Returns:
        (precision, recall, f1).

    Raises:
        ValueError: If the shapes differ, a label is not one of the classes, `average` is another word, or
            `n_classes` is None where it is needed.
    """
    raise NotImplementedError


def per_class_recall(y_true: np.ndarray, y_pred: np.ndarray, n_classes: int) -> np.ndarray:
    """For each class, the share of its samples that were found; 0 for a class without samples.

    Args:
        y_true: Labels in 0 .. n_classes - 1, shape (n,), an integer dtype; n may be 0.
        y_pred: Predicted labels, the same.
        n_classes: K, at least 2.

    Returns:
        Float array of shape (K,).

    Raises:
        ValueError: If the shapes differ, or a label is not one of the classes.
    """
    raise NotImplementedError


def roc_auc(y_true: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve: the probability that a positive sample outscores a negative one.

    AUC = (pairs with s_pos > s_neg + 1/2 pairs with s_pos = s_neg) / (n_pos n_neg)

    Args:
        y_true: Labels 0 and 1 (positive), shape (n,), an integer dtype.
        scores: Shape (n,), float64, float32, int64 or uint8; -inf and +inf are legal. n may be 600,000.

    Returns:
        A number in [0, 1].

    Raises:
        ValueError: If the shapes differ, a label is neither 0 nor 1, there is no positive or no negative
            sample, or a score is NaN.
    """
    raise NotImplementedError


def accuracy_interval(n_correct: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval for the accuracy behind `n_correct` right answers out of `n`.

    (p + z^2 / (2 n) -+ z sqrt(p (1 - p) / n + z^2 / (4 n^2))) / (1 + z^2 / n),  p = n_correct / n

    Args:
        n_correct: From 0 to n.
        n: Number of answers, at least 1.
        z: Quantile of the normal distribution, positive; 1.96 for 95 %.

    Returns:
        (low, high), with 0 <= low <= high <= 1 exactly.

    Raises:
        ValueError: If n < 1, n_correct < 0 or n_correct > n.
    """
    raise NotImplementedError
