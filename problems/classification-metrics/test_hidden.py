"""Hidden suite of classification-metrics.

Expected values: counts of pairs of labels one by one, pairs of scores by the definition of the AUC, and the ends of the
interval as the roots of the equation that defines it. Draws are repeated until every mistake that is listed beside a
check gives a value of its own, so that a seed cannot hide it.
"""

import dataclasses
import math

import numpy as np
import pytest

from grader import checks
from grader.failure import Failed
from grader.words import Outcome

# The statement allows 1e-6, which leaves room for float32 in the last division: all values lie in [0, 1].
NEAR = {"rtol": 0.0, "atol": 1e-6}
GAP = 2e-3
ONCE = "each pair of labels is counted once, however often it occurs"
ROWS = "the counts are divided by the sums of the rows of the matrix"
BELOW = "an area below 0.5 is turned into one above: it says that the ranking is worse than chance"
NAMES = ("precision", "recall", "f1")
MANY = 600_000


# Counting by the definitions.
def counts_of(y_true, y_pred, k):
    """TP, FP and FN of each class."""
    pairs = list(zip(y_true.tolist(), y_pred.tolist(), strict=True))
    tp = np.array([sum(a == b == c for a, b in pairs) for c in range(k)])
    fp = np.array([sum(b == c != a for a, b in pairs) for c in range(k)])
    fn = np.array([sum(a == c != b for a, b in pairs) for c in range(k)])
    return tp, fp, fn


def over(a, b, otherwise=0.0):
    """a / b, entry by entry; where b is 0, something else."""
    pairs = np.broadcast(np.asarray(a, dtype=float), b)
    return np.array([x / y if y else otherwise for x, y in pairs]).reshape(pairs.shape)


def triple(tp, fp, fn, otherwise=0.0):
    """Precision, recall and F1, of one class or of each."""
    return over(tp, tp + fp, otherwise), over(tp, tp + fn, otherwise), over(2 * tp, 2 * tp + fp + fn, otherwise)


def harmonic(a, b):
    return 2 * a * b / (a + b)


def matrix_of(y_true, y_pred, k):
    pairs = list(zip(y_true.tolist(), y_pred.tolist(), strict=True))
    return np.array([[pairs.count((i, j)) for j in range(k)] for i in range(k)])


def auc_of(y, s):
    """Pairs in the right order, and half of the ties, over all pairs."""
    pos, neg = s[y == 1, None], s[y == 0]
    return float(np.mean(pos > neg) + np.mean(pos >= neg)) / 2


def auc_of_ranks(y, ranks):
    """What the rank formula gives for these ranks."""
    n_pos, n_neg = np.sum(y == 1), np.sum(y == 0)
    return float(np.sum(ranks[y == 1]) - n_pos * (n_pos + 1) / 2) / (n_pos * n_neg)


def ordinal(s):
    """Ranks from 1 on; equal scores in the order in which they stand."""
    ranks = np.empty(len(s))
    ranks[np.argsort(s, kind="stable")] = np.arange(1, len(s) + 1)
    return ranks


def midranks(s):
    return np.array([np.sum(s < v) + (np.sum(s == v) + 1) / 2 for v in s])


def rates_of(y, s):
    """False and true positive rates at every distinct threshold, from the highest down."""
    cuts = np.unique(s)[::-1, None]
    return np.mean(s[y == 0] >= cuts, axis=1), np.mean(s[y == 1] >= cuts, axis=1)


def wilson_of(k, n, z):
    """The two proportions q at which k / n is z standard deviations away: (k/n - q)^2 = z^2 q (1 - q) / n."""
    p = k / n
    return np.sort(np.roots([1 + z**2 / n, -2 * p - z**2 / n, p**2]).real)


def right_there(got, right):
    """Whether a value that is looked at for the sake of a note is right."""
    try:
        return abs(checks.number(got, name="value") - right) <= 1e-6
    except Failed:
        return False


def flipped(auc):
    """What a submission gives that makes the better half of each area, where that differs."""
    return [(1 - auc, BELOW)] if auc < 0.5 else []


def apart(right, mistakes):
    """Whether no mistake gives the right value or that of another."""
    values = np.sort([right, *(value for value, _ in mistakes)])
    return np.diff(values).min() > GAP


def settle(draw, cases):
    """Repeats a draw until the mistakes of all its cases can be told apart."""
    for _ in range(10_000):
        drawn = draw()
        if all(apart(right, mistakes) for right, mistakes in cases(*drawn)):
            return drawn
    raise RuntimeError("no draw tells the mistakes apart")


# Precision, recall and F1 of class 1.
def draw_binary(rng):
    """Labels and predictions with rare positives; all four counts are positive."""
    tp, fp, fn, tn = rng.integers([5, 11, 2, 60], [10, 20, 5, 90])
    pairs = rng.permutation(np.repeat([[1, 1], [0, 1], [1, 0], [0, 0]], [tp, fp, fn, tn], axis=0))  # (n, 2)
    return pairs[:, 0].copy(), pairs[:, 1].copy()


