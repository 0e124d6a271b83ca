# Mistake: chance leaves no room only if it is exactly 1: just below, rounding decides.
# Caught by: TestPredictions::test_capa_without_room
# Diagnosis: below the limit of 1e-12
"""Audit a population of classifiers: predictions, failures, parameters, representations."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.optimize import linear_sum_assignment


@dataclass
class Report:
    """What an audit found; None where a measure is undefined."""

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


def audit(population, x, y, ids, rng, n_boot=200):
    """Measure one population on held-out items."""
    if len(population) < 2:
        raise ValueError("a population has at least two members")
    if any(np.isin(ids, member["train_ids"]).any() for member in population):
        raise ValueError("an item of the audit was used to train a member")

    raw = [member["weights"] for member in population]
    canonical = [canonical_form(weights) for weights in raw]
    hidden = [forward(weights, x)[0] for weights in canonical]
    logits = [forward(weights, x)[1] for weights in raw]
    proba = [softmax(z) for z in logits]
    labels = np.stack([z.argmax(axis=1) for z in logits])  # (M, n)
    failures = labels != y  # (M, n)
    errors = failures.mean(axis=1)  # (M,)
    pairs = list(combinations(range(len(population)), 2))

    ratio = homogenization_ratio(failures)
    warnings = []
    if ratio is None:
        warnings.append("RATIO_UNDEFINED")
    if failures.all(axis=0).sum() < 5:
        warnings.append("FEW_SYSTEMIC_FAILURES")
    if errors.max() - errors.min() > 0.1:
        warnings.append("ACCURACY_GAP")

    return Report(
        accuracy=[float(value) for value in 1.0 - errors],
        agreement=mean(np.mean(labels[i] == labels[j]) for i, j in pairs),
        kappa=mean(cohen_kappa(labels[i], labels[j]) for i, j in pairs),
        capa=mean(capa(proba[i], proba[j], y) for i, j in pairs),
        both_wrong_agreement=mean(both_wrong_agreement(labels[i], labels[j], y) for i, j in pairs),
        normalized_disagreement=mean(normalized_disagreement(labels[i], labels[j], y) for i, j in pairs),
        systemic_failure=float(failures.all(axis=0).mean()),
        expected=float(errors.prod()),
        ratio=ratio,
        ratio_interval=bootstrap_interval(failures, rng, n_boot),
        param_cosine_raw=mean(cosine(flat(raw[i]), flat(raw[j])) for i, j in pairs),
        param_cosine_aligned=mean(aligned_cosine(canonical[i], canonical[j]) for i, j in pairs),
        cka=mean(linear_cka(hidden[i], hidden[j]) for i, j in pairs),
        warnings=warnings,
    )


def rank_populations(reports):
    """Names from the least to the most homogeneous outcomes."""
    return sorted(reports, key=lambda name: -outcome_distance(reports[name]))


def verdict(report):
    """One code for how dependent and how alike the outcomes are."""
    unsure = {"RATIO_UNDEFINED", "FEW_SYSTEMIC_FAILURES"} & set(report.warnings)
    if unsure or report.ratio_interval is None:
        return "UNDECIDED"
    low, high = report.ratio_interval
    if high < 1:
        return "COMPLEMENTARY"
    if low <= 1:
        return "INDEPENDENT"
    return "HOMOGENIZED" if outcome_distance(report) < 1 else "CORRELATED"


def explain_contradiction(r1, r2):
    """Which misleading measure orders two populations against their outcomes."""
    outcomes = sign(outcome_distance(r2) - outcome_distance(r1))  # +1: r1 is the more homogeneous one
    if outcomes * sign(r1.param_cosine_raw - r2.param_cosine_raw) < 0:
        return "PARAMS_MISLEAD"
    if outcomes * sign(r1.agreement - r2.agreement) < 0:
        return "ACCURACY_CONFOUND"
    return "AGREE"


def outcome_distance(report):
    """The normalised disagreement, 0 where nobody errs."""
    return 0.0 if report.normalized_disagreement is None else report.normalized_disagreement


def sign(gap):
    """-1, 0 or 1; a gap below 0.1 is no evidence."""
    return 0 if abs(gap) < 0.1 else int(np.sign(gap))


def mean(values):
    """Mean of the defined values, None if there is none."""
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None


def forward(weights, x):
    """Hidden activations (n, h) and logits (n, K)."""
    (w1, b1), (w2, b2) = weights
    hidden = np.maximum(x @ w1 + b1, 0.0)
    return hidden, hidden @ w2 + b2


def softmax(logits):
    """Rows of probabilities, stable for large logits."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def chance_adjusted(observed, chance):
    """The part of the possible agreement above chance that was reached; 1 if chance leaves no room."""
    return 1.0 if chance == 1.0 else (observed - chance) / (1.0 - chance)


