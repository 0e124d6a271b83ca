"""Hidden suite for measure-homogenization.

Most tests share one worker, because an import of SciPy costs more than all their audits together. The two on
networks of real size have a worker each: a search over all permutations would not come back from them.
"""

from fractions import Fraction
from itertools import combinations, permutations, product
from math import prod
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from grader import checks

FIELDS = [
    "accuracy",
    "agreement",
    "kappa",
    "capa",
    "both_wrong_agreement",
    "normalized_disagreement",
    "systemic_failure",
    "expected",
    "ratio",
    "ratio_interval",
    "param_cosine_raw",
    "param_cosine_aligned",
    "cka",
    "warnings",
]
N, D, H, K = 41, 6, 5, 4  # items, inputs, hidden units, classes
FIRST_ID = 100
MOST_DRAWS, LEAST_GAP = 100, 1e-3  # until no mistake gives the right value by accident


# --- populations ---


def member(w1, b1, w2, b2, train_ids=range(60), seconds=1.0):
    """A member of a population; it was trained on none of the items of an audit."""
    return {
        "weights": [(w1, b1), (w2, b2)],
        "train_ids": np.array(train_ids, dtype=np.int64),
        "seconds": seconds,
    }


def draw(rng, members=4):
    """Unrelated random networks, items, and labels that each network gets right more often than by chance."""
    population = [
        member(
            rng.normal(size=(D, H)),
            2.0 * rng.normal(size=H),
            rng.normal(size=(H, K)),
            0.5 * rng.normal(size=K),
        )
        for _ in range(members)
    ]
    x = rng.normal(size=(N, D))
    labels = np.array([predict(m, x) for m in population])
    y = np.where(
        rng.random(N) < 0.6, labels[rng.integers(members, size=N), np.arange(N)], rng.integers(K, size=N)
    )
    return population, x, y


def telling(labels, n_classes, logit=2.0):
    """Networks of n_classes hidden units that give these labels (M, n), and the items (n, M * n_classes).

    An item spells out what each network has to say about it; network m reads its own part. The label gets `logit`,
    the other classes get `-logit`.
    """
    one_hot = np.eye(n_classes)
    x = np.concatenate([one_hot[row] for row in labels], axis=1)
    parts = np.eye(x.shape[1]).reshape(x.shape[1], len(labels), n_classes)
    population = [
        member(parts[:, m], np.zeros(n_classes), logit * (2.0 * one_hot - 1.0), np.zeros(n_classes))
        for m in range(len(labels))
    ]
    return population, x


def failing(rng, sets, n, n_classes=3, logit=2.0):
    """Networks that fail exactly on the given sets of items, with a random wrong label."""
    y = rng.integers(n_classes, size=n)
    labels = np.tile(y, (len(sets), 1))
    for row, items in zip(labels, sets, strict=True):
        wrong = np.array(sorted(items), dtype=int)
        row[wrong] = (row[wrong] + rng.integers(1, n_classes, size=len(wrong))) % n_classes
    return *telling(labels, n_classes, logit), y


def rewritten(m, order, scale):
    """The same function: hidden units permuted, and rescaled by positive factors."""
    (w1, b1), (w2, b2) = m["weights"]
    return member((w1 * scale)[:, order], (b1 * scale)[order], (w2 / scale[:, None])[order], b2)


def canonical(m):
    """The member with incoming vectors of norm 1 (units without any incoming weight stay)."""
    (w1, b1), _ = m["weights"]
    norms = np.array([np.hypot(np.linalg.norm(w1[:, j]), b1[j]) or 1.0 for j in range(len(b1))])
    return rewritten(m, np.arange(len(b1)), 1.0 / norms)


@pytest.fixture(scope="module")
def trained():
    """The frozen populations: name -> members, and the numbers of the items that none was trained on."""
    with np.load(Path(__file__).with_name("populations.npz")) as arrays:
        frozen = {key: arrays[key] for key in arrays.files}
    names = list(dict.fromkeys(key.split("/")[0] for key in frozen if "/" in key))
    populations = {
        name: [
            member(
                *(frozen[f"{name}/{m}/{key}"].astype(np.float64) for key in ("W1", "b1", "W2", "b2")),
                train_ids=frozen[f"{name}/{m}/train_ids"],
            )
            for m in range(3)
        ]
        for name in names
    }
    return populations, frozen["test_ids"].astype(np.int64)


@pytest.fixture(scope="module")
def held_out(dataset, trained):
    """The digits that no network was trained on: items in [0, 1], labels, numbers."""
    digits, ids = dataset("digits"), trained[1]
    return digits.x[ids].reshape(len(ids), -1) / 16.0, np.asarray(digits.y)[ids], ids


@pytest.fixture(scope="module")
def trained_reports(trained, held_out):
    """The right reports of the frozen populations, as dicts of fields."""
    x, y, _ = held_out
    return {name: true_report(members, x, y) for name, members in trained[0].items()}


# --- what is right, by other routes than the statement's formulas ---


def activations(m, x):
    """Hidden activations before and after the ReLU, and logits."""
    (w1, b1), (w2, b2) = m["weights"]
    before = np.einsum("nd,dh->nh", x, w1) + b1
    after = np.where(before > 0, before, 0.0)
    return before, after, np.einsum("nh,hk->nk", after, w2) + b2


def predict(m, x):
    return activations(m, x)[2].argmax(axis=1)


def probabilities(m, x):
    logits = activations(m, x)[2]
    return np.exp(logits - np.logaddexp.reduce(logits, axis=1)[:, None])


def over_pairs(f, values):
    return [f(a, b) for a, b in combinations(values, 2)]


def mean(values):
    defined = [value for value in values if value is not None]
    return float(sum(defined) / len(defined)) if defined else None


def wrong_items(labels, y):
    return {i for i in range(len(y)) if labels[i] != y[i]}


def kappa(a, b, n_classes):
    """1 - (observed disagreement) / (disagreement expected from the marginals), by a contingency table."""
    table = np.zeros((n_classes, n_classes))
    for i, j in zip(a, b, strict=True):
        table[i, j] += 1 / len(a)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0))
    off = ~np.eye(n_classes, dtype=bool)
    return 1.0 - table[off].sum() / expected[off].sum() if expected[off].sum() else 1.0


def capa(pa, pb, y):
    """CAPA with the chance term written out: each wrong label takes 1/(K-1) of a model's mean miss."""
    n, k = pa.shape
    observed = sum(float(pa[i] @ pb[i]) for i in range(n)) / n
    model_a, model_b = (
        [sum(p[i, y[i]] for i in range(n)) / n]
        + [(1 - sum(p[i, y[i]] for i in range(n)) / n) / (k - 1)] * (k - 1)
        for p in (pa, pb)
    )
    chance = sum(u * v for u, v in zip(model_a, model_b, strict=True))
    return 1.0 if chance == 1.0 else 1.0 - (1.0 - observed) / (1.0 - chance)


def both_wrong(a, b, y):
    both = wrong_items(a, y) & wrong_items(b, y)
    return sum(a[i] == b[i] for i in both) / len(both) if both else None


def normalized_disagreement(a, b, y):
    """2 - (w + s) / e: w items that both get wrong, s of them with the same label, e the mean error."""
    wrong_a, wrong_b = wrong_items(a, y), wrong_items(b, y)
    if not wrong_a and not wrong_b:
        return None
    both = wrong_a & wrong_b
    same = sum(a[i] == b[i] for i in both)
    return 2.0 - 2.0 * (len(both) + same) / (len(wrong_a) + len(wrong_b))


def failures(population, x, y):
    """(M, n), True where a member fails."""
    return np.array([predict(m, x) != y for m in population])


def systemic(f):
    return Fraction(len(set.intersection(*(set(np.flatnonzero(row)) for row in f))), f.shape[1])


def independent(f):
    return prod(Fraction(int(row.sum()), f.shape[1]) for row in f)


def ratios(f, draws):
    """The ratio on each resample, from how often each item was drawn; NaN where it is undefined."""
    times = (
        np.array([np.bincount(items, minlength=f.shape[1]) for items in draws]) / f.shape[1]
    )  # (n_boot, n)
    expected = np.prod(times @ f.T, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected > 0, times @ f.all(axis=0) / expected, np.nan)


def interval(values, low=2.5, high=97.5):
    values = values[np.isfinite(values)]
    return np.array([np.percentile(values, low), np.percentile(values, high)]) if len(values) else None


def flat(m):
    return np.concatenate([np.ravel(array) for layer in m["weights"] for array in layer])


def cosine(u, v):
    """By the law of cosines."""
    square_u, square_v, square_uv = (float(np.sum(w**2)) for w in (u, v, u - v))
    return (square_u + square_v - square_uv) / (2.0 * np.sqrt(square_u * square_v))