def binary_cases(y_true, y_pred):
    """(right value, mistakes) of precision, recall and F1."""
    (tn, tp), (fn, fp), _ = counts_of(y_true, y_pred, 2)
    n = len(y_true)
    p, r, f1 = tp / (tp + fp), tp / (tp + fn), 2 * tp / (2 * tp + fp + fn)
    accuracy, specificity, other = (tp + tn) / n, tn / (tn + fp), tn / (tn + fn)
    yield (
        p,
        [
            (
                r,
                "this is recall: FP and FN are exchanged. Precision divides by all that were predicted positive, TP + FP",
            ),
            (accuracy, "this is accuracy: precision does not count the true negatives"),
            (specificity, "this is the recall of class 0; the positive class is 1"),
            (other, "this is the precision of class 0; the positive class is 1"),
            ((p + other) / 2, "this is the mean over both classes; binary looks at class 1 only"),
            (fp / (tp + fp), "this is FP / (TP + FP): the numerator is TP"),
            (tp / n, "this is TP / n: divide by all that were predicted positive, TP + FP"),
            ((tp + 1) / (tp + fp + 2), "a smoothing term is added to the counts"),
            (1 / 2, ONCE),
            (r / (r + 1 - specificity), ROWS),
        ],
    )
    yield (
        r,
        [
            (p, "this is precision: FP and FN are exchanged. Recall divides by all that are positive, TP + FN"),
            (accuracy, "this is accuracy: recall does not look at the negatives"),
            (specificity, "this is the recall of class 0, the specificity; the positive class is 1"),
            ((r + specificity) / 2, "this is the mean over both classes; binary looks at class 1 only"),
            (fn / (tp + fn), "this is FN / (TP + FN), the share that was missed: the numerator is TP"),
            (fp / (fp + tn), "this is the false positive rate"),
            (tp / n, "this is TP / n: divide by all that are positive, TP + FN"),
            ((tp + 1) / (tp + fn + 2), "a smoothing term is added to the counts"),
            (1 / 2, ONCE),
        ],
    )
    f1_other = 2 * tn / (2 * tn + fp + fn)
    yield (
        f1,
        [
            (
                harmonic(accuracy, r),
                "F1 uses precision, not accuracy: this is the harmonic mean of accuracy and recall",
            ),
            (
                harmonic(accuracy, p),
                "F1 uses recall, not accuracy: this is the harmonic mean of accuracy and precision",
            ),
            ((p + r) / 2, "this is the arithmetic mean of precision and recall; F1 is the harmonic one"),
            (math.sqrt(p * r), "this is the geometric mean of precision and recall; F1 is the harmonic one"),
            (f1 / 2, "the factor 2 is missing: F1 = 2 P R / (P + R)"),
            (2 * tp / (tp + fp + fn), "TP counts twice in the denominator too: 2 TP / (2 TP + FP + FN)"),
            (tp / (tp + fp + fn), "this is TP / (TP + FP + FN), the Jaccard index or IoU"),
            (5 * p * r / (4 * p + r), "this is F2, which weighs recall four times"),
            (1.25 * p * r / (0.25 * p + r), "this is F0.5, which weighs precision four times"),
            (accuracy, "this is accuracy"),
            (f1_other, "this is the F1 of class 0; the positive class is 1"),
            ((f1 + f1_other) / 2, "this is the mean over both classes; binary looks at class 1 only"),
            ((2 * tp + 1) / (2 * tp + fp + fn + 1), "a smoothing term is added to the counts"),
            (1 / 2, ONCE),
            (2 * r / (2 * r + 1 - specificity + 1 - r), ROWS),
        ],
    )


def check_triple(got, cases, note="", names=NAMES):
    """Checks precision, recall and F1, each with its own mistakes."""
    values = checks.unpack(got, *NAMES)
    for value, name, (right, listed) in zip(values, NAMES, cases, strict=True):
        if name in names:
            checks.number(value, name=name, note=f"`{name}` is one number")
            checks.close(value, right, name=name, **NEAR, mistakes=listed, note=note)


# Averages over classes.
def draw_classes(rng, k=4):
    """Labels of unequal frequency, about half of them predicted right; every class is predicted and found."""
    while True:
        y_true = rng.permutation(np.repeat(np.arange(k), rng.permutation([3, 6, 11, 18])))
        guesses = rng.choice(k, len(y_true), p=rng.dirichlet(np.full(k, 2.0)))
        y_pred = np.where(rng.random(len(y_true)) < rng.uniform(0.2, 0.8, k)[y_true], y_true, guesses)
        if counts_of(y_true, y_pred, k)[0].min() > 0:
            return y_true, y_pred


def once_each(y_true, y_pred, k=4):
    """TP, FP and FN of each class from a matrix without numbers above 1."""
    matrix = np.minimum(matrix_of(y_true, y_pred, k), 1)
    tp = np.diag(matrix)
    return tp, matrix.sum(axis=0) - tp, matrix.sum(axis=1) - tp


def macro_cases(y_true, y_pred, k=4):
    tp, fp, fn = counts_of(y_true, y_pred, k)
    share = (tp + fn) / len(y_true)
    each = triple(tp, fp, fn)
    p, r, f1 = (float(np.mean(value)) for value in each)
    accuracy = tp.sum() / len(y_true)
    pooled = "this is accuracy, which micro gives"
    even = "macro gives every class the same weight, however rare it is"
    once = triple(*once_each(y_true, y_pred, k))
    for name, value, right, special in (
        ("precision", each[0], p, [(r, "precision and recall are exchanged: FP and FN changed places")]),
        ("recall", each[1], r, [(p, "precision and recall are exchanged: FP and FN changed places")]),
        (
            "F1",
            each[2],
            f1,
            [(harmonic(p, r), "average the per-class F1: this is the F1 of macro precision and macro recall")],
        ),
    ):
        mistakes = [
            *special,
            (accuracy, f"{pooled}: {even}"),
            (value.sum(), "this is the sum over the classes: divide by their number"),
            (value[1], f"this is the {name} of class 1 alone"),
            (value[1:].mean(), "class 0 is left out: every class counts"),
            (np.median(value), "this is the median over the classes"),
            (np.mean(once[("precision", "recall", "F1").index(name)]), ONCE),
        ]
        if name != "recall":  # recall, weighted by frequency, is accuracy
            mistakes.append((share @ value, f"the classes are weighted by their frequency: {even}"))
        yield right, mistakes