def cohen_kappa(a, b):
    """Agreement of labels, adjusted by the two label marginals."""
    chance = sum(np.mean(a == label) * np.mean(b == label) for label in np.unique(a))
    return chance_adjusted(np.mean(a == b), chance)


def capa(pa, pb, y):
    """Agreement of probabilities, adjusted by the two accuracies (Goel et al. 2025)."""
    rows = np.arange(len(y))
    right_a, right_b = pa[rows, y].mean(), pb[rows, y].mean()
    chance = right_a * right_b + (1 - right_a) * (1 - right_b) / (pa.shape[1] - 1)
    return chance_adjusted((pa * pb).sum(axis=1).mean(), chance)


def both_wrong_agreement(a, b, y):
    """How often the labels coincide among the items that both get wrong; None without such items."""
    both = (a != y) & (b != y)
    return np.mean(a[both] == b[both]) if both.any() else None


def normalized_disagreement(a, b, y):
    """Disagreement in units of the mean error of the two; None if neither errs."""
    error = (np.mean(a != y) + np.mean(b != y)) / 2
    return np.mean(a != b) / error if error > 0 else None


def homogenization_ratio(failures):
    """Systemic failure over its value under independence; None if a member never fails."""
    expected = failures.mean(axis=1).prod()
    return float(failures.all(axis=0).mean() / expected) if expected > 0 else None


def bootstrap_interval(failures, rng, n_boot):
    """95 % percentile interval of the ratio, None if it is always undefined; an item keeps its column of failures."""
    n = failures.shape[1]
    draws = rng.integers(n, size=(n_boot, n))
    ratios = [homogenization_ratio(failures[:, items]) for items in draws]
    ratios = [ratio for ratio in ratios if ratio is not None]
    if not ratios:
        return None
    low, high = np.percentile(ratios, [2.5, 97.5])
    return float(low), float(high)


def canonical_form(weights):
    """The same function with an incoming vector (bias included) of norm 1 at every hidden unit."""
    (w1, b1), (w2, b2) = weights
    norm = np.sqrt((w1**2).sum(axis=0) + b1**2)  # (h,)
    norm = np.where(norm == 0.0, 1.0, norm)
    return [(w1 / norm, b1 / norm), (w2 * norm[:, None], b2)]


def flat(weights):
    """All parameters as one vector."""
    return np.concatenate([array.ravel() for layer in weights for array in layer])


def cosine(u, v):
    """Cosine of two vectors."""
    return u @ v / (np.linalg.norm(u) * np.linalg.norm(v))


def aligned_cosine(p, q):
    """Cosine after the permutation of q's hidden units that makes it largest."""
    (w1, b1), (w2, _) = p
    (v1, c1), (v2, c2) = q
    gain = w1.T @ v1 + np.outer(b1, c1) + w2 @ v2.T  # (h, h): unit of p, unit of q
    _, order = linear_sum_assignment(gain, maximize=True)
    return cosine(flat(p), flat([(v1[:, order], c1[order]), (v2[order], c2)]))


def linear_cka(a, b):
    """Linear CKA of two sets of activations, (n, p) and (n, q); 0 if one is constant."""
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    scale = np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b)
    return np.linalg.norm(a.T @ b) ** 2 / scale if scale > 0 else 0.0
