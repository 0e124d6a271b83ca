"""Without SciPy and nearly without array operations: loops, sets, and the Hungarian method by hand."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Report:
    accuracy: list
    param_cosine_raw: float
    param_cosine_aligned: float
    cka: float
    agreement: float
    kappa: float
    capa: float
    both_wrong_agreement: float | None
    normalized_disagreement: float | None
    systemic_failure: float
    expected: float
    ratio: float | None
    ratio_interval: tuple | None
    warnings: list


class Member:
    """What the audit needs to know of one network."""

    def __init__(self, weights, x, y):
        (w1, b1), (w2, b2) = weights
        self.n_classes = len(b2)
        hidden = x @ w1 + b1
        hidden[hidden < 0] = 0
        self.labels, self.proba = [], []
        for logits in (hidden @ w2 + b2).tolist():
            top = max(logits)
            powers = [math.exp(z - top) for z in logits]
            self.proba.append([p / sum(powers) for p in powers])
            self.labels.append(logits.index(top))
        self.y = y.tolist()
        self.wrong = {i for i, (a, b) in enumerate(zip(self.labels, self.y)) if a != b}
        self.error = len(self.wrong) / len(y)
        self.hit = sum(p[label] for p, label in zip(self.proba, self.y)) / len(y)
        self.flat = [v for array in (w1, b1, w2, b2) for v in array.ravel().tolist()]
        self.units = []  # canonical: incoming weights, bias, outgoing weights
        self.hidden = []
        for j in range(len(b1)):
            incoming = [*w1[:, j].tolist(), float(b1[j])]
            norm = math.sqrt(sum(v * v for v in incoming)) or 1.0
            self.units.append([v / norm for v in incoming] + [v * norm for v in w2[j].tolist()])
            self.hidden.append(hidden[:, j] / norm)
        self.b2 = b2.tolist()


def audit(population, x, y, ids, rng, n_boot=200):
    if len(population) < 2:
        raise ValueError("at least two members are needed")
    asked = set(ids.tolist())
    for m, member in enumerate(population):
        if asked & set(member["train_ids"].tolist()):
            raise ValueError(f"member {m} was trained on items of the audit")
    members = [Member(member["weights"], x, y) for member in population]
    n = len(y)

    everyone = set(range(n))
    for member in members:
        everyone &= member.wrong
    systemic = len(everyone) / n
    expected = math.prod(member.error for member in members)
    ratio = systemic / expected if expected else None

    interval = None
    if ratio is not None:
        ratios = []
        for _ in range(n_boot):
            items = rng.choice(n, n).tolist()
            e = math.prod(sum(i in member.wrong for i in items) / n for member in members)
            if e:
                ratios.append(sum(i in everyone for i in items) / n / e)
        if ratios:
            interval = (np.percentile(ratios, 2.5), np.percentile(ratios, 97.5))

    accuracy = [1 - member.error for member in members]
    warnings = set()
    if max(accuracy) - min(accuracy) > 0.1:
        warnings.add("ACCURACY_GAP")
    if len(everyone) < 5:
        warnings.add("FEW_SYSTEMIC_FAILURES")
    if ratio is None:
        warnings.add("RATIO_UNDEFINED")

    def over_pairs(f):
        values = []
        for j in range(len(members)):
            for i in range(j):
                value = f(members[i], members[j])
                if value is not None:
                    values.append(value)
        return sum(values) / len(values) if values else None

    return Report(
        accuracy=accuracy,
        param_cosine_raw=over_pairs(lambda a, b: cosine(a.flat, b.flat)),
        param_cosine_aligned=over_pairs(aligned),
        cka=over_pairs(cka),
        agreement=over_pairs(lambda a, b: sum(i == j for i, j in zip(a.labels, b.labels)) / n),
        kappa=over_pairs(kappa),
        capa=over_pairs(capa),
        both_wrong_agreement=over_pairs(both_wrong),
        normalized_disagreement=over_pairs(disagreement),
        systemic_failure=systemic,
        expected=expected,
        ratio=ratio,
        ratio_interval=interval,
        warnings=list(warnings),
    )


def cosine(u, v):
    dot = sum(a * b for a, b in zip(u, v))
    return dot / math.sqrt(sum(a * a for a in u) * sum(b * b for b in v))


def aligned(a, b):
    cost = [[-sum(s * t for s, t in zip(u, v)) for v in b.units] for u in a.units]
    order = hungarian(cost)
    flat_a = [v for unit in a.units for v in unit] + a.b2
    flat_b = [v for j in order for v in b.units[j]] + b.b2
    return cosine(flat_a, flat_b)


def hungarian(cost):
    """Column of each row in the assignment of least cost (shortest augmenting paths with potentials)."""
    n = len(cost)
    u, v, match = [0.0] * (n + 1), [0.0] * (n + 1), [n] * (n + 1)
    for row in range(n):
        match[n], column = row, n
        least, back, used = [math.inf] * (n + 1), [n] * (n + 1), [False] * (n + 1)
        while match[column] != n:
            used[column] = True
            i, delta, nearest = match[column], math.inf, n
            for j in range(n):
                if not used[j]:
                    reduced = cost[i][j] - u[i] - v[j]
                    if reduced < least[j]:
                        least[j], back[j] = reduced, column
                    if least[j] < delta:
                        delta, nearest = least[j], j
            for j in range(n + 1):
                if used[j]:
                    u[match[j]] += delta
                    v[j] -= delta
                else:
                    least[j] -= delta
            column = nearest
        while column != n:
            match[column] = match[back[column]]
            column = back[column]
    order = [0] * n
    for j in range(n):
        order[match[j]] = j
    return order


def cka(a, b):
    """All covariances between units, one by one."""

    def square_sum(p, q):
        p, q = ([unit - unit.mean() for unit in units] for units in (p, q))
        return sum(float(s @ t) ** 2 for s in p for t in q)

    scale = math.sqrt(square_sum(a.hidden, a.hidden) * square_sum(b.hidden, b.hidden))
    return square_sum(a.hidden, b.hidden) / scale if scale else 0.0


def adjusted(observed, chance):
    if 1 - chance < 1e-12:
        return 1.0
    return (observed - chance) / (1 - chance)


def kappa(a, b):
    n = len(a.labels)
    same = sum(i == j for i, j in zip(a.labels, b.labels)) / n
    return adjusted(same, sum(a.labels.count(k) * b.labels.count(k) for k in range(a.n_classes)) / n**2)


def capa(a, b):
    observed = sum(s * t for p, q in zip(a.proba, b.proba) for s, t in zip(p, q)) / len(a.proba)
    return adjusted(observed, a.hit * b.hit + (1 - a.hit) * (1 - b.hit) / (a.n_classes - 1))


def both_wrong(a, b):
    both = a.wrong & b.wrong
    if not both:
        return None
    return sum(a.labels[i] == b.labels[i] for i in both) / len(both)


def disagreement(a, b):
    if not a.wrong and not b.wrong:
        return None
    return 2 * sum(i != j for i, j in zip(a.labels, b.labels)) / (len(a.wrong) + len(b.wrong))


def rank_populations(reports):
    names = list(reports)
    names.sort(key=lambda name: reports[name].normalized_disagreement or 0.0, reverse=True)
    return names


def verdict(report):
    if report.ratio_interval is None:
        return "UNDECIDED"
    for code in report.warnings:
        if code in ("RATIO_UNDEFINED", "FEW_SYSTEMIC_FAILURES"):
            return "UNDECIDED"
    low, high = report.ratio_interval
    if low <= 1:
        return "COMPLEMENTARY" if high < 1 else "INDEPENDENT"
    if (report.normalized_disagreement or 0.0) >= 1:
        return "CORRELATED"
    return "HOMOGENIZED"


def explain_contradiction(r1, r2):
    def first_is_more(a, b):
        """True, False, or None if the difference says nothing."""
        return None if abs(a - b) < 0.1 else a > b

    outcome = first_is_more(r2.normalized_disagreement or 0.0, r1.normalized_disagreement or 0.0)
    if outcome is None:
        return "AGREE"
    for field, code in (("param_cosine_raw", "PARAMS_MISLEAD"), ("agreement", "ACCURACY_CONFOUND")):
        if first_is_more(getattr(r1, field), getattr(r2, field)) is (not outcome):
            return code
    return "AGREE"
