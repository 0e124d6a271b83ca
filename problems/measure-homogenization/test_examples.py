"""Visible examples for measure-homogenization: the two worked examples of the statement."""

import numpy as np
import numpy.testing as npt
import pytest
from solution import Report, audit, explain_contradiction, rank_populations, verdict

LABELS = [
    [0, 1, 2, 0, 2, 1, 1, 1],
    [0, 1, 2, 1, 2, 1, 2, 1],
    [0, 1, 2, 0, 1, 1, 1, 0],
]
Y = np.array([0, 1, 2, 0, 1, 2, 0, 1])


def lookup(labels, train_ids=()):
    """A network whose item i is the i-th one-hot row: logit 2 for labels[i], 0 for the others."""
    w2 = 2.0 * np.eye(3)[labels]
    weights = [(np.eye(len(labels)), np.zeros(len(labels))), (w2, np.zeros(3))]
    return {"weights": weights, "train_ids": np.array(train_ids, dtype=np.int64), "seconds": 1.0}


def run(population, **options):
    return audit(population, np.eye(8), Y, np.arange(100, 108), np.random.default_rng(0), **options)


def report(**fields):
    values = dict.fromkeys(Report.__dataclass_fields__)
    values.update(param_cosine_raw=0.0, agreement=0.9, normalized_disagreement=0.5, warnings=[])
    return Report(**{**values, **fields})


def test_labels():
    got = run([lookup(labels) for labels in LABELS])
    npt.assert_allclose(got.accuracy, [0.625, 0.5, 0.625])
    assert got.agreement == pytest.approx(2 / 3)
    assert got.kappa == pytest.approx(0.479365, abs=1e-6)
    assert got.both_wrong_agreement == pytest.approx(13 / 18)
    assert got.normalized_disagreement == pytest.approx(50 / 63)


def test_probabilities():
    got = run([lookup(labels) for labels in LABELS])
    assert got.capa == pytest.approx(0.180130, abs=1e-6)


def test_failures():
    got = run([lookup(labels) for labels in LABELS])
    assert got.systemic_failure == pytest.approx(0.25)
    assert got.expected == pytest.approx(9 / 128)
    assert got.ratio == pytest.approx(32 / 9)
    npt.assert_allclose(got.ratio_interval, (0.0, 11.6), atol=1e-6)
    assert sorted(got.warnings) == ["ACCURACY_GAP", "FEW_SYSTEMIC_FAILURES"]


def test_parameters():
    p = [(np.array([[3.0, 0.0], [4.0, 1.0]]), np.zeros(2)), (np.array([[1.0, 0.0], [0.0, 2.0]]), np.zeros(2))]
    q = [(np.array([[0.0, 6.0], [1.0, 8.0]]), np.zeros(2)), (np.array([[0.0, 2.0], [0.5, 0.0]]), np.zeros(2))]
    population = [{"weights": w, "train_ids": np.arange(3), "seconds": 1.0} for w in (p, q)]
    x = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 2.0]])
    got = audit(population, x, np.array([0, 1, 1]), np.arange(10, 13), np.random.default_rng(0))
    assert got.param_cosine_raw == pytest.approx(0.210082, abs=1e-6)
    assert got.param_cosine_aligned == pytest.approx(1.0)
    assert got.cka == pytest.approx(1.0)


def test_training_items_are_refused():
    with pytest.raises(ValueError):
        run([lookup(LABELS[0]), lookup(LABELS[1], train_ids=[7, 103])])


def test_reading():
    reports = {"a": report(normalized_disagreement=0.3), "b": report(normalized_disagreement=1.2)}
    assert list(rank_populations(reports)) == ["b", "a"]
    assert verdict(report(ratio_interval=(1.5, 4.0), normalized_disagreement=0.6)) == "HOMOGENIZED"
    first = report(param_cosine_raw=0.8, normalized_disagreement=1.3)
    second = report(param_cosine_raw=0.0, normalized_disagreement=0.6)
    assert explain_contradiction(first, second) == "PARAMS_MISLEAD"