def best_order(p, q, parts=("in", "bias", "out")):
    """The permutation of q's units whose named parts fit those of p best, by trying all."""
    gain = gains(p, q, parts)
    units = np.arange(len(gain))
    orders = np.array(list(permutations(units)))  # (h!, h)
    return orders[gain[units, orders].sum(axis=1).argmax()]


def gains(p, q, parts=("in", "bias", "out")):
    (w1, b1), (w2, _) = p["weights"]
    (v1, c1), (v2, _) = q["weights"]
    terms = {"in": w1.T @ v1, "bias": np.outer(b1, c1), "out": w2 @ v2.T}
    return sum(terms[part] for part in parts)


def aligned_cosine(p, q, order_of=best_order):
    p, q = canonical(p), canonical(q)
    order = order_of(p, q)
    return cosine(flat(p), flat(rewritten(q, order, np.ones(len(order)))))


def cka(a, b):
    """By Gram matrices over items: <HKH, L> / sqrt(<HKH, K> <HLH, L>) with H = I - 11'/n."""
    gram_a, gram_b = (centred(c @ c.T) for c in (a, b))
    scale = np.sqrt(np.sum(gram_a**2) * np.sum(gram_b**2))
    return float(np.sum(gram_a * gram_b) / scale) if scale else 0.0


def centred(gram):
    """HKH, by subtracting the means of rows and columns."""
    return gram - gram.mean(axis=0) - gram.mean(axis=1)[:, None] + gram.mean()


def true_report(population, x, y, seed=0, n_boot=200):
    """All fields that the reading functions look at."""
    labels = [predict(m, x) for m in population]
    proba = [probabilities(m, x) for m in population]
    f = failures(population, x, y)
    accuracies = [float(1 - Fraction(int(row.sum()), len(y))) for row in f]
    draws = np.random.default_rng(seed).integers(len(y), size=(n_boot, len(y)))
    low, high = interval(ratios(f, draws))
    return report(
        accuracy=accuracies,
        agreement=mean(over_pairs(lambda a, b: float(np.mean(a == b)), labels)),
        kappa=mean(over_pairs(lambda a, b: kappa(a, b, proba[0].shape[1]), labels)),
        capa=mean(over_pairs(lambda p, q: capa(p, q, y), proba)),
        both_wrong_agreement=mean(over_pairs(lambda a, b: both_wrong(a, b, y), labels)),
        normalized_disagreement=mean(over_pairs(lambda a, b: normalized_disagreement(a, b, y), labels)),
        systemic_failure=float(systemic(f)),
        expected=float(independent(f)),
        ratio=float(systemic(f) / independent(f)),
        ratio_interval=(float(low), float(high)),
        param_cosine_raw=mean(over_pairs(lambda p, q: cosine(flat(p), flat(q)), population)),
        param_cosine_aligned=mean(over_pairs(lambda p, q: aligned_cosine(p, q, assigned_order), population)),
        cka=mean(over_pairs(cka, [activations(canonical(m), x[:200])[1] for m in population])),  # enough here
    )


def assigned_order(p, q):
    """The best permutation for many units: least squared distance between the vectors of matched units."""
    (w1, b1), (w2, _) = p["weights"]
    (v1, c1), (v2, _) = q["weights"]
    units_p, units_q = np.vstack([w1, b1, w2.T]).T, np.vstack([v1, c1, v2.T]).T  # (h, d + 1 + K)
    distance = ((units_p[:, None] - units_q[None]) ** 2).sum(axis=2)
    return linear_sum_assignment(distance)[1]


def report(**changes):
    """A plausible report as a dict of fields."""
    fields = {
        "accuracy": [0.9, 0.88, 0.91],
        "agreement": 0.9,
        "kappa": 0.88,
        "capa": 0.3,
        "both_wrong_agreement": 0.6,
        "normalized_disagreement": 0.9,
        "systemic_failure": 0.02,
        "expected": 0.001,
        "ratio": 20.0,
        "ratio_interval": (12.0, 31.0),
        "param_cosine_raw": 0.4,
        "param_cosine_aligned": 0.6,
        "cka": 0.9,
        "warnings": [],
    }
    return {**fields, **changes}


# --- asking the submission ---


def ask(submission, population, x, y, seed=0, n_boot=20, ids=None):
    """The fields of the submission's audit."""
    options = {} if n_boot is None else {"n_boot": n_boot}
    ids = numbered(y) if ids is None else ids
    got = submission.audit(population, x, y, ids, checks.generator(seed), **options)
    return checks.mapping(submission.support.fields_of(got, FIELDS), FIELDS, name="report")


def numbered(y):
    """Numbers of the items of an audit; no drawn member was trained on them."""
    return np.arange(FIRST_ID, FIRST_ID + len(y))


def numbers(got, length, name):
    """A list, tuple or array of numbers, as an array."""
    if not isinstance(got, np.ndarray):
        got = np.array([checks.number(item, name=name) for item in checks.unpack(got, *[name] * length)])
    return checks.array(got, name=name, shape=(length,))


def bounds(got, note):
    """The two ends of an interval, as an array."""
    rows = [("ratio_interval", "(low, high)", "None")]
    checks.that(got is not None, "`ratio_interval` is None", rows=rows, note=note)
    return numbers(got, 2, "ratio_interval")


def are_apart(right, mistakes):
    """Whether no mistake gives the right value, or that of a mistake with another name."""
    told = [(right, ""), *mistakes]
    return all(abs(a - b) > LEAST_GAP or why == other for (a, why), (b, other) in combinations(told, 2))


def pair_mistakes(values, alone=1.0):
    """A mean over pairs when it is taken over other pairs; `alone` is the measure of a self-pair."""
    total, m = sum(values), next(m for m in range(2, 9) if m * (m - 1) == 2 * len(values))
    square = dict(zip(combinations(range(m), 2), values, strict=True))
    self_pairs = "Self-pairs are averaged in: the diagonal compares nobody."
    return [
        ((2 * total + m * alone) / m**2, self_pairs),
        ((total + m * alone) / (m * (m + 1) / 2), self_pairs),
        (2 * total / m**2, "The zeros of the diagonal are averaged in."),
        (total, "The pairs are summed; the field is their mean."),
        (values[0], "Only the first two members are compared."),
        (mean([square[i, i + 1] for i in range(m - 1)]), "Only neighbours in the list are compared."),
        (mean([square[0, i] for i in range(1, m)]), "All members are compared with the first one only."),
        (float(np.median(values)), "It is the median over the pairs, not the mean."),
        (max(values), "It is the largest value over the pairs, not the mean."),
        (min(values), "It is the smallest value over the pairs, not the mean."),
    ]