def micro_cases(y_true, y_pred, k=4):
    tp, fp, fn = counts_of(y_true, y_pred, k)
    n = len(y_true)
    accuracy = tp.sum() / n
    once = float(triple(*(count.sum() for count in once_each(y_true, y_pred, k)))[0])
    for value, name in zip(triple(tp, fp, fn), ("precision", "recall", "F1"), strict=True):
        rule = "micro must equal accuracy here: sum TP, FP and FN over the classes, then divide"
        mistakes = [
            (value.mean(), f"{rule}; this is the macro average"),
            (value[1], f"{rule}; this is the {name} of class 1 alone"),
            (1 - 2 * (n - tp.sum()) / (n * k), f"{rule}; true negatives are counted among the right ones"),
            (tp[1:].sum() / n, f"{rule}; class 0 is left out"),
            (once, ONCE),
        ]
        if name != "recall":
            mistakes.append(((tp + fn) / n @ value, f"{rule}; this is the average weighted by frequency"))
        yield accuracy, mistakes


def draw_absent(rng):
    """Seven classes: 3 and 4 are predicted and do not occur, 5 is never predicted, 6 is neither."""
    y_true = np.concatenate([rng.integers(0, 3, 25), [0, 1, 2, 5]])
    y_pred = np.where(rng.random(29) < 0.6, y_true, rng.choice([0, 1, 2, 3, 4], 29))
    y_pred[-4:] = [0, 1, 2, 4]
    y_pred[0] = 3
    order = rng.permutation(29)
    return y_true[order], y_pred[order]


def absent_cases(y_true, y_pred):
    tp, fp, fn = counts_of(y_true, y_pred, 7)
    ones = triple(tp, fp, fn, otherwise=1.0)
    never = "classes that are never predicted are left out: their precision counts as 0"
    missing = "classes that do not occur in y_true are left out: their recall counts as 0"
    skipped = (never, missing, "classes of which nothing is found are left out: their F1 counts as 0")
    seen = ((fp + tp > 0).sum(), (fn + tp > 0).sum(), (tp > 0).sum())
    labels = (fn + tp > 0).sum()
    for value, one, sentence, number in zip(triple(tp, fp, fn), ones, skipped, seen, strict=True):
        total = value.sum()
        mistakes = [
            (total / 6, "a class that occurs nowhere is left out: all n_classes classes count"),
            (total / number, sentence),
            (one.mean(), "0 / 0 counts as 1; here it is 0"),
        ]
        if number != labels:
            mistakes.append((total / labels, "averaged over the classes of y_true only: all n_classes classes count"))
        yield total / 7, mistakes


class TestConfusion:
    def test_counts(self, submission, rng):
        """Entry (i, j) counts the samples of true class i that were predicted as j"""
        while True:
            y_true, y_pred = draw_classes(rng)
            right = matrix_of(y_true, y_pred, 4)
            if right.max() > 2 and (right != right.T).any():
                break
        got = submission.confusion_matrix(y_true, y_pred, 4)
        floats = isinstance(got, np.ndarray) and got.dtype.kind == "f"
        checks.equal(
            got,
            right,
            name="C",
            mistakes=[
                (right.T, "rows and columns are exchanged: rows are the true classes, columns the predicted ones"),
                (np.minimum(right, 1), "each pair is counted once: C[y_true, y_pred] += 1 does not see repeated pairs"),
                (np.diag(np.diag(right)), "only right predictions are counted"),
                (right - np.diag(np.diag(right)), "only wrong predictions are counted"),
                (right / right.sum(axis=1, keepdims=True), "the rows are divided by their sums: counts are asked for"),
                (right / right.sum(axis=0), "the columns are divided by their sums: counts are asked for"),
                (right / right.sum(), "the counts are divided by n"),
                (right[::-1, ::-1], "the classes stand in reverse order"),
            ],
            note="counts are integers: give the matrix an integer dtype" if floats else "",
        )
        many = np.array([[1, 300], [70_000, 2]])
        y_true, y_pred = (np.repeat(labels, many.ravel()) for labels in ([0, 0, 1, 1], [0, 1, 0, 1]))
        mistakes = [
            (many.astype(dtype).astype(np.int64), f"a count wraps around in {dtype}: give the matrix a wider dtype")
            for dtype in ("uint8", "int8", "uint16", "int16")
        ]
        note = f"right for few samples, wrong for {len(y_true):,}"
        checks.equal(submission.confusion_matrix(y_true, y_pred, 2), many, name="C", mistakes=mistakes, note=note)

    @pytest.mark.needs("TestConfusion::test_counts")
    def test_absent(self, submission, rng):
        """A class that does not occur has its row and its column"""
        y_true, y_pred = rng.permutation(np.array([[0, 0], [0, 3], [3, 3], [3, 2], [2, 0]])).T.copy()
        note = "the matrix has n_classes rows and columns, whatever labels occur"
        checks.equal(submission.confusion_matrix(y_true, y_pred, 6), matrix_of(y_true, y_pred, 6), name="C", note=note)

    @pytest.mark.needs("TestConfusion::test_counts")
    def test_no_samples(self, submission):
        """No samples give a matrix of zeros"""
        none = np.zeros(0, dtype=np.int64)
        note = "n = 0 is legal: every count is 0"
        checks.equal(submission.confusion_matrix(none, none, 3), np.zeros((3, 3), dtype=np.int64), name="C", note=note)


