"""Visible examples of classification-metrics; run them with plain pytest."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from solution import accuracy_interval, confusion_matrix, per_class_recall, precision_recall_f1, roc_auc

Y_TRUE = np.array([0, 0, 0, 0, 1, 1, 2, 2])
Y_PRED = np.array([0, 0, 0, 1, 1, 0, 2, 1])


def test_confusion_matrix():
    assert_array_equal(confusion_matrix(Y_TRUE, Y_PRED, 3), [[3, 1, 0], [1, 1, 0], [0, 1, 1]])
    with pytest.raises(ValueError):
        confusion_matrix(Y_TRUE, Y_PRED, 2)


def test_rare_positives():
    y_true = np.repeat([1, 0, 1, 0], [8, 32, 2, 958])
    y_pred = np.repeat([1, 1, 0, 0], [8, 32, 2, 958])
    assert_array_equal(confusion_matrix(y_true, y_pred, 2), [[958, 32], [2, 8]])
    assert_allclose(precision_recall_f1(y_true, y_pred), [0.2, 0.8, 0.32], atol=1e-6)
    assert_allclose(precision_recall_f1(y_true, 0 * y_pred), [0, 0, 0], atol=1e-6)


def test_averages():
    macro = precision_recall_f1(Y_TRUE, Y_PRED, average="macro", n_classes=3)
    assert_allclose(macro, [0.694444, 0.583333, 0.605556], atol=2e-6)
    assert_allclose(precision_recall_f1(Y_TRUE, Y_PRED, "micro", 3), [0.625, 0.625, 0.625], atol=1e-6)


def test_per_class_recall():
    assert_allclose(per_class_recall(Y_TRUE, Y_PRED, 3), [0.75, 0.5, 0.5], atol=1e-6)
    assert_allclose(per_class_recall(Y_TRUE, Y_PRED, 4), [0.75, 0.5, 0.5, 0], atol=1e-6)


def test_roc_auc():
    y = np.array([0, 0, 1, 1, 1])
    assert_allclose(roc_auc(y, np.array([0.1, 0.4, 0.4, 0.8, 0.3])), 0.75, atol=1e-6)
    assert_allclose(roc_auc(y, np.full(5, 0.7)), 0.5, atol=1e-6)
    with pytest.raises(ValueError):
        roc_auc(np.ones(5, dtype=np.int64), np.arange(5.0))


def test_accuracy_interval():
    assert_allclose(accuracy_interval(8, 10), [0.490157, 0.943319], atol=2e-6)
    assert_allclose(accuracy_interval(0, 10), [0, 0.277540], atol=2e-6)