class TestPredictions:
    def test_accuracy(self, suite_submission, rng):
        """Accuracy, one number per member in the order of the population"""
        population, x, y = draw(rng)
        expected = np.array([1.0 - len(wrong_items(predict(m, x), y)) / N for m in population])

        def accuracy_of(logits):
            return np.array([np.mean(z.argmax(axis=1) == y) for z in logits])

        linear = [activations(m, x)[0] @ m["weights"][1][0] + m["weights"][1][1] for m in population]
        no_bias = [activations(m, x)[2] - m["weights"][1][1] for m in population]
        sigmoid = [1 / (1 + np.exp(-activations(m, x)[0])) for m in population]
        sigmoid = [
            s @ m["weights"][1][0] + m["weights"][1][1] for s, m in zip(sigmoid, population, strict=True)
        ]
        checks.close(
            numbers(ask(suite_submission, population, x, y)["accuracy"], 4, "accuracy"),
            expected,
            name="accuracy",
            mistakes=[
                (1.0 - expected, "These are error rates: accuracy is 1 - error."),
                (accuracy_of(linear), "The hidden layer has no ReLU."),
                (accuracy_of(no_bias), "The bias b2 of the output layer is missing."),
                (accuracy_of(sigmoid), "The hidden layer has a sigmoid; it is a ReLU."),
            ],
        )

    @pytest.mark.needs("TestPredictions::test_accuracy")
    def test_ties(self, suite_submission, rng):
        """Of tied logits, the smallest label counts"""
        labels = rng.permutation(np.arange(12) % 3)[None].repeat(2, axis=0)
        population, x = telling(labels, 3)
        for m in population:
            w2, _b2 = m["weights"][1]
            w2[np.arange(3), (np.arange(3) + 1) % 3] = 2.0  # as much as the unit's own class
        smallest, largest = np.array([0, 1, 0])[labels], np.array([1, 2, 2])[labels]
        y = np.where(labels[0] == 0, 2, smallest[0])  # where 0 and 1 are tied, nobody is right
        checks.close(
            numbers(ask(suite_submission, population, x, y)["accuracy"], 2, "accuracy"),
            np.mean(smallest == y, axis=1),
            name="accuracy",
            mistakes=[(np.mean(largest == y, axis=1), "The largest of the tied labels is taken: take the smallest.")],
            note="Two logits of each item are tied: its label is the smaller one of the two.",
        )

    @pytest.mark.needs("TestPredictions::test_accuracy")
    def test_agreement(self, suite_submission, rng):
        """Agreement is the share of equal labels, averaged over pairs"""
        for _ in range(MOST_DRAWS):  # shares of 41 items can be equal by accident
            population, x, y = draw(rng)
            labels = [predict(m, x) for m in population]
            values = over_pairs(lambda a, b: float(np.mean(a == b)), labels)
            oracle = over_pairs(lambda a, b, y=y: float(np.mean((a == y) == (b == y))), labels)
            mistakes = [
                (
                    mean(oracle),
                    "Two different wrong labels count as agreement: compare labels, not correctness.",
                ),
                *pair_mistakes(values),
                (
                    float(np.mean([len(set(column)) == 1 for column in zip(*labels, strict=True)])),
                    "It is the share of items on which all agree, not the mean over pairs.",
                ),
            ]
            if are_apart(mean(values), mistakes):
                break
        got = ask(suite_submission, population, x, y)["agreement"]
        checks.close(got, mean(values), name="agreement", mistakes=mistakes)

    @pytest.mark.needs("TestPredictions::test_agreement")
    def test_twins(self, suite_submission, rng):
        """Two members with equal weights are still two members"""
        (twin, other), x, y = failing(rng, [{0, 1}, {5, 6, 7}], 11)
        copy = member(*(array.copy() for layer in twin["weights"] for array in layer))
        for population in ([twin, copy, other], [twin, twin, other]):
            labels = [predict(m, x) for m in population]
            values = over_pairs(lambda a, b: float(np.mean(a == b)), labels)
            checks.close(
                ask(suite_submission, population, x, y)["agreement"],
                mean(values),
                name="agreement",
                mistakes=[(mean(values[1:]), "The pair of two members with equal weights is left out.")],
                note="Members are told apart by their place in the population, not by their weights.",
            )

    @pytest.mark.needs("TestPredictions::test_accuracy")
    def test_kappa(self, suite_submission, rng):
        """Kappa takes its chance level from the two members' label shares"""

        def shares(a):
            return np.bincount(a, minlength=K) / N

        def adjusted(chance):
            return mean(
                over_pairs(lambda a, b: (np.mean(a == b) - chance(a, b)) / (1 - chance(a, b)), labels)
            )

        for _ in range(MOST_DRAWS):  # until two members give the label that no item has
            population, x, y = draw(rng)
            y[y == K - 1] = 0
            labels = [predict(m, x) for m in population]
            values = over_pairs(lambda a, b: kappa(a, b, K), labels)
            of_y = adjusted(lambda a, b: shares(a)[:-1] @ shares(b)[:-1])
            if abs(of_y - mean(values)) > LEAST_GAP:
                break
        right = [a == y for a in labels]
        consistency = over_pairs(lambda a, b: kappa(a.astype(int), b.astype(int), 2), right)
        checks.close(
            ask(suite_submission, population, x, y)["kappa"],
            mean(values),
            name="kappa",
            mistakes=[
                (
                    adjusted(lambda a, b: 1 / K),
                    "The chance level is 1/K: take it from the label shares of the two.",
                ),
                (mean(consistency), "This is error consistency (right or wrong): kappa compares labels."),
                (
                    adjusted(lambda a, b: shares(y) @ shares(y)),
                    "The chance level uses the shares of y, not those of the two members.",
                ),
                (of_y, "The chance level leaves out labels that do not occur in y: the members give them too."),
                (
                    adjusted(lambda a, b: np.sum((shares(a) + shares(b)) ** 2) / 4),
                    "The two label shares are pooled (Scott's pi): multiply those of a and b.",
                ),
                (
                    mean(over_pairs(lambda a, b: np.mean(a == b) - shares(a) @ shares(b), labels)),
                    "The division by 1 - c_e is missing.",
                ),
                *pair_mistakes(values),
            ],
        )

    @pytest.mark.needs("TestPredictions::test_kappa")
    def test_kappa_constant(self, suite_submission, rng):
        """Kappa of members that always give the same one label is 1"""
        population, x = telling(np.full((2, 9), rng.integers(3)), 3)
        got = ask(suite_submission, population, x, rng.integers(3, size=9))["kappa"]
        checks.close(
            got,
            1.0,
            name="kappa",
            note="Chance alone gives full agreement, c_e = 1: the value is 1.0 by definition, not 0/0.",
        )

    def test_capa(self, suite_submission, rng):
        """CAPA compares probabilities, and expects chance hits from the accuracies"""
        population, x, y = draw(rng)
        y[y == K - 1] = 0  # a class that no item has
        proba = [probabilities(m, x) for m in population]
        hard = [np.eye(K)[p.argmax(axis=1)] for p in proba]
        values = over_pairs(lambda p, q: capa(p, q, y), proba)
        items = np.arange(N)

        def chance(p, q, divisor):
            a, b = p[items, y].mean(), q[items, y].mean()
            return a * b + (1 - a) * (1 - b) / divisor

        def adjusted(divisor):
            return mean(
                over_pairs(
                    lambda p, q: (
                        (np.mean(np.sum(p * q, axis=1)) - chance(p, q, divisor)) / (1 - chance(p, q, divisor))
                    ),
                    proba,
                )
            )

        def hard_accuracy(p, q):
            a, b = (np.mean(r.argmax(axis=1) == y) for r in (p, q))
            expected = a * b + (1 - a) * (1 - b) / (K - 1)
            return (np.mean(np.sum(p * q, axis=1)) - expected) / (1 - expected)

        def per_item(p, q):
            expected = np.mean(p[items, y] * q[items, y] + (1 - p[items, y]) * (1 - q[items, y]) / (K - 1))
            return (np.mean(np.sum(p * q, axis=1)) - expected) / (1 - expected)

        def marginal(p, q):
            expected = p.mean(axis=0) @ q.mean(axis=0)
            return (np.mean(np.sum(p * q, axis=1)) - expected) / (1 - expected)

        checks.close(
            ask(suite_submission, population, x, y)["capa"],
            mean(values),
            name="capa",
            mistakes=[
                (
                    mean(over_pairs(lambda p, q: capa(p, q, y), hard)),
                    "The probabilities were ignored: this is CAPA of the labels.",
                ),
                (adjusted(1), "Two misses coincide in one of K - 1 cases, not always."),
                (adjusted(K), "Two misses coincide in one of K - 1 cases, not one of K."),
                (adjusted(K - 2), "K is the number of columns of W2, not of the labels that occur in y."),
                (
                    mean(over_pairs(hard_accuracy, proba)),
                    "The chance level uses the accuracies of labels, not mean probabilities.",
                ),
                (
                    mean(over_pairs(per_item, proba)),
                    "The chance level is averaged item by item: multiply the two averages.",
                ),
                (
                    mean(over_pairs(marginal, proba)),
                    "The chance level is that of kappa; CAPA's comes from the accuracies.",
                ),
                *pair_mistakes(values, alone=mean([capa(p, p, y) for p in proba])),
            ],
        )

    @pytest.mark.needs("TestPredictions::test_capa")
    def test_large_logits(self, suite_submission, rng):
        """Logits of a thousand in one row, of two in the next"""
        population, x, y = failing(rng, [{0, 1, 2, 3}, {0, 2, 4, 5, 6}], 11, logit=1000.0)
        x[::2] *= 0.002
        for m in population:
            w2, _b2 = m["weights"][1]
            w2[np.arange(3), (np.arange(3) + 1) % 3] = 998.0  # the second largest logit

        def clipped(m):
            powers = np.exp(np.minimum(activations(m, x)[2], 500.0))
            return powers / powers.sum(axis=1, keepdims=True)

        checks.close(
            ask(suite_submission, population, x, y)["capa"],
            capa(*(probabilities(m, x) for m in population), y),
            name="capa",
            mistakes=[
                (
                    capa(*(clipped(m) for m in population), y),
                    "The logits are clipped: 1000 and 998 become equal. Subtract the largest logit of each row.",
                )
            ],
            note="The softmax overflows or vanishes: subtract the largest logit of each row before exp.",
        )

    @pytest.mark.needs("TestPredictions::test_accuracy")
    def test_both_wrong(self, suite_submission, rng):
        """Agreement among the items that both members get wrong"""
        population, x, y = draw(rng)
        labels = [predict(m, x) for m in population]
        values = over_pairs(lambda a, b: both_wrong(a, b, y), labels)
        wrong = over_pairs(
            lambda a, b: ((a != y) & (b != y), (a == b) & (a != y), (a != y) | (b != y)), labels
        )
        checks.close(
            ask(suite_submission, population, x, y)["both_wrong_agreement"],
            mean(values),
            name="both_wrong_agreement",
            mistakes=[
                (
                    mean([same.mean() for _, same, _ in wrong]),
                    "It is divided by all n items: condition on both being wrong.",
                ),
                (
                    mean([same.sum() / either.sum() for _, same, either in wrong]),
                    "It is divided by the items that either gets wrong: condition on both.",
                ),
                (
                    mean([both.mean() for both, _, _ in wrong]),
                    "This is how often both are wrong, not how often they then agree.",
                ),
                (
                    sum(same.sum() for _, same, _ in wrong) / sum(both.sum() for both, _, _ in wrong),
                    "The pairs are pooled: take the share for each pair, then the mean.",
                ),
                *pair_mistakes(values),
            ],
        )

    @pytest.mark.needs("TestPredictions::test_both_wrong")
    @pytest.mark.parametrize(
        "sets", [[{0, 1}, {2, 3}], [{0, 1, 2}, {2, 3}, {4, 5, 0}]], ids=["no pair", "one pair of three"]
    )
    def test_both_wrong_undefined(self, suite_submission, rng, sets):
        """Pairs that never fail together have no agreement when both are wrong"""
        population, x, y = failing(rng, sets, 11)
        labels = [predict(m, x) for m in population]
        expected = mean(over_pairs(lambda a, b: both_wrong(a, b, y), labels))
        got = ask(suite_submission, population, x, y)["both_wrong_agreement"]
        note = "A pair that is never wrong together is left out of the mean; None if no pair is left."
        if expected is None:
            checks.equal(got, None, name="both_wrong_agreement", note=note)
        else:
            checks.close(got, expected, name="both_wrong_agreement", note=note)

    @pytest.mark.needs("TestPredictions::test_accuracy")
    def test_disagreement(self, suite_submission, rng):
        """Normalised disagreement is disagreement per mean error"""
        population, x, y = draw(rng)
        labels = [predict(m, x) for m in population]
        values = over_pairs(lambda a, b: normalized_disagreement(a, b, y), labels)

        def divided(by):
            return mean(
                over_pairs(lambda a, b: np.mean(a != b) / by(np.mean(a != y), np.mean(b != y)), labels)
            )

        differ = mean(over_pairs(lambda a, b: np.mean(a != b), labels))
        checks.close(
            ask(suite_submission, population, x, y)["normalized_disagreement"],
            mean(values),
            name="normalized_disagreement",
            mistakes=[
                (
                    divided(lambda e, f: 1 - (e + f) / 2),
                    "It is divided by the accuracy: divide by the mean error rate.",
                ),
                (
                    divided(lambda e, f: e + f),
                    "It is divided by the sum of the error rates: divide by their mean.",
                ),
                (divided(max), "It is divided by the larger error rate, not by the mean."),
                (divided(min), "It is divided by the smaller error rate, not by the mean."),
                (divided(lambda e, f: e), "It is divided by the error rate of one member, not by the mean."),
                (differ, "The disagreement is not normalised: divide by the mean error rate."),
                (
                    differ / np.mean([np.mean(a != y) for a in labels]),
                    "It is divided by the mean error of the population, not of the pair.",
                ),
                (2 - mean(values), "It is agreement in error, not disagreement."),
                *pair_mistakes(values, alone=0.0),
            ],
        )

    @pytest.mark.needs("TestPredictions::test_disagreement")
    @pytest.mark.parametrize(
        "sets",
        [[set()] * 3, [set(), set(), {1, 5}], [{1, 5}] * 3, [{1, 5}, {1, 5}, {2}]],
        ids=["no errors", "one member errs", "equal errors", "equal errors of two"],
    )
    def test_disagreement_undefined(self, suite_submission, rng, sets):
        """Only a pair without errors has no normalised disagreement"""
        population, x, y = failing(rng, sets, 11, n_classes=2)  # members that fail on one item give one label
        labels = [predict(m, x) for m in population]
        expected = mean(over_pairs(lambda a, b: normalized_disagreement(a, b, y), labels))
        got = ask(suite_submission, population, x, y)["normalized_disagreement"]
        note = "A pair without errors (0/0) is left out of the mean; None if no pair is left."
        if sets[0]:
            note = "Two members with equal labels that err have the value 0, which counts in the mean."
        if expected is None:
            checks.equal(got, None, name="normalized_disagreement", note=note)
        else:
            checks.close(got, expected, name="normalized_disagreement", note=note)

    @pytest.mark.needs("TestPredictions::test_large_logits")
    @pytest.mark.parametrize("logit", [1000.0, 15.0], ids=["certain", "as good as certain"])
    def test_capa_without_room(self, suite_submission, rng, logit):
        """CAPA of members that are certain and always right is 1"""
        population, x, y = failing(rng, [set(), set()], 11, logit=logit)
        got = ask(suite_submission, population, x, y)["capa"]
        notes = {
            1000.0: "Both are certain and right, so c_e = 1: the value is 1.0 by definition, not 0/0.",
            15.0: "Both are right, and 1 - c_e is 4e-13, below the limit of 1e-12: the value is 1.0 by definition.",
        }
        checks.close(got, 1.0, name="capa", note=notes[logit])