class TestBinary:
    def test_precision(self, submission, rng):
        """Precision is the share of right ones among those predicted positive"""
        y_true, y_pred = settle(lambda: draw_binary(rng), binary_cases)
        got = submission.precision_recall_f1(y_true, y_pred)
        check_triple(got, binary_cases(y_true, y_pred), names=("precision",))

    def test_recall(self, submission, rng):
        """Recall is the share of found ones among the positives"""
        y_true, y_pred = settle(lambda: draw_binary(rng), binary_cases)
        got = submission.precision_recall_f1(y_true, y_pred, "binary")
        check_triple(got, binary_cases(y_true, y_pred), names=("recall",))

    def test_f1(self, submission, rng):
        """F1 is the harmonic mean of precision and recall"""
        y_true, y_pred = settle(lambda: draw_binary(rng), binary_cases)
        got = submission.precision_recall_f1(y_true, y_pred)
        check_triple(got, binary_cases(y_true, y_pred), names=("f1",))

    @pytest.mark.parametrize(
        ("y_true", "y_pred"),
        [
            ([0, 1, 0, 1], [0, 0, 0, 0]),
            ([0, 0, 0, 0], [0, 1, 0, 1]),
            ([0, 0, 1], [1, 1, 0]),
            ([0, 0], [0, 0]),
            ([], []),
        ],
        ids=["nothing predicted", "nothing to find", "nothing found", "negatives only", "no samples"],
    )
    def test_zero_over_zero(self, submission, y_true, y_pred):
        """A ratio 0 / 0 is 0"""
        y_true, y_pred = (np.array(labels, dtype=np.int64) for labels in (y_true, y_pred))
        got = checks.unpack(submission.precision_recall_f1(y_true, y_pred), *NAMES)
        tp, fp, fn = (count[1] for count in counts_of(y_true, y_pred, 2))
        # Where the ratios themselves are wrong, a note on 0 / 0 would mislead: TP 2, FP 3, FN 1, TN 5.
        labels = np.repeat([[1, 1], [0, 1], [1, 0], [0, 0]], [2, 3, 1, 5], axis=0).T.copy()
        usual = zip(checks.unpack(submission.precision_recall_f1(*labels), *NAMES), (2 / 5, 2 / 3, 1 / 2), strict=True)
        parts = zip(got, NAMES, (tp + fp, tp + fn, 2 * tp + fp + fn), usual, strict=True)
        for value, name, of, control in parts:
            note = f"undefined {name} must be 0 here: its denominator is 0"
            if of:
                note = f"{name} is 0 because TP is 0"
                note += ": in 2 P R / (P + R) both are 0, and 0 / 0 is 0" * (name == "f1")
            sentences = [(math.nan, f"0 / 0 gives NaN; {note}"), (1.0, f"0 / 0 counts as 1; {note}")]
            if not right_there(*control):
                note, sentences = f"{name} is wrong where nothing is 0 / 0, too", []
            checks.number(value, name=name, note=f"`{name}` is one number")
            checks.close(value, 0.0, name=name, **NEAR, mistakes=sentences, note=note)


class TestAverages:
    def test_macro(self, submission, rng):
        """Macro is the mean of the values of all classes, F1 too"""
        y_true, y_pred = settle(lambda: draw_classes(rng), macro_cases)
        check_triple(submission.precision_recall_f1(y_true, y_pred, "macro", 4), macro_cases(y_true, y_pred))

    @pytest.mark.needs("TestAverages::test_macro")
    def test_macro_absent(self, submission, rng):
        """Classes without samples or without predictions count in the macro average, with 0"""
        y_true, y_pred = settle(lambda: draw_absent(rng), absent_cases)
        got = submission.precision_recall_f1(y_true, y_pred, average="macro", n_classes=7)
        note = "a class whose ratio is 0 / 0 counts with 0 in the mean over all n_classes classes"
        check_triple(got, absent_cases(y_true, y_pred), note)

    def test_micro(self, submission, rng):
        """Micro sums the counts over the classes first; with one label per sample it is the accuracy"""
        y_true, y_pred = settle(lambda: draw_classes(rng), micro_cases)
        check_triple(submission.precision_recall_f1(y_true, y_pred, "micro", 4), micro_cases(y_true, y_pred))

    @pytest.mark.needs("TestAverages::test_macro", "TestAverages::test_micro")
    @pytest.mark.parametrize("average", ["macro", "micro"])
    def test_no_samples(self, submission, average):
        """No samples give averages of 0"""
        none = np.zeros(0, dtype=np.int64)
        note = "n = 0 is legal: every ratio is 0 / 0, which is 0 here"
        check_triple(submission.precision_recall_f1(none, none, average, 3), [(0.0, [])] * 3, note)


class TestRecall:
    def test_values(self, submission, rng):
        """The recall of a class is its share of the diagonal in its row"""
        while True:
            y_true, y_pred = draw_classes(rng)
            tp, fp, fn = counts_of(y_true, y_pred, 4)
            n = len(y_true)
            right = tp / (tp + fn)
            mistakes = [
                (
                    tp / (tp + fp),
                    "this is the precision of each class: recall divides by the sums of the rows, TP + FN",
                ),
                (tp / n, "divided by all samples: recall divides by the samples of the class"),
                ((n - fp - fn) / n, "true negatives are counted: this is the accuracy of each class against the rest"),
                (tp, "this is the diagonal, not yet divided by the sums of the rows"),
                (fn / (tp + fn), "this is the share that was missed"),
                (np.full(4, right.mean()), "each class has its own recall: this is their mean"),
                (np.full(4, tp.sum() / n), "each class has its own recall: this is the accuracy"),
                (triple(*once_each(y_true, y_pred))[1], ONCE),
            ]
            if all(np.abs(right - value).max() > GAP for value, _ in mistakes):
                break
        got = submission.per_class_recall(y_true, y_pred, 4)
        shaped = isinstance(got, np.ndarray) and got.shape == (4,)
        note = "" if shaped else "one value for each class, in an array of shape (n_classes,)"
        checks.close(got, right, name="recall", **NEAR, mistakes=mistakes, note=note)

    @pytest.mark.needs("TestRecall::test_values")
    def test_absent(self, submission):
        """A class without samples has recall 0, and its place"""
        for pairs in ([[2, 2], [1, 0], [2, 0], [3, 3], [2, 2]], np.zeros((0, 2))):
            y_true, y_pred = np.array(pairs, dtype=np.int64).T.copy()
            right = np.array([0, 0, 2 / 3, 1, 0]) if len(y_true) else np.zeros(5)
            note = "all n_classes classes have their place, and one without samples has recall 0"
            mistakes = [
                (np.where([1, 0, 0, 0, 1], np.nan, right), "0 / 0 gives NaN; here it is 0"),
                (np.where([1, 0, 0, 0, 1], 1.0, right), "0 / 0 counts as 1; here it is 0"),
            ]
            got = submission.per_class_recall(y_true, y_pred, 5)
            checks.close(got, right, name="recall", **NEAR, mistakes=mistakes, note=note)


