"""All pairs at once: every measure is an (M, M) matrix made by einsum; Gram-matrix CKA; counts for the bootstrap."""

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.special import softmax


@dataclass
class Report:
    accuracy: np.ndarray
    param_cosine_raw: np.float64
    param_cosine_aligned: np.float64
    cka: np.float64
    agreement: np.float64
    kappa: np.float64
    capa: np.float64
    both_wrong_agreement: np.float64 | None
    normalized_disagreement: np.float64 | None
    systemic_failure: np.float64
    expected: np.float64
    ratio: np.float64 | None
    ratio_interval: np.ndarray | None
    warnings: tuple = ()
    pairs: dict = field(default_factory=dict)  # the whole matrices, for plots


def audit(population, x, y, ids, rng, n_boot=200):
    if len(population) < 2 or np.isin(ids, np.concatenate([m["train_ids"] for m in population])).any():
        raise ValueError("two members and unseen items are needed")
    w1 = np.stack([m["weights"][0][0] for m in population])  # (M, d, h)
    b1 = np.stack([m["weights"][0][1] for m in population])
    w2 = np.stack([m["weights"][1][0] for m in population])  # (M, h, K)
    b2 = np.stack([m["weights"][1][1] for m in population])
    m, n, k = len(population), len(y), b2.shape[1]

    hidden = np.clip(np.einsum("nd,mdh->mnh", x, w1) + b1[:, None], 0, None)
    logits = np.einsum("mnh,mhk->mnk", hidden, w2) + b2[:, None]
    proba, labels = softmax(logits, axis=2), np.argmax(logits, axis=2)
    fails = labels != y
    errors = fails.sum(axis=1) / n
    one_hot = np.eye(k)[labels]  # (M, n, K)

    same = np.einsum("ink,jnk->ij", one_hot, one_hot) / n
    shares = one_hot.mean(axis=1)
    hits = np.take_along_axis(proba, y[None, :, None], axis=2)[..., 0].mean(axis=1)
    both = np.einsum("in,jn->ij", fails * 1.0, fails * 1.0)
    both_same = np.einsum("ink,jnk->ij", one_hot * fails[..., None], one_hot * fails[..., None])
    miss = (errors[:, None] + errors) / 2
    norms = np.sqrt((w1**2).sum(axis=1) + b1**2)
    norms[norms == 0] = 1
    with np.errstate(invalid="ignore", divide="ignore"):
        matrices = {
            "param_cosine_raw": cosines(np.concatenate([a.reshape(m, -1) for a in (w1, b1, w2, b2)], axis=1)),
            "param_cosine_aligned": aligned(w1 / norms[:, None], b1 / norms, w2 * norms[..., None], b2),
            "cka": gram_cka(hidden / norms[:, None]),
            "agreement": same,
            "kappa": adjust(same, shares @ shares.T),
            "capa": adjust(
                np.einsum("ink,jnk->ij", proba, proba) / n,
                np.outer(hits, hits) + np.outer(1 - hits, 1 - hits) / (k - 1),
            ),
            "both_wrong_agreement": both_same / both,
            "normalized_disagreement": 2 - (both + both_same) / n / miss,
        }
    upper = np.triu_indices(m, 1)
    means = {}
    for name, matrix in matrices.items():
        values = matrix[upper]
        values = values[~np.isnan(values)]
        means[name] = values.mean() if values.size else None

    systemic, expected = fails.all(axis=0).mean(), np.prod(errors)
    ratio = interval = None
    warnings = ("ACCURACY_GAP",) if np.ptp(errors) > 0.1 else ()
    if np.count_nonzero(fails.all(axis=0)) < 5:
        warnings += ("FEW_SYSTEMIC_FAILURES",)
    if np.all(errors > 0):
        ratio = systemic / expected
        times = np.stack([np.bincount(rng.integers(0, n, n), minlength=n) for _ in range(n_boot)])
        e = np.prod(times @ fails.T / n, axis=1)
        ratios = (times @ fails.all(axis=0) / n)[e > 0] / e[e > 0]
        if ratios.size:
            interval = np.quantile(ratios, [0.025, 0.975])
    else:
        warnings += ("RATIO_UNDEFINED",)
    return Report(
        accuracy=1 - errors,
        systemic_failure=systemic,
        expected=expected,
        ratio=ratio,
        ratio_interval=interval,
        warnings=warnings,
        pairs=matrices,
        **means,
    )


def adjust(observed, chance):
    room = 1 - chance
    return np.where(room < 1e-12, 1.0, (observed - chance) / np.where(room < 1e-12, 1.0, room))


def cosines(vectors):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit @ unit.T


def aligned(w1, b1, w2, b2):
    m = len(b1)
    units = np.concatenate([np.swapaxes(w1, 1, 2), b1[..., None], w2], axis=2)  # (M, h, d + 1 + K)
    sizes = np.sqrt((units**2).sum(axis=(1, 2)) + (b2**2).sum(axis=1))
    result = np.full((m, m), np.nan)
    for i in range(m):
        for j in range(i + 1, m):
            gain = units[i] @ units[j].T
            rows, columns = linear_sum_assignment(-gain)
            result[i, j] = (gain[rows, columns].sum() + b2[i] @ b2[j]) / (sizes[i] * sizes[j])
    return result


def gram_cka(hidden):
    m, n, _ = hidden.shape
    centre = np.eye(n) - 1 / n
    grams = np.stack([centre @ h @ h.T @ centre for h in hidden]).reshape(m, -1)
    products = grams @ grams.T
    size = np.sqrt(np.diag(products))
    scale = np.outer(size, size)
    return np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)


def distance(report):
    return report.normalized_disagreement if report.normalized_disagreement is not None else 0.0


def rank_populations(reports):
    names = list(reports)
    order = np.argsort([-distance(reports[name]) for name in names], kind="stable")
    return [names[i] for i in order]


def verdict(report):
    if report.ratio_interval is None or not {"RATIO_UNDEFINED", "FEW_SYSTEMIC_FAILURES"}.isdisjoint(report.warnings):
        return "UNDECIDED"
    low, high = report.ratio_interval
    return (
        "COMPLEMENTARY"
        if high < 1
        else "INDEPENDENT"
        if low <= 1
        else "HOMOGENIZED"
        if distance(report) < 1
        else "CORRELATED"
    )


def explain_contradiction(r1, r2):
    gaps = np.array(
        [r1.param_cosine_raw - r2.param_cosine_raw, r1.agreement - r2.agreement, distance(r2) - distance(r1)]
    )
    cosine, agreement, outcome = np.sign(gaps) * (np.abs(gaps) >= 0.1)
    if cosine * outcome < 0:
        return "PARAMS_MISLEAD"
    if agreement * outcome < 0:
        return "ACCURACY_CONFOUND"
    return "AGREE"
