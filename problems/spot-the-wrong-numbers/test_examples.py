"""Visible examples of spot-the-wrong-numbers; run them with plain pytest."""

import numpy as np
from numpy.testing import assert_allclose
from solution import audit_transcript, claim_is_right, recompute


def test_recompute():
    numbers = recompute()
    assert_allclose(numbers["sigmoid(2)"], 0.8807970779778823)
    assert_allclose(numbers["tanh(-3)"], -0.9950547536867305)
    assert np.shape(numbers["relu_layer"]) == (2,)


def test_claims():
    assert claim_is_right(0.8807970779778823, "0.88")
    assert not claim_is_right(0.8807970779778823, "0.86")
    assert claim_is_right(0.04742587317756678, "0.05")
    assert not claim_is_right(0.92, "0.90")


def test_accuracy_of_200_samples():
    assert audit_transcript({"n_eval": 200, "accuracy": 0.8970, "loss": 0.3429}) == ["ACC_NOT_MULTIPLE"]
    assert audit_transcript({"n_eval": 200, "accuracy": 0.895, "loss": 0.3429}) == []


def test_predictions():
    report = {
        "n_eval": 4,
        "accuracy": 0.75,
        "loss": 0.2172,
        "labels": np.array([0, 1, 1, 0]),
        "probabilities": np.array([0.5453, 0.3885, 0.8273, 0.9265]),
    }
    assert audit_transcript(report) == ["ACC_VS_PREDICTIONS", "LOSS_VS_PREDICTIONS"]


def test_random_labels():
    report = {"n_eval": 1000, "labels_random": True, "n_inputs": 2, "n_hidden": 2}
    assert audit_transcript({**report, "accuracy": 0.99, "loss": 0.1048}) == ["CHANCE_VIOLATED"]
    assert audit_transcript({**report, "accuracy": 0.52, "loss": 0.6912}) == []