def draw_scores(rng):
    """Labels, and distinct scores in (0, 1), some hundredths apart, that rank better than chance."""
    while True:
        y = rng.permutation(np.repeat([1, 0], [5, 6]))
        s = (rng.permutation(11) + rng.uniform(0.3, 0.7, 11)) / 11
        if 0.55 < auc_of(y, s) < 0.95:
            return y, s


def score_cases(y, s):
    auc = auc_of(y, s)
    n_pos, n_neg = int(y.sum()), int(len(y) - y.sum())
    pairs = n_pos * n_neg
    tpr, tnr = np.mean(s[y == 1] > 0.5), np.mean(s[y == 0] < 0.5)
    sorted_y = y[np.argsort(-s)]
    precision_at = np.cumsum(sorted_y) / np.arange(1, len(y) + 1)
    return [
        (
            auc,
            [
                (
                    1 - auc,
                    "this is 1 - AUC: the order of the scores, the labels or the axes of the curve are exchanged",
                ),
                (-auc, "the area is negative: the curve is walked from right to left"),
                (2 * auc - 1, "this is 2 AUC - 1, the Gini coefficient"),
                (auc - 1 / n_neg, "the ranks begin at 0: with n_pos (n_pos + 1) / 2 they begin at 1"),
                (auc + 1 / n_neg, "n_pos (n_pos - 1) / 2 goes with ranks from 0 on; yours begin at 1"),
                (auc + (n_pos + 1) / 2 / n_neg, "n_pos (n_pos + 1) / 2 is not subtracted from the rank sum"),
                (auc * pairs, "this counts pairs: divide by n_pos n_neg"),
                (auc * pairs / len(y) ** 2, "divided by n^2: the pairs of a positive and a negative are n_pos n_neg"),
                (auc_of_ranks(y, np.argsort(s) + 1), "argsort gives the order of the scores, not their ranks"),
                (np.mean(precision_at[sorted_y == 1]), "this is average precision, which belongs to another curve"),
                ((tpr + tnr) / 2, "the curve has one threshold, 0.5: the AUC looks at all of them"),
                (np.mean((s > 0.5) == y), "this is the accuracy at threshold 0.5"),
            ],
        )
    ]


SHARE = "equal scores share the average of their ranks, so that constant ones give 0.5"


def draw_ties(rng):
    """Labels, and scores on four levels in no order.

    The number of tied pairs is odd, so that no order within the ties, a random one neither, can give their halves.
    """
    while True:
        y, s = rng.permutation(np.repeat([1, 0], [6, 8])), rng.permutation(np.resize([0.125, 0.25, 0.5, 0.75], 14))
        if np.sum(s[y == 1, None] == s[y == 0]) % 2:
            return y, s


def tie_cases(y, s):
    fpr, tpr = rates_of(y, s)
    start_fpr, start_tpr = np.append(0, fpr), np.append(0, tpr)
    lowest = np.array([np.sum(s < value) + 1 for value in s])
    in_order = f"equal scores are ranked in the order in which they stand: {SHARE}"
    auc = auc_of(y, s)
    return [
        (
            auc,
            [
                *flipped(auc),
                (np.sum(np.diff(start_fpr) * start_tpr[:-1]), f"ties count 0, not 1/2: {SHARE}"),
                (np.sum(np.diff(start_fpr) * start_tpr[1:]), f"ties count 1, not 1/2: {SHARE}"),
                (auc_of_ranks(y, lowest), f"equal scores get the lowest of their ranks: {SHARE}"),
                (auc_of_ranks(y, 2 * midranks(s) - lowest), f"equal scores get the highest of their ranks: {SHARE}"),
                (auc_of_ranks(y, ordinal(s)), in_order),
                (auc_of_ranks(y, len(s) + 1 - ordinal(-s)), in_order),
                (auc_of_ranks(y, np.unique(s, return_inverse=True)[1] + 1), f"these are dense ranks, 1, 2, 3: {SHARE}"),
                (np.trapezoid(tpr, fpr), "the curve begins at the highest score: it has to begin at (0, 0)"),
                (np.trapezoid(start_tpr[:-1], start_fpr[:-1]), "the curve does not reach (1, 1)"),
            ],
        )
    ]


def with_infinities(rank):
    """Two scores are -inf, three +inf, and next to them stand the smallest and the largest float."""
    largest = np.where(np.isin(rank, (-3, 2)), np.copysign(np.finfo(float).max, rank), rank)
    return np.where((rank < -3) | (rank > 2), np.copysign(np.inf, rank), largest)