class TestFailures:
    @pytest.mark.needs("TestPredictions::test_accuracy")
    def test_systemic(self, suite_submission, rng):
        """Systemic failure is the share of items on which every member fails"""
        population, x, y = failing(rng, [set(range(2, 20)), set(range(5, 25)), {*range(10), 30, 31}], 37)
        f = failures(population, x, y)
        checks.close(
            ask(suite_submission, population, x, y)["systemic_failure"],
            float(systemic(f)),
            name="systemic_failure",
            mistakes=[
                (
                    f.any(axis=0).mean(),
                    "These are the items on which any member fails: systemic means every member.",
                ),
                (
                    (f.sum(axis=0) > 1.5).mean(),
                    "These are the items on which most members fail: systemic means every member.",
                ),
                (f.mean(), "This is the mean error rate: count the items on which every member fails."),
                (float(f.all(axis=0).sum()), "It is a count: divide by the number of items."),
                (
                    float(np.mean([np.mean(a & b) for a, b in combinations(f, 2)])),
                    "This is the double fault of pairs: systemic means every member.",
                ),
            ],
        )

    @pytest.mark.needs("TestPredictions::test_accuracy")
    def test_expected(self, suite_submission, rng):
        """Expected systemic failure is the product of the error rates"""
        population, x, y = failing(rng, [set(range(2, 20)), set(range(5, 12)), {*range(10), 30, 31}], 37)
        f = failures(population, x, y)
        rates = f.mean(axis=1)
        checks.close(
            ask(suite_submission, population, x, y)["expected"],
            float(independent(f)),
            name="expected",
            mistakes=[
                (
                    rates.mean() ** 3,
                    "It is the mean error to the power M: multiply the members' own error rates.",
                ),
                (rates.prod() ** (1 / 3), "It is the geometric mean of the error rates: multiply them."),
                (rates.mean(), "It is the mean error rate: multiply the error rates."),
                (rates.min(), "It is the smallest error rate, a bound on S: multiply the error rates."),
                (
                    (1 - rates).prod(),
                    "It is the product of the accuracies: all succeed. Multiply the error rates.",
                ),
                (
                    1 - (1 - rates).prod(),
                    "It is the probability that any member fails: multiply the error rates.",
                ),
            ],
        )

    @pytest.mark.needs("TestFailures::test_systemic", "TestFailures::test_expected")
    @pytest.mark.parametrize(
        "sets",
        [[range(12), range(6, 16)], [range(12), range(12, 22)], [range(3)] * 12],
        ids=["shared failures", "no shared failure", "twelve members"],
    )
    def test_ratio(self, suite_submission, rng, sets):
        """The ratio is systemic failure over its expectation"""
        population, x, y = failing(rng, sets, 37)
        f = failures(population, x, y)
        s, e = float(systemic(f)), float(independent(f))
        note = "" if s else "S = 0 is a value: the ratio is 0. It is undefined only if some error rate is 0."
        if e < 1e-6:
            note = f"E = {e:.1e} is small, not 0: the ratio is undefined only if some error rate is 0."
        got = ask(suite_submission, population, x, y)["ratio"]
        checks.close(
            got,
            s / e,
            name="ratio",
            mistakes=[
                (e / s if s else np.nan, "The ratio is inverted: more shared failures must raise it."),
                (s - e, "It is the difference S - E: divide."),
                (np.log(s / e) if s else np.nan, "It is the logarithm of the ratio."),
            ],
            note=note,
        )

    @pytest.mark.needs("TestFailures::test_ratio")
    @pytest.mark.parametrize("field", ["ratio", "ratio_interval"])
    def test_ratio_undefined(self, suite_submission, rng, field):
        """A member without errors leaves the ratio undefined"""
        population, x, y = failing(rng, [set(range(12)), set(), {3, 4}], 37)
        got = ask(suite_submission, population, x, y)[field]
        checks.equal(
            got,
            None,
            name=field,
            note="One member never fails, so E = 0 and S/E = 0/0: the contract is None.",
        )

    @pytest.mark.needs("TestFailures::test_ratio")
    def test_interval(self, suite_submission, rng):
        """The interval resamples items, with all members' outcomes kept together"""
        population, x, y = failing(rng, [set(range(18)), set(range(8, 28)), {*range(4, 14), 30, 31, 32}], 37)
        f = failures(population, x, y).astype(float)
        seed, n_boot, (m, n) = int(rng.integers(2**31)), 60, f.shape
        draws = np.random.default_rng(seed).integers(n, size=(n_boot, n))
        values = ratios(f, draws)
        together = f.all(axis=0)

        def separately(each):  # (n_boot, M, n)
            rows = f[np.arange(m)[:, None], each]
            return interval(rows.all(axis=1).mean(axis=1) / rows.mean(axis=2).prod(axis=1))

        def of_members():
            chosen = f[np.random.default_rng(seed).integers(m, size=(n_boot, m))]  # (n_boot, M, n)
            return interval(chosen.all(axis=1).mean(axis=1) / chosen.mean(axis=2).prod(axis=1))

        def twice():
            generator = np.random.default_rng(seed).integers(n, size=(2 * n_boot, n))
            return interval(ratios(f, generator[n_boot:]))

        apart = "Each member is resampled by itself: that breaks the dependence which the ratio measures."
        fixed = together[draws].mean(axis=1) / f.mean(axis=1).prod()
        spread = 1.96 * np.std(values)
        middle = together.mean() / f.mean(axis=1).prod()
        got = ask(suite_submission, population, x, y, seed=seed, n_boot=n_boot)["ratio_interval"]
        checks.close(
            numbers(got, 2, "ratio_interval"),
            interval(values),
            name="ratio_interval",
            mistakes=[
                (lambda: separately(np.random.default_rng(seed).integers(n, size=(n_boot, m, n))), apart),
                (
                    lambda: separately(
                        np.random.default_rng(seed).integers(n, size=(m, n_boot, n)).swapaxes(0, 1)
                    ),
                    apart,
                ),
                (of_members, "Members are resampled, not items: the items are the sample."),
                (interval(fixed), "E is kept from the full sample: compute both S and E on each resample."),
                (
                    interval(values, 5, 95),
                    "These are the percentiles 5 and 95: a 95 % interval has 2.5 and 97.5.",
                ),
                (
                    np.array([middle - spread, middle + spread]),
                    "This is mean ± 1.96 standard deviations; the statement asks for percentiles.",
                ),
                (
                    np.array([np.mean(values) - spread, np.mean(values) + spread]),
                    "This is mean ± 1.96 standard deviations; the statement asks for percentiles.",
                ),
                (twice, "The generator was used for something else before the bootstrap."),
            ],
            note="Resample r takes the items rng.integers(n, size=(n_boot, n))[r] of all members.",
        )

    @pytest.mark.needs("TestFailures::test_interval")
    @pytest.mark.parametrize("left", ["some", "none"])
    def test_interval_undefined(self, suite_submission, rng, left):
        """Resamples without a ratio are left out"""
        n, rare = 12, int(rng.integers(12))
        population, x, y = failing(rng, [{rare}, {rare, *((rare + np.arange(2, 7)) % 12)}], n)
        f = failures(population, x, y).astype(float)
        n_boot = 60 if left == "some" else 1
        seed = int(rng.integers(2**20))
        while left == "none" and rare in np.random.default_rng(seed).integers(n, size=n):
            seed += 1
        values = ratios(f, np.random.default_rng(seed).integers(n, size=(n_boot, n)))
        got = ask(suite_submission, population, x, y, seed=seed, n_boot=n_boot)["ratio_interval"]
        note = "Resamples on which a member has no error have no ratio: leave them out; None if none is left."
        if left == "none":
            checks.equal(got, None, name="ratio_interval", note=note)
        else:
            zeros = interval(np.nan_to_num(values))
            checks.close(
                numbers(got, 2, "ratio_interval"),
                interval(values),
                name="ratio_interval",
                mistakes=[(zeros, "Resamples without a ratio are counted as 0: leave them out.")],
                note=note,
            )

    @pytest.mark.needs("TestFailures::test_interval")
    @pytest.mark.parametrize("shared", [1, 0], ids=["one shared failure", "no shared failure"])
    def test_interval_zeros(self, suite_submission, rng, shared):
        """A ratio of 0 is a ratio, in the interval too"""
        population, x, y = failing(rng, [range(5), range(5 - shared, 10 - shared)], 12)
        f = failures(population, x, y).astype(float)
        seed = int(rng.integers(2**31))
        values = ratios(f, np.random.default_rng(seed).integers(12, size=(60, 12)))
        got = ask(suite_submission, population, x, y, seed=seed, n_boot=60)["ratio_interval"]
        note = "The members never fail together: the ratio is 0, which is a value, and the interval is (0.0, 0.0)."
        mistakes = []
        if shared:  # about a third of the resamples do not hold the one item
            note = "The members fail together on one item: without it a resample has the ratio 0, which counts."
            left_out = "Resamples with a ratio of 0 are left out: leave out only those without a ratio."
            mistakes = [(interval(values[values > 0]), left_out)]
        checks.close(
            bounds(got, note), interval(values), name="ratio_interval", mistakes=mistakes, note=note
        )

    @pytest.mark.needs("TestFailures::test_interval")
    def test_default(self, suite_submission, rng):
        """Without n_boot there are 200 resamples"""
        population, x, y = failing(rng, [set(range(18)), set(range(8, 28))], 37)
        f = failures(population, x, y).astype(float)
        seed = int(rng.integers(2**31))
        got = ask(suite_submission, population, x, y, seed=seed, n_boot=None)["ratio_interval"]
        values = ratios(f, np.random.default_rng(seed).integers(37, size=(200, 37)))
        checks.close(
            numbers(got, 2, "ratio_interval"),
            interval(values),
            name="ratio_interval",
            note="The default of n_boot is 200.",
        )


