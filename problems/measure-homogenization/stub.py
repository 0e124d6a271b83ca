"""Audit a population of classifiers: predictions, failures, parameters, representations."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Report:
    """What an audit found; None where a measure is undefined.

    Keep the names of the fields. While you work, a field that is not done yet may be None: the others are
    graded all the same.
    """

    accuracy: list[float]
    agreement: float
    kappa: float
    capa: float
    both_wrong_agreement: float | None
    normalized_disagreement: float | None
    systemic_failure: float
    expected: float
    ratio: float | None
    ratio_interval: tuple[float, float] | None
    param_cosine_raw: float
    param_cosine_aligned: float
    cka: float
    warnings: list[str]


def audit(
    population: list[dict],
    x: np.ndarray,
    y: np.ndarray,
    ids: np.ndarray,
    rng: np.random.Generator,
    n_boot: int = 200,
) -> Report:
    """Measure one population of networks on held-out items.

    Args:
        population: M >= 2 members, each a dict with
            "weights": [(W1, b1), (W2, b2)] of shapes (d, h), (h,), (h, K), (K,), float64;
            "train_ids": int64 (t,), the items that the member was trained on;
            "seconds": float, how long its training took.
        x: Items, float64 (n, d).
        y: Right labels, int64 (n,), in [0, K).
        ids: The numbers of the items in the data set, int64 (n,).
        rng: Generator for the bootstrap.
        n_boot: Number of bootstrap resamples.

    Returns:
        A report; each field is defined in the statement.

    Raises:
        ValueError: Fewer than two members, or an item on which a member was trained.
    """
    raise NotImplementedError


def rank_populations(reports: dict[str, Report]) -> list[str]:
    """Names of the populations, from the least to the most homogeneous outcomes."""
    raise NotImplementedError


def verdict(report: Report) -> str:
    """One of "UNDECIDED", "COMPLEMENTARY", "INDEPENDENT", "HOMOGENIZED", "CORRELATED"."""
    raise NotImplementedError


def explain_contradiction(r1: Report, r2: Report) -> str:
    """One of "PARAMS_MISLEAD", "ACCURACY_CONFOUND", "AGREE"."""
    raise NotImplementedError