# Scores for the ranks -5 .. 5, what a mistake makes of them, its name, and what else it may be.
SCORES = {
    "close together": (
        lambda rank: 3 + 1e-12 * rank,
        np.float32,
        "scores 1e-12 apart are taken for ties, or share a threshold: compare scores exactly",
        "",
    ),
    "far apart": (
        lambda rank: 1e300 * (rank + 0.5),
        np.sign,  # where a sigmoid saturates
        "scores are no probabilities: no fixed thresholds, no sigmoid",
        "",
    ),
    "neighbours": (
        lambda rank: 1 + rank * np.where(rank < 0, 2.0**-53, 2.0**-52),  # no float lies between two of them
        lambda s: np.maximum(s, 1),  # they are closer below 1 than above
        "neighbouring floats are taken for ties: compare scores exactly, without a tolerance",
        "",
    ),
    "tiny": (
        lambda rank: 1e-300 * rank,
        np.zeros_like,
        "scores 1e-300 apart are taken for ties: compare scores exactly, without a tolerance",
        "",
    ),
    "infinite": (
        with_infinities,
        np.nan_to_num,
        "infinity is taken for the largest float, which is lower: it equals only itself",
        "infinite scores equal themselves: inf - inf is NaN, so compare with == and not by a difference",
    ),
}
# Four scores in ascending order, in different dtypes.
LEVELS = {
    "float32": np.arange(4, dtype=np.float32),
    "int64": np.arange(4),
    "uint8": np.arange(4, dtype=np.uint8),
    "int64, large": 2**62 + np.arange(4),
    "int64, both ends": np.array([-(2**63), 1 - 2**63, 2**63 - 2, 2**63 - 1]),
}


class TestAuc:
    def test_value(self, submission, rng):
        """The share of pairs in which the positive sample has the higher score"""
        y, s = settle(lambda: draw_scores(rng), score_cases)
        auc, mistakes = score_cases(y, s)[0]
        got = submission.roc_auc(y, s)
        checks.number(got, name="auc")
        checks.close(got, auc, name="auc", **NEAR, mistakes=mistakes)

    @pytest.mark.needs("TestAuc::test_value")
    def test_below_half(self, submission, rng):
        """A ranking worse than chance has an area below one half"""
        y, s = settle(lambda: draw_scores(rng), score_cases)
        auc = auc_of(y, 1 - s)
        checks.close(submission.roc_auc(y, 1 - s), auc, name="auc", **NEAR, mistakes=[(1 - auc, BELOW)])

    @pytest.mark.needs("TestAuc::test_value")
    @pytest.mark.parametrize("scores", ["four levels", "all equal"])
    def test_ties(self, submission, rng, scores):
        """Equal scores count one half, in whatever order the samples stand"""
        if scores == "four levels":
            y, s = settle(lambda: draw_ties(rng), tie_cases)
            note = f"right without ties, wrong with them: {SHARE}"
        else:
            y, s = np.repeat([1, 0, 1], [30, 49, 21]), np.full(100, 0.25)
            note = f"constant scores must give 0.5: {SHARE}"
        auc, mistakes = tie_cases(y, s)[0]
        checks.close(submission.roc_auc(y, s), auc, name="auc", **NEAR, mistakes=mistakes, note=note)

    @pytest.mark.needs("TestAuc::test_ties")
    @pytest.mark.parametrize("scores", list(SCORES))
    def test_order_only(self, submission, rng, scores):
        """Only the order of the scores counts, not their size"""
        scores_of, merged, sentence, note = SCORES[scores]
        while True:
            y, rank = rng.permutation(np.repeat([1, 0], [6, 5])), rng.permutation(11) - 5.0
            s = scores_of(rank)
            auc = auc_of(y, s)
            mistakes = [(auc_of(y, merged(s)), sentence), *flipped(auc)]
            # Where scores are equal, an odd number of tied pairs, as in `draw_ties`.
            odd = all(np.sum(v[y == 1, None] == v[y == 0]) % 2 for v in (s, merged(s)))
            if abs(auc - 0.5) > 0.1 and apart(auc, mistakes) and (odd or len(np.unique(s)) == len(s)):
                break
        note = note or sentence
        checks.close(submission.roc_auc(y, s), auc, name="auc", **NEAR, mistakes=mistakes, note=note)

    @pytest.mark.needs("TestAuc::test_ties")
    @pytest.mark.parametrize("kind", list(LEVELS))
    def test_dtypes(self, submission, rng, kind):
        """Scores may be integers of any size, or float32"""
        levels = LEVELS[kind]
        while True:
            y, level = rng.permutation(np.repeat([1, 0], [6, 9])), rng.permutation(np.resize(np.arange(4), 15))
            s = levels[level]
            auc, ranks = auc_of(y, s), midranks(s)
            mistakes = [
                *flipped(auc),
                (
                    auc_of_ranks(y, np.floor(ranks)),
                    "average ranks of ties end in .5: an array of integers cuts that off",
                ),
                (auc_of_ranks(y, np.ceil(ranks)), "average ranks of ties end in .5: here they are rounded"),
            ]
            if kind in ("uint8", "int64, both ends"):
                lowest = f"the score {levels[0]} becomes the highest instead of the lowest"
                wrapped = auc_of(y, np.where(level == 0, 4, level))
                mistakes.append((wrapped, f"-scores wraps around in {levels.dtype}: {lowest}"))
            if kind == "int64, both ends":
                tied = "the difference of two scores wraps around in int64: scores far apart are taken for ties"
                mistakes.append((auc_of(y, np.where(level == 2, 1, level)), tied))
            if kind == "int64, large":
                tied = "different int64 scores are taken for ties: above 2^53 a float does not hold each whole number"
                mistakes.append((0.5, tied))
            if apart(auc, mistakes):
                break
        note = f"right for float64, wrong for {kind}"
        if not right_there(submission.roc_auc(y, level.astype(np.float64)), auc):
            note, mistakes = "wrong for the scores 0, 1, 2 and 3 in float64, too", flipped(auc)
        checks.close(submission.roc_auc(y, s), auc, name="auc", **NEAR, mistakes=mistakes, note=note)

    @pytest.mark.needs("TestAuc::test_ties")
    def test_many(self, submission, rng):
        """Six hundred thousand scores fit into the limits"""
        y = rng.permutation(np.resize([0, 1], MANY))
        s = rng.normal(size=MANY) + y
        s[::2] = rng.permutation(s[1::2])  # 300,000 values, each of them twice
        negatives = np.sort(s[y == 0])
        below = np.searchsorted(negatives, s[y == 1], "left") + np.searchsorted(negatives, s[y == 1], "right")
        auc = float(np.sum(below) / 2 / np.sum(y == 1) / np.sum(y == 0))
        note = (
            f"n_pos n_neg is {MANY**2 // 4:.3g} here: no array and no loop over all pairs, or over all thresholds and "
            "samples; sort once"
        )
        try:
            got = submission.roc_auc(y, s)
        except Failed as failed:
            if failed.outcome not in (Outcome.TIMEOUT, Outcome.MEMORY_LIMIT):
                raise
            raise Failed(failed.outcome, dataclasses.replace(failed.failure, note=note), failed.error) from None
        note = "right for few samples, wrong for many"
        if not right_there(submission.roc_auc(y[:60], s[:60]), auc_of(y[:60], s[:60])):
            note = "wrong for the first 60 of these samples, too"
        # Rank sums in float32 are off by some 1e-6 here, which this test is not about.
        checks.close(got, auc, name="auc", rtol=0.0, atol=1e-4, note=note)

    def test_one_class(self, submission):
        """Samples of one class only are a ValueError"""
        for label, word in enumerate(("negative", "positive")):
            note = f"there are only {word} samples: no pair to compare, so the AUC has no value"
            y, s = np.full(4, label), np.array([0.1, 0.7, 0.7, 0.2])
            checks.raises(submission.roc_auc, y, s, error="ValueError", note=note)

    def test_nan(self, submission):
        """A score that is NaN is a ValueError"""
        note = "a NaN has no place in the order: a sort puts it last, as if it were the highest score"
        s = np.array([0.1, math.nan, 0.7, 0.2])
        checks.raises(submission.roc_auc, np.array([0, 1, 1, 0]), s, error="ValueError", note=note)