class TestParameters:
    def test_raw(self, suite_submission, rng):
        """The raw cosine is that of the flat vectors of all parameters"""
        population, x, y = draw(rng)
        values = over_pairs(lambda p, q: cosine(flat(p), flat(q)), population)

        def of(vector):
            return mean(over_pairs(lambda p, q: cosine(vector(p), vector(q)), population))

        def kernels(m):
            return np.concatenate([w.ravel() for w, _ in m["weights"]])

        by_layer = mean(
            [of(lambda m, k=k: np.concatenate([np.ravel(a) for a in m["weights"][k]])) for k in (0, 1)]
        )
        by_array = mean(
            [of(lambda m, k=k, i=i: np.ravel(m["weights"][k][i])) for k in (0, 1) for i in (0, 1)]
        )
        checks.close(
            ask(suite_submission, population, x, y)["param_cosine_raw"],
            mean(values),
            name="param_cosine_raw",
            mistakes=[
                (of(kernels), "The biases are missing from the vector."),
                (by_layer, "One cosine per layer is averaged: take one flat vector per member."),
                (by_array, "One cosine per array is averaged: take one flat vector per member."),
                (
                    of(lambda m: flat(canonical(m))),
                    "The members were brought into canonical form: raw means as they are.",
                ),
                (
                    of(lambda m: flat(m) - flat(m).mean()),
                    "The vectors are centred: that is a correlation, not a cosine.",
                ),
                (mean([abs(v) for v in values]), "It is the mean of absolute values: the cosine has a sign."),
                *pair_mistakes(values),
            ],
        )

    @pytest.mark.needs("TestParameters::test_raw")
    def test_rewritten_copies(self, suite_submission, rng):
        """Permuted and rescaled copies of one network align perfectly"""
        _, x, y = draw(rng)
        # Units that no way of matching could confuse: how to match them is the next test's business.
        b1 = rng.uniform(-0.3, 0.3, size=H)
        w1 = np.linalg.qr(rng.normal(size=(D, H)))[0] * np.sqrt(1.0 - b1**2)
        first = member(w1, b1, rng.uniform(-0.3, 0.3, size=(H, K)), rng.normal(size=K))
        cycle = np.roll(np.arange(H), 2)  # not its own inverse
        second = rewritten(first, cycle, np.exp(rng.normal(size=H)))
        third = rewritten(second, cycle, np.exp(rng.normal(size=H)))
        population = [first, second, third]
        units = np.arange(H)

        def with_order(order_of):
            return mean(over_pairs(lambda p, q: aligned_cosine(p, q, order_of), population))

        def not_rescaled(p, q):
            order = best_order(p, q)
            return cosine(flat(p), flat(rewritten(q, order, np.ones(H))))

        def half_moved(p, q):
            p, q = canonical(p), canonical(q)
            order = best_order(p, q)
            (v1, c1), (v2, c2) = q["weights"]
            return cosine(flat(p), flat(member(v1[:, order], c1[order], v2, c2)))

        checks.close(
            ask(suite_submission, population, x, y)["param_cosine_aligned"],
            1.0,
            name="param_cosine_aligned",
            mistakes=[
                (
                    with_order(lambda p, q: np.argsort(best_order(p, q))),
                    "The inverse permutation is applied.",
                ),
                (with_order(lambda p, q: units), "The hidden units are not permuted."),
                (
                    lambda: mean(over_pairs(not_rescaled, population)),
                    "The members are not in canonical form: rescaled units hide the match.",
                ),
                (
                    lambda: mean(over_pairs(half_moved, population)),
                    "The rows of W2 are not permuted with their units.",
                ),
            ],
            note="The members are one function; only permutation and scale of their units differ.",
        )

    @pytest.mark.needs("TestParameters::test_rewritten_copies")
    def test_aligned(self, suite_submission, rng):
        """The permutation is the best one for incoming weights, biases and outgoing weights together"""
        units = np.arange(H)

        def by_parts(*parts):
            return lambda p, q: best_order(p, q, parts)

        def row_by_row(p, q):
            order = []
            for row in gains(p, q):
                free = [j for j in units if j not in order]
                order.append(max(free, key=lambda j, row=row: row[j]))
            return np.array(order)

        def largest_first(p, q):
            gain, order = gains(p, q), np.zeros(H, dtype=int)
            for _ in units:
                i, j = np.unravel_index(np.argmax(gain), gain.shape)
                order[i] = j
                gain[i, :] = gain[:, j] = -np.inf
            return order

        def norm_without_bias(p, q):
            p, q = (rewritten(m, units, 1.0 / np.linalg.norm(m["weights"][0][0], axis=0)) for m in (p, q))
            return cosine(flat(p), flat(rewritten(q, best_order(p, q), np.ones(H))))

        greedy = "Units are matched greedily: take the assignment with the largest total."
        wrong_orders = [
            (by_parts("in"), "The match looks at incoming weights only, not at biases and outgoing weights."),
            (by_parts("in", "bias"), "The match does not look at the outgoing weights."),
            (by_parts("in", "out"), "The match does not look at the biases."),
            (by_parts("out"), "The match looks at outgoing weights only."),
            (row_by_row, greedy),
            (largest_first, greedy),
            (lambda p, q: gains(p, q).argmax(axis=1), "Units are used twice: a match is a permutation."),
            (lambda p, q: units, "The hidden units are not permuted."),
        ]
        best, others = 0.0, [0.0]
        while min(abs(best - other) for other in others) < 1e-4:  # until every mistake shows
            population, x, y = draw(rng, members=7)
            values = over_pairs(aligned_cosine, population)
            best = mean(values)
            others = [
                mean(over_pairs(lambda p, q, order_of=order_of: aligned_cosine(p, q, order_of), population))
                for order_of, _ in wrong_orders
            ]
        checks.close(
            ask(suite_submission, population, x, y)["param_cosine_aligned"],
            best,
            name="param_cosine_aligned",
            mistakes=[
                *((other, sentence) for other, (_, sentence) in zip(others, wrong_orders, strict=True)),
                (mean(over_pairs(norm_without_bias, population)), "The norm of a unit leaves out its bias."),
                *pair_mistakes(values),
            ],
        )

    @pytest.mark.needs("TestParameters::test_aligned")
    @pytest.mark.parametrize("size", [0.0, 2.0**-40], ids=["no incoming weights", "tiny incoming weights"])
    def test_empty_unit(self, suite_submission, rng, size):
        """Only a hidden unit without incoming weights stays as it is"""
        population, x, y = draw(rng, members=2)
        (w1, b1), (w2, _) = population[0]["weights"]
        unit = int(rng.integers(H))
        w1[:, unit] *= size
        b1[unit] *= size
        w2[unit] /= size or 1.0
        note = "A unit whose incoming vector has norm 0 cannot be brought to norm 1: leave it as it is."
        if size:
            note = (
                "A unit with incoming weights near 1e-12, and outgoing ones near 1e12, is brought to norm 1 like "
                "the others: only s_j = 0 is the exception, without a threshold or an epsilon."
            )
        checks.close(
            ask(suite_submission, population, x, y)["param_cosine_aligned"],
            aligned_cosine(*population),
            name="param_cosine_aligned",
            note=note,
        )

    @pytest.mark.needs("TestParameters::test_aligned")
    def test_trained_networks(self, submission, trained, held_out):
        """Networks with 32 hidden units"""
        population, (x, y, ids) = trained[0]["shared_init"], held_out
        expected = mean(over_pairs(lambda p, q: aligned_cosine(p, q, assigned_order), population))
        got = ask(submission, population, x[:60], y[:60], ids=ids[:60])["param_cosine_aligned"]
        checks.close(got, expected, name="param_cosine_aligned")