def interval_cases(k, n, z):
    """(right value, mistakes) of both ends; `k` answers of `n` are right."""
    p = k / n
    low, high = wilson_of(k, n, z)
    shrink, center = 1 + z**2 / n, p + z**2 / (2 * n)
    spread = p * (1 - p) / n
    half = z * math.sqrt(spread + z**2 / (4 * n**2))
    more = center / shrink
    for sign, right, end in ((-1, low, "low"), (1, high, "high")):
        plain = p + sign * z * math.sqrt(spread)
        continuity = math.sqrt(z**2 + 2 * sign - 1 / n + 4 * p * (n * (1 - p) - sign))
        mistakes = [
            (plain, "this is p -+ z sqrt(p (1 - p) / n), which has length 0 at p = 1: Wilson's interval is asked for"),
            (more + sign * z * math.sqrt(more * (1 - more) / (n + z**2)), "this is the Agresti-Coull interval"),
            (center + sign * half, "the division by 1 + z^2 / n is missing"),
            (center / shrink + sign * half, "the root is not divided by 1 + z^2 / n"),
            (center + sign * half / shrink, "the center is not divided by 1 + z^2 / n"),
            (p + sign * half / shrink, "the center is shifted: p + z^2 / (2 n), over 1 + z^2 / n"),
            ((center + sign * z * math.sqrt(spread)) / shrink, "z^2 / (4 n^2) is missing below the root"),
            ((center + sign * half / z) / shrink, "the root is not multiplied by z"),
            (
                (2 * n * p + z**2 + sign * (z * continuity + 1)) / (2 * (n + z**2)),
                "this is Wilson's interval with a continuity correction: the formula of the statement has none",
            ),
            (low + high - right, "low and high are exchanged"),
        ]
        if z != 1.96:
            mistakes.append((wilson_of(k, n, 1.96)[(sign + 1) // 2], f"z is not used: `{end}` is that of z = 1.96"))
        yield right, mistakes


def check_interval(got, cases):
    for value, name, (right, mistakes) in zip(checks.unpack(got, "low", "high"), ("low", "high"), cases, strict=True):
        checks.number(value, name=name)
        checks.close(value, right, name=name, **NEAR, mistakes=mistakes)


class TestInterval:
    @pytest.mark.parametrize("level", ["95 %", "another"])
    def test_values(self, submission, rng, level):
        """The ends are those of Wilson's interval, for the z that is given"""

        def draw():
            n = int(rng.integers(12, 30))
            return int(n * rng.uniform(0.6, 0.85)), n, 1.96 if level == "95 %" else float(rng.uniform(2.3, 3))

        k, n, z = settle(draw, interval_cases)
        got = submission.accuracy_interval(k, n) if level == "95 %" else submission.accuracy_interval(k, n, z)
        check_interval(got, interval_cases(k, n, z))

    @pytest.mark.needs("TestInterval::test_values")
    def test_ends(self, submission):
        """With no answer right, or all of them, the interval stays inside of [0, 1] and has a length"""
        for z in (1.0, 1.96, 2.576):
            for n in (1, 2, 3, 7, 10, 29, 50, 110, 1000, 10**6):
                for k, ends in ((0, (0.0, z**2 / (n + z**2))), (n, (n / (n + z**2), 1.0))):
                    got = checks.unpack(submission.accuracy_interval(k, n, z), "low", "high")
                    for value, name, right in zip(got, ("low", "high"), ends, strict=True):
                        note = f"{k} of {n} answers are right, which does not make their share certain"
                        checks.close(value, right, name=name, **NEAR, note=note)
                        note = f"rounding carries an end outside of [0, 1] at {k} of {n}: clip it"
                        checks.between(value, 0.0, 1.0, name=name, note=note)

    def test_refused(self, submission):
        """Counts that are no proportion are a ValueError"""
        for n_correct, n in ((0, 0), (-1, 10), (11, 10), (-3, -5)):
            note = f"{n_correct} of {n} is no proportion"
            # With z = 3 the root exists, so that no ValueError of math.sqrt stands in for the check.
            checks.raises(submission.accuracy_interval, n_correct, n, 3.0, error="ValueError", note=note)


# Functions of two arrays of labels, with what else they take.
OF_LABELS = [
    ("confusion_matrix", 4),
    ("precision_recall_f1", "macro", 4),
    ("precision_recall_f1", "micro", 4),
    ("per_class_recall", 4),
]
FUNCTIONS = [*OF_LABELS, ("precision_recall_f1",), ("roc_auc",)]


def named(function, more):
    return f"{function}(y_true, {'scores' if function == 'roc_auc' else 'y_pred'}{''.join(f', {v!r}' for v in more)})"


class TestErrors:
    def test_shapes(self, submission):
        """Different shapes are a ValueError, also where NumPy would broadcast them"""
        for first, second in (((5, 1), (5,)), ((5,), (1,)), ((5,), (4,)), ((1, 5), (5, 1))):
            y_true, y_pred = np.resize([0, 1, 1, 0, 1], first), np.resize([0, 1, 1, 0, 1], second)
            for function, *more in FUNCTIONS:
                note = (
                    f"{named(function, more)} with shapes {first} and {second}: samples are paired with others, or lost"
                )
                other = y_pred.astype(float) if function == "roc_auc" else y_pred
                checks.raises(getattr(submission, function), y_true, other, *more, error="ValueError", note=note)

    def test_labels(self, submission):
        """A label that is none of the classes is a ValueError"""
        for label in (4, -1):
            for where in ("y_true", "y_pred"):
                y_true, y_pred = np.array([0, 2, 1, 3, 2]), np.array([0, 1, 1, 3, 0])
                (y_true if where == "y_true" else y_pred)[1] = label
                for function, *more in OF_LABELS:
                    note = (
                        f"{named(function, more)} with the label {label} in {where}: it is none of the classes 0 .. 3"
                    )
                    checks.raises(getattr(submission, function), y_true, y_pred, *more, error="ValueError", note=note)

    def test_binary_labels(self, submission):
        """Where there are two classes, a label that is neither 0 nor 1 is a ValueError"""
        for label in (2, -1):
            good, bad = np.array([0, 1, 1, 0]), np.array([0, 1, 1, label])
            for args in ((good, bad), (bad, good)):
                note = f"precision_recall_f1, binary, with the label {label}: labels are 0 and 1, and no other is a negative"
                checks.raises(submission.precision_recall_f1, *args, error="ValueError", note=note)
            note = f"roc_auc takes the label {label} for one of its two classes: labels are 0 and 1"
            checks.raises(submission.roc_auc, bad, np.array([0.1, 0.9, 0.4, 0.4]), error="ValueError", note=note)

    def test_average(self, submission):
        """An unknown average, or an average over an unknown number of classes, is a ValueError"""
        y = np.array([0, 1, 1, 0])
        for average in ("weighted", "Macro"):
            note = f'average="{average}" is none of the three words, and must not pass for one of them'
            checks.raises(submission.precision_recall_f1, y, y, average, 2, error="ValueError", note=note)
        for average in ("macro", "micro"):
            note = f"{average} without n_classes: the labels that occur do not tell how many classes there are"
            checks.raises(submission.precision_recall_f1, y, y, average, error="ValueError", note=note)


class TestManners:
    @pytest.mark.needs(
        "TestConfusion::test_counts",
        "TestBinary::test_f1",
        "TestAverages::test_macro",
        "TestAverages::test_micro",
        "TestRecall::test_values",
        "TestAuc::test_ties",
    )
    @pytest.mark.parametrize(("first", "second"), [("uint8", "int64"), ("int8", "int8")])
    def test_narrow_labels(self, submission, rng, first, second):
        """Labels of a narrow dtype give the same"""
        binary = rng.permutation(np.repeat([[1, 1], [0, 1], [1, 0], [0, 0]], [300, 140, 130, 270], axis=0)).T
        classes = rng.integers(0, 20, (2, 400))
        classes[1, ::2] = classes[0, ::2]
        classes = np.append(classes, np.full((2, 300), 7), axis=1)  # more of one class than a byte can count
        # With 300 classes, n_classes itself does not fit into the dtype of the labels.
        averages = [(name, *rest[:-1], k) for k in (20, 300) for name, *rest in OF_LABELS]
        for function, *more in [*averages, *FUNCTIONS[-2:]]:
            y_true, other = (classes if more else binary).copy()
            last = second
            if function == "roc_auc":
                other, last = other + rng.integers(0, 2, 840) / 2, "float64"
            call = getattr(submission, function)
            wide = call(y_true, other, *more)
            got = call(y_true.astype(first), other.astype(last), *more)
            note = f"labels of {first} and {last} give something else than int64: counts, products or sums wrap around"
            name = named(function, more)
            # The yardstick is the submission itself in int64, so that a mistake is not explained twice.
            if function == "precision_recall_f1":
                values = zip(checks.unpack(got, *NAMES), checks.unpack(wide, *NAMES), NAMES, strict=True)
                for narrow, right, part in values:
                    checks.close(narrow, checks.number(right, name=part), name=f"{part} of {name}", **NEAR, note=note)
            elif function == "confusion_matrix":
                checks.equal(got, checks.array(wide, name=name), name=name, note=note)
            elif function == "per_class_recall":
                checks.close(got, checks.array(wide, name=name), name=name, **NEAR, note=note)
            else:
                checks.close(got, checks.number(wide, name=name), name=name, **NEAR, note=note)

    def test_arguments(self, submission, rng):
        """No function changes its arguments"""
        y_true, y_pred = draw_classes(rng)
        for function, *more in OF_LABELS:
            checks.unchanged(getattr(submission, function), y_true, y_pred, *more)
        y, s = draw_ties(rng)
        checks.unchanged(submission.precision_recall_f1, y, y[::-1].copy())
        checks.unchanged(submission.roc_auc, y, s)
        s[:4] = np.inf, -np.inf, np.finfo(float).max, 0.0
        checks.unchanged(submission.roc_auc, y, s)