class TestRepresentations:
    @pytest.mark.parametrize(
        ("size", "bias_size"),
        [(1.0, 1.0), (0.01, 1.0), (2.0**-20, 2.0**-20)],
        ids=["large items", "small items", "tiny activations"],
    )
    def test_cka(self, suite_submission, rng, size, bias_size):
        """CKA compares hidden activations, centred over the items"""
        population, x, y = draw(rng)
        x *= size
        for m in population:
            bias = m["weights"][0][1]
            bias *= bias_size
            bias[0] = abs(bias[0])  # small items alone make no unit active; silent networks have a test of their own
        population = [canonical(m) for m in population]
        hidden = [activations(m, x)[1] for m in population]
        values = over_pairs(cka, hidden)

        def not_centred(a, b):
            return np.sum((a.T @ b) ** 2) / np.sqrt(np.sum((a.T @ a) ** 2) * np.sum((b.T @ b) ** 2))

        def rows_centred(a, b):
            return not_centred(a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True))

        def flattened(a, b):
            return cosine((a - a.mean(axis=0)).ravel(), (b - b.mean(axis=0)).ravel())

        def of(choose):
            return lambda: mean(over_pairs(cka, [choose(m) for m in population]))

        def whitened(a, b):
            qa, qb = (np.linalg.qr(c - c.mean(axis=0))[0] for c in (a, b))
            return np.sum((qa.T @ qb) ** 2) / H

        def no_root(a, b):
            a, b = a - a.mean(axis=0), b - b.mean(axis=0)
            return np.sum((a.T @ b) ** 2) / (np.sum((a.T @ a) ** 2) * np.sum((b.T @ b) ** 2))

        checks.close(
            ask(suite_submission, population, x, y)["cka"],
            mean(values),
            name="cka",
            mistakes=[
                (
                    lambda: mean(over_pairs(not_centred, hidden)),
                    "They are not centred: subtract each unit's mean over the items.",
                ),
                (
                    lambda: mean(over_pairs(rows_centred, hidden)),
                    "The rows are centred: subtract each unit's mean over the items.",
                ),
                (
                    lambda: mean(over_pairs(flattened, hidden)),
                    "This pairs neuron with neuron: a cosine of activations is no CKA.",
                ),
                (of(lambda m: activations(m, x)[0]), "The activations are taken before the ReLU."),
                (
                    of(lambda m: activations(m, x)[2]),
                    "These are the logits: CKA is on the hidden activations.",
                ),
                (
                    of(lambda m: probabilities(m, x)),
                    "These are the probabilities: CKA is on the hidden activations.",
                ),
                (
                    lambda: mean(over_pairs(whitened, hidden)),
                    "This is mean squared CCA, which ignores every linear map.",
                ),
                (
                    lambda: mean(over_pairs(no_root, hidden)),
                    "The normaliser is a product of norms, not of their squares.",
                ),
                (lambda: mean([np.sqrt(v) for v in values]), "This is the square root of CKA."),
                *pair_mistakes(values),
            ],
            note=(
                "Activations near 1e-6 are small, not all zero: CKA ignores a common scale, so compare the norms "
                "with 0, without a threshold or an epsilon."
                if bias_size < 1
                else ""
            ),
        )

    @pytest.mark.needs("TestRepresentations::test_cka", "TestParameters::test_raw")
    def test_symmetries(self, suite_submission, rng):
        """Permuting and rescaling hidden units changes the raw cosine only"""
        population, x, y = draw(rng, members=3)
        other = [rewritten(m, rng.permutation(H), np.exp(rng.normal(size=H))) for m in population]
        before, after = ask(suite_submission, population, x, y), ask(suite_submission, other, x, y)
        notes = {
            "cka": "CKA is not invariant to a scale per unit: take the activations in canonical form.",
        }
        for field in ("cka", "param_cosine_aligned", "agreement", "capa", "systemic_failure"):
            if before[field] is not None or after[field] is not None:
                note = notes.get(field, "The networks compute the same functions as before.")
                checks.close(
                    after[field],
                    checks.number(before[field], name=field),
                    name=f"{field} (rewritten)",
                    note=note,
                )

    @pytest.mark.needs("TestRepresentations::test_symmetries")
    def test_silent(self, suite_submission, rng):
        """CKA with a member whose hidden units are never active is 0"""
        population, x, y = draw(rng, members=3)
        (w1, b1), _ = population[1]["weights"]
        b1 -= np.abs(x @ w1).max() + np.abs(b1).max() + 1.0
        hidden = [activations(canonical(m), x)[1] for m in population]
        checks.close(
            ask(suite_submission, population, x, y)["cka"],
            mean(over_pairs(cka, hidden)),
            name="cka",
            mistakes=[
                (
                    cka(hidden[0], hidden[2]),
                    "Pairs with the silent member are left out: their CKA is 0.0 by contract.",
                )
            ],
            note="The activations of one member are all 0: its CKA is 0.0 by contract, not 0/0.",
        )


class TestGuards:
    @pytest.mark.needs("TestFailures::test_systemic")
    @pytest.mark.parametrize(
        ("sets", "n", "expected"),
        [
            pytest.param([range(10), range(4, 14)], 40, [], id="no reason"),
            pytest.param([range(10), range(6, 16)], 40, ["FEW_SYSTEMIC_FAILURES"], id="4 shared failures"),
            pytest.param([range(10), range(5, 15)], 40, [], id="5 shared failures"),
            pytest.param([range(10), range(5, 15)], 77, [], id="5 shared failures of 77 items"),
            pytest.param([range(10), range(13), range(11)], 40, [], id="gap 0.075"),
            pytest.param([range(10), range(12), range(15)], 40, ["ACCURACY_GAP"], id="gap 0.125"),
            pytest.param(
                [range(4), range(0)],
                40,
                ["FEW_SYSTEMIC_FAILURES", "RATIO_UNDEFINED"],
                id="a perfect member, gap 0.1",
            ),
            pytest.param([range(9), range(9, 18)], 40, ["FEW_SYSTEMIC_FAILURES"], id="ratio 0"),
        ],
    )
    def test_warnings(self, suite_submission, rng, sets, n, expected):
        """Each warning stands there when it applies, and only then"""
        population, x, y = failing(rng, sets, n)
        got = ask(suite_submission, population, x, y)["warnings"]
        checks.that(
            isinstance(got, list | tuple) and all(isinstance(code, str) for code in got),
            "`warnings` is no list of codes",
            rows=[("warnings", "list of str", type(got).__name__)],
        )
        for code in sorted({*expected, *got}):
            note = f"{code} is missing." if code in expected else f"{code} does not apply here."
            if n == 77:  # where the share of 5 items times their number is 4.999999999999999
                note += " Count the items: 5/77 times 77 is rounded to less than 5."
            checks.equal(list(got).count(code), expected.count(code), name=f"number of {code}", note=note)

    @pytest.mark.parametrize("which", [0, 1, 2], ids=["first member", "second member", "last member"])
    def test_training_items(self, suite_submission, rng, which):
        """An audit on an item that a member was trained on is refused"""
        population, x, y = draw(rng, members=3)
        one = FIRST_ID + int(rng.integers(N))
        population[which]["train_ids"] = np.array([3, 7, one, 9000])
        checks.raises(
            suite_submission.audit,
            population,
            x,
            y,
            numbered(y),
            checks.generator(0),
            error="ValueError",
            note="One of the ids is among a member's train_ids: agreement on training items proves nothing.",
        )

    @pytest.mark.parametrize("members", [1, 0], ids=["one member", "no member"])
    def test_too_few(self, suite_submission, rng, members):
        """A population of fewer than two members is refused"""
        population, x, y = draw(rng, members=2)
        checks.raises(
            suite_submission.audit,
            population[:members],
            x,
            y,
            numbered(y),
            checks.generator(0),
            error="ValueError",
            note="There is no pair to compare: raise ValueError.",
        )

    @pytest.mark.needs("TestPredictions::test_accuracy")
    def test_unchanged(self, suite_submission, rng):
        """The audit leaves its arguments as they were"""
        population, x, y = draw(rng, members=2)
        checks.unchanged(suite_submission.audit, population, x, y, numbered(y), checks.generator(0))


class TestReading:
    @pytest.mark.needs("TestPredictions::test_disagreement")
    def test_clock(self, submission, trained, held_out, record):
        """Training time says nothing about homogenization"""
        populations, (x, y, ids) = trained[0], (array[::2] for array in held_out)
        orders = []
        for direction in (1.0, -1.0):
            reports = {}
            for i, (name, members) in enumerate(populations.items()):
                timed = [{**m, "seconds": 50.0 + direction * i} for m in members]
                reports[name] = submission.audit(timed, x, y, ids, checks.generator(0), n_boot=20)
            orders.append(order_of(submission, reports))
        for name, got in reports.items():
            distance = submission.support.fields_of(got, FIELDS)["normalized_disagreement"]
            if distance is not None:
                record(
                    f"normalized_disagreement {name}", checks.number(distance, name="normalized_disagreement")
                )
        checks.that(
            orders[0] == orders[1],
            "changing the clock changed the order",
            rows=[("order", str(orders[0]), str(orders[1]))],
            note="Same networks, other training times, other ranking: a clock measures hardware.",
        )

    def test_trained_populations(self, suite_submission, trained_reports):
        """Seven trained populations, ranked by their outcomes"""
        check_order(suite_submission, trained_reports)

    def test_order(self, suite_submission, rng):
        """Largest normalised disagreement first, whatever the other fields say"""
        rising = np.linspace(0.1, 1.9, 9) + rng.uniform(-0.05, 0.05, size=9)
        for distances in (rising, rng.permutation(rising)):
            names = [f"population {i}" for i in rng.permutation(9)]
            reports = {name: random_report(rng) for name in names}
            for name, distance in zip(names, distances, strict=True):
                reports[name]["normalized_disagreement"] = float(distance)
            check_order(suite_submission, reports)

    @pytest.mark.needs("TestReading::test_order")
    def test_order_ties(self, suite_submission, rng):
        """No errors count as a normalised disagreement of 0, and ties keep the order of the dict"""
        distances = [0.5, None, 1.25, 0.0, 0.5, None]
        names = [f"population {i}" for i in rng.permutation(len(distances))]
        reports = {
            n: {**random_report(rng), "normalized_disagreement": d}
            for n, d in zip(names, distances, strict=True)
        }
        reports[names[1]] = {
            **reports[names[1]],
            "ratio": None,
            "ratio_interval": None,
            "both_wrong_agreement": None,
        }
        check_order(
            suite_submission,
            reports,
            note="None counts as 0 (nobody errs); equal values stay in the order of the dict.",
        )

    @pytest.mark.parametrize(
        "changes",
        [
            {"ratio": None, "ratio_interval": None, "warnings": ["FEW_SYSTEMIC_FAILURES", "RATIO_UNDEFINED"]},
            {"ratio_interval": (3.0, 9.0), "warnings": ["FEW_SYSTEMIC_FAILURES"]},
            {"ratio_interval": (0.0, 0.0), "warnings": ["ACCURACY_GAP", "FEW_SYSTEMIC_FAILURES"]},
            {"ratio_interval": (3.0, 9.0), "warnings": ["RATIO_UNDEFINED"]},
            {"ratio_interval": None},
        ],
        ids=["no ratio", "few shared failures", "few, interval at 0", "undefined ratio", "no interval"],
    )
    def test_undecided(self, suite_submission, rng, changes):
        """Without a ratio, or with too few shared failures, there is no verdict"""
        check_verdict(
            suite_submission,
            {**random_report(rng), **changes},
            "UNDECIDED",
            "Too little evidence: look at the interval and at the warnings first.",
        )

    @pytest.mark.parametrize(
        ("bounds", "expected"),
        [
            ((0.25, 0.875), "COMPLEMENTARY"),
            ((0.5, 1.0), "INDEPENDENT"),
            ((0.75, 3.0), "INDEPENDENT"),
            ((1.0, 3.0), "INDEPENDENT"),
        ],
        ids=["below 1", "up to 1", "around 1", "from 1"],
    )
    def test_interval_decides(self, suite_submission, rng, bounds, expected):
        """Only an interval above or below 1 shows dependence"""
        low, high = bounds
        fields = {
            **random_report(rng),
            "ratio": low + 0.75 * (high - low),
            "ratio_interval": bounds,
            "normalized_disagreement": 0.75,
        }
        note = (
            "The whole interval lies below 1: they fail together less often than by chance."
            if high < 1
            else "The interval contains 1: dependence is not shown, whatever the ratio."
        )
        check_verdict(suite_submission, fields, expected, note)

    @pytest.mark.parametrize(
        ("distance", "expected"),
        [
            (0.0625, "HOMOGENIZED"),
            (0.96875, "HOMOGENIZED"),
            (1.0, "CORRELATED"),
            (1.375, "CORRELATED"),
            (None, "HOMOGENIZED"),
        ],
        ids=["far below 1", "below 1", "exactly 1", "above 1", "undefined"],
    )
    @pytest.mark.parametrize("warnings", [[], ["ACCURACY_GAP"]], ids=["no warning", "accuracy gap"])
    def test_shared_errors(self, suite_submission, rng, distance, expected, warnings):
        """Above chance, the normalised disagreement decides"""
        fields = {
            **random_report(rng),
            "ratio_interval": (1.125, 40.0),
            "normalized_disagreement": distance,
            "warnings": warnings,
        }
        note = "The interval is above 1: HOMOGENIZED if normalized_disagreement < 1, else CORRELATED."
        if distance is None:
            note = "A normalized_disagreement of None counts as 0, which is below 1: HOMOGENIZED."
        check_verdict(suite_submission, fields, expected, note)

    def test_contradiction(self, suite_submission, trained_reports):
        """Shared start on own data against shared data from own starts"""
        first, second = trained_reports["shared_init"], trained_reports["shared_data"]
        note = (
            "A shared start keeps the weights close (cosine about 0.8 against 0.0), yet the predictions of "
            "that population differ more: the weights point the wrong way."
        )
        check_explanation(suite_submission, first, second, "PARAMS_MISLEAD", note)

    def test_confound(self, suite_submission, trained_reports):
        """Accurate independent networks against inaccurate dependent ones"""
        first, second = trained_reports["disjoint_data"], trained_reports["hurried"]
        note = "The accurate networks agree because they are right: accuracy confounds agreement."
        check_explanation(suite_submission, first, second, "ACCURACY_CONFOUND", note)

    def test_explanations(self, suite_submission, rng):
        """Each of the two measures can mislead, in either direction"""
        for cosine_gap, agreement_gap, outcome_gap in product((-0.3, 0.0, 0.3), repeat=3):
            first = random_report(rng)
            second = {**random_report(rng), "accuracy": first["accuracy"]}
            first |= {"param_cosine_raw": 0.4, "agreement": 0.6, "normalized_disagreement": 0.7}
            second |= {
                "param_cosine_raw": 0.4 - cosine_gap,
                "agreement": 0.6 - agreement_gap,
                "normalized_disagreement": 0.7 + outcome_gap,
            }
            # A gap > 0 says that the first population is the more homogeneous one.
            if cosine_gap * outcome_gap < 0:
                expected, note = (
                    "PARAMS_MISLEAD",
                    "Weights and outcomes point to different populations; this is asked first.",
                )
            elif agreement_gap * outcome_gap < 0:
                expected, note = (
                    "ACCURACY_CONFOUND",
                    "Raw agreement and outcomes point to different populations.",
                )
            else:
                expected, note = (
                    "AGREE",
                    "No contradiction: the smaller normalized_disagreement is the more homogeneous.",
                )
            check_explanation(suite_submission, first, second, expected, note)

    @pytest.mark.needs("TestReading::test_explanations")
    def test_margin(self, suite_submission, rng):
        """Differences below 0.1 say nothing"""
        for field, code in (("param_cosine_raw", "PARAMS_MISLEAD"), ("agreement", "ACCURACY_CONFOUND")):
            for gap, outcome_gap in ((0.08, 0.12), (0.12, 0.08), (0.08, 0.08), (0.12, 0.12), (0.1, 0.1)):
                first, second = random_report(rng), random_report(rng)
                for fields in (first, second):
                    fields |= {"param_cosine_raw": 0.0, "agreement": 0.0, "normalized_disagreement": 0.0}
                first |= {field: gap, "normalized_disagreement": outcome_gap}
                least = min(gap, outcome_gap)
                expected = "AGREE" if least < 0.1 else code
                side = "is below" if least < 0.1 else "reaches"
                note = f"A difference of {least} {side} the margin of 0.1."
                check_explanation(suite_submission, first, second, expected, note)

    @pytest.mark.needs("TestReading::test_explanations")
    def test_no_errors(self, suite_submission, rng):
        """A population without errors has the most homogeneous outcomes"""
        first, second = random_report(rng), random_report(rng)
        first |= {"param_cosine_raw": 0.1, "agreement": 1.0, "normalized_disagreement": None}
        second |= {"param_cosine_raw": 0.8, "agreement": 0.9, "normalized_disagreement": 0.5}
        check_explanation(
            suite_submission,
            first,
            second,
            "PARAMS_MISLEAD",
            "A normalized_disagreement of None counts as 0: nobody errs, all labels coincide.",
        )


def random_report(rng):
    """A report whose fields have nothing to do with each other."""
    values = rng.permutation(np.linspace(0.05, 0.95, 61))[:8]
    names = (
        "agreement",
        "kappa",
        "capa",
        "both_wrong_agreement",
        "param_cosine_raw",
        "param_cosine_aligned",
        "cka",
    )
    ratio = float(rng.uniform(1.0, 90.0))
    return report(
        **{name: float(value) for name, value in zip(names, values, strict=False)},
        accuracy=[float(a) for a in rng.uniform(0.4, 0.95, size=3)],
        normalized_disagreement=float(rng.uniform(0.1, 1.9)),
        systemic_failure=float(rng.uniform(0.01, 0.3)),
        expected=float(rng.uniform(0.0001, 0.01)),
        ratio=ratio,
        ratio_interval=(0.5 * ratio, 2.0 * ratio),
    )


def order_of(submission, reports):
    """The names as they are ranked, each once."""
    got = submission.rank_populations(reports)
    got = list(got) if isinstance(got, list | tuple) else got
    names = list(reports)
    if not (isinstance(got, list) and all(isinstance(name, str) for name in got) and sorted(got) == sorted(names)):
        checks.equal(got, names, name="order", note="The names of the populations, each once.")
    return got


def check_order(submission, reports, note=""):
    """Rank these reports; if the order is wrong, name the field that it follows."""

    def by(key):
        return sorted(reports, key=lambda name: key(reports[name]))

    def value(field):
        return lambda fields: fields[field] if fields[field] is not None else -np.inf

    expected = by(lambda fields: -(fields["normalized_disagreement"] or 0.0))
    why = {
        "agreement": "accuracy confounds agreement",
        "kappa": "its chance level knows nothing of accuracy",
        "capa": "it falls with the confidence of the members",
        "both_wrong_agreement": "it does not say how often both are wrong",
        "ratio": "its largest possible value depends on the error rates",
        "systemic_failure": "bad members fail together by chance",
        "param_cosine_raw": "a shared start keeps weights close, whatever is predicted",
        "param_cosine_aligned": "weights are not outcomes",
        "cka": "representations are not outcomes",
    }
    orders = {field: by(value(field)) for field in why}
    got = order_of(
        submission, {name: submission.support.make_report(fields) for name, fields in reports.items()}
    )
    followed = [field for field, order in orders.items() if got in (order, order[::-1])]
    if followed and not note:
        note = f"The ranking follows {' or '.join(followed)}: {why[followed[0]]}."
    mistakes = [
        (expected[::-1], "The order is reversed: least homogeneous outcomes first."),
        (sorted(reports), "The names are sorted, not the populations."),
    ]
    checks.equal(
        got, expected, name="order", mistakes=mistakes, note=note or "Largest normalized_disagreement first."
    )


def check_verdict(submission, fields, expected, note):
    checks.equal(
        submission.verdict(submission.support.make_report(fields)), expected, name="verdict", note=note
    )


def check_explanation(submission, first, second, expected, note):
    """Both ways round: which report comes first must not matter."""
    made = [submission.support.make_report(fields) for fields in (first, second)]
    forward, backward = submission.explain_contradiction(*made), submission.explain_contradiction(*made[::-1])
    told = ("param_cosine_raw", "agreement", "normalized_disagreement")
    facts = [(field, f"{short(first[field])} against {short(second[field])}") for field in told]
    for got, order in ((forward, "as given"), (backward, "exchanged")):
        rows = [(f"code, reports {order}", expected, str(got))]
        right = isinstance(got, str) and got == expected
        checks.that(right, "the explanation is wrong", rows=rows, facts=facts, note=note)


def short(value):
    return "None" if value is None else f"{value:.3f}"
