"""Hidden suite of spot-the-wrong-numbers.

Expected values: the worked example on paper and by other identities; claims are made from whole numbers of units, so
that the rounding is known before the value is; reports are made honest first and then falsified.
"""

import math
from itertools import combinations

import numpy as np
import pytest

from grader import checks

FULL = {"rtol": 1e-9, "atol": 0.0, "dtype": None}
ROUNDED = "results are not rounded: return the full float"


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def number(numbers, key, expected, mistakes):
    """Checks one number of the worked example."""
    got = numbers[key]
    short = [float(np.float32(expected)), *(round(expected, decimals) for decimals in range(3, 10))]
    rounded = isinstance(got, float | np.floating) and any(abs(got - value) < 1e-12 for value in short)
    note = ROUNDED if rounded else ""
    checks.close(got, expected, name=f'numbers["{key}"]', **FULL, mistakes=mistakes, note=note)


class TestRecompute:
    def test_functions(self, submission):
        """The values of sigmoid and tanh"""
        keys = ["sigmoid(-3)", "sigmoid(2)", "tanh(-3)", "tanh(2)"]
        numbers = checks.mapping(submission.recompute(), keys, name="numbers")
        printed = "this is the printed number: recompute it"
        e3, e2 = math.exp(-3), math.exp(-2)
        number(numbers, "sigmoid(-3)", e3 / (1 + e3), [(0.05, printed), (sigmoid(3), "this is sigmoid(3)")])
        number(numbers, "sigmoid(2)", 1 / (1 + e2), [(0.86, printed), (sigmoid(-2), "this is sigmoid(-2)")])
        number(numbers, "tanh(-3)", -(1 - e3**2) / (1 + e3**2), [(-0.999, printed), (math.tanh(3), "the sign is lost")])
        number(numbers, "tanh(2)", (1 - e2**2) / (1 + e2**2), [(0.96, printed), (math.tanh(1), "this is tanh(1)")])

    def test_neuron(self, submission):
        """The neuron: z2 and a2"""
        numbers = checks.mapping(submission.recompute(), ["z2", "a2"], name="numbers")
        z_mistakes = [
            (2.4, "this is the printed number: there the bias was added as 0.5; recompute the chain"),
            (1.9, "the bias is missing: recompute the chain"),
            (2.6, "the inputs are exchanged: w1 belongs to x1"),
        ]
        number(numbers, "z2", 2.9, z_mistakes)
        a_mistakes = [
            (0.91, "this is the printed number; recompute the chain"),
            (sigmoid(2.4), "this is sigmoid(2.4): the printed z2 is wrong; recompute the chain"),
            (sigmoid(1.9), "this is sigmoid(1.9): the bias is missing"),
            (sigmoid(-2.9), "this is sigmoid(-z2): the exponent has the wrong sign"),
            (math.tanh(2.9), "this is tanh(z2)"),
        ]
        number(numbers, "a2", math.exp(2.9) / (1 + math.exp(2.9)), a_mistakes)

    @pytest.mark.needs("TestRecompute::test_neuron")
    def test_backward(self, submission):
        """The backward pass: delta2 and w1_new"""
        numbers = checks.mapping(submission.recompute(), ["delta2", "w1_new"], name="numbers")
        a = sigmoid(2.9)
        right = 0.1 * 0.25 / math.cosh(1.45) ** 2  # sigmoid'(z) = 1 / (4 cosh^2(z / 2))
        number(
            numbers,
            "delta2",
            right,
            [
                (0.0031, "this is the printed number; recompute the chain"),
                (0.1 * 0.42, "the printed slope 0.42 is impossible: sigmoid' cannot exceed 0.25"),
                (0.1, "the slope of the sigmoid is missing: delta2 is dC/dz2, not dC/da2"),
                (0.1 * a, "this is dC/da2 times a2: the slope is a2 (1 - a2)"),
                (0.1 * (1 - a), "this is dC/da2 times 1 - a2: the slope is a2 (1 - a2)"),
                (a * (1 - a), "this is the slope alone: multiply by dC/da2"),
                (0.1 * sigmoid(2.4) * (1 - sigmoid(2.4)), "the slope is taken at the printed z2 = 2.4"),
                (0.1 * sigmoid(a) * (1 - sigmoid(a)), "the slope is taken at a2: sigmoid'(z2) = a2 (1 - a2)"),
                (0.1 * (1 - a**2), "this is the slope of tanh: the sigmoid has a2 (1 - a2)"),
                (0.1 * 2.9 * (1 - 2.9), "the slope is a2 (1 - a2), with a2 and not with z2"),
            ],
        )
        number(
            numbers,
            "w1_new",
            3 - 0.1 * right * 0.5,
            [
                (0.49845, "the printed number updates 0.5, which is the input: w1 was 3"),
                (0.5 - 0.1 * right * 0.5, "this updates the input: w1 was 3"),
                (3 + 0.1 * right * 0.5, "the step goes uphill: subtract"),
                (3 - right * 0.5, "lr is missing"),
                (3 - 0.1 * right, "x1 is missing: dC/dw1 = delta2 x1"),
                (3 - 0.1 * right * 0.2, "this takes x2: dC/dw1 = delta2 x1"),
                (3 - 0.1 * right * 3, "this takes w1 for x1: dC/dw1 = delta2 x1"),
                (3 - 0.1 * 0.0031 * 0.5, "this takes the printed delta; recompute the chain"),
                (3 - 0.1 * 0.1 * 0.5, "this takes dC/da2 for delta2: the slope is missing"),
            ],
        )

    def test_layer(self, submission):
        """The layer: W^T x + b, and its ReLU"""
        numbers = checks.mapping(submission.recompute(), ["layer_z", "relu_layer"], name="numbers")
        mistakes = [
            (np.array([2.0, 1.0]), "this is W x without the bias, as printed: compute W^T x + b"),
            (np.array([2.0, 2.0]), "this is W x + b: the statement has the transpose, W^T x + b"),
            (np.array([2.0, -1.0]), "this is W^T x: the bias is missing"),
            (np.array([0.0, 1.0]), "this is the bias alone"),
        ]
        for key in ("layer_z", "relu_layer"):  # 2 and -1 + 1: the ReLU changes neither
            checks.close(
                numbers[key],
                np.array([2.0, 0.0]),
                name=f'numbers["{key}"]',
                rtol=1e-9,
                atol=1e-9,
                dtype=None,
                mistakes=mistakes,
            )


def claim(submission, value, claimed, expected, note):
    """Checks one verdict about a printed number."""
    checks.equal(submission.claim_is_right(value, claimed), expected, name="claim_is_right", note=note)


def accept(submission, value, claimed, plain, note):
    """Checks that a claim is accepted; the note is for those who accept it in plain form, for the size of the value."""
    got = submission.claim_is_right(value, claimed)
    if isinstance(got, bool | np.bool_) and not got:
        control = submission.claim_is_right(abs(value), plain)
        if isinstance(control, bool | np.bool_) and not control:
            note = f"{claimed} was rejected for {value}: it is what rounding to the nearest gives"
    checks.equal(got, True, name="claim_is_right", note=note)


def printed(units, decimals):
    """A whole number of units of the last decimal, as text: -995 with 3 decimals is -0.995."""
    digits = str(abs(units)).rjust(decimals + 1, "0")
    point = len(digits) - decimals
    return "-" * (units < 0) + digits[:point] + "." * (decimals > 0) + digits[point:]


# Decimals, and between which values: usual claims, and those with many digits. With nine decimals a float near 98 is
# right to 1e-5 units of the last digit.
USUAL = [(decimals, 0, 99) for decimals in (1, 2, 3, 4, 6)]
LONG = [(8, 20, 99), (9, 20, 99), *((decimals, 100_000, 1_000_000) for decimals in (1, 2, 3))]


def draw_claims(rng, nearest, farthest, kinds=USUAL):
    """Values and claims: the value lies so many units of the last digit from the claim, on either side."""
    for decimals, low, high in kinds:
        for sign in (1, -1):
            for side in (1, -1):
                tens = int(rng.integers(max(1, low * 10**decimals // 10), high * 10**decimals // 10))
                units = sign * (10 * tens + int(rng.integers(1, 10)))  # a last digit 0 has a test of its own
                yield (units + side * rng.uniform(nearest, farthest)) / 10**decimals, printed(units, decimals)


class TestClaims:
    def test_loose(self, submission, rng):
        """A number that is only somewhere near is wrong"""
        cases = [(sigmoid(2), "0.86"), (math.tanh(-3), "-0.999"), (2.9, "2.4"), (sigmoid(2.9), "0.91")]
        cases += [(0.00494336, "0.0031"), (2.99975283, "0.49845"), (0.0494336, "0.42")]
        for value, claimed in [*cases, *draw_claims(rng, 1.2, 2.5)]:
            note = f"{claimed} was accepted for {value:.9g}: round, do not compare loosely"
            claim(submission, value, claimed, False, note)

    def test_rounded(self, submission, rng):
        """A number that is rounded to the nearest is right"""
        cases = [(sigmoid(-3), "0.05"), (math.tanh(2), "0.96"), (sigmoid(2.9), "0.95"), (sigmoid(2.4), "0.92")]
        cases += [(sigmoid(2), "0.881"), (math.tanh(-3), "-0.995"), (0.30000000000000004, "0.3")]
        for value, claimed in [*cases, *draw_claims(rng, 0.02, 0.45), *draw_claims(rng, 0.02, 0.45, LONG)]:
            note = f"{claimed} was rejected for {value:.13g}: it is what rounding to the nearest gives"
            claim(submission, value, claimed, True, note)

    @pytest.mark.needs("TestClaims::test_rounded", "TestClaims::test_loose")
    def test_last_digit(self, submission, rng):
        """A last digit that is off by one is wrong, also if the rest was cut off"""
        for value, claimed in [(sigmoid(2.4), "0.91"), *draw_claims(rng, 0.55, 0.95)]:
            note = f"{claimed} was accepted for {value:.9g}: at most half a unit of the last digit is rounding, "
            note += "cutting digits off is not"
            claim(submission, value, claimed, False, note)
        for value, claimed in draw_claims(rng, 0.55, 0.95, LONG):
            note = f"{claimed} was accepted for {value:.13g}: its last digit is off by one, and with so many digits "
            note += "that is less than a tolerance of your own: compare without one"
            claim(submission, value, claimed, False, note)

    @pytest.mark.needs("TestClaims::test_rounded", "TestClaims::test_loose")
    def test_zeros(self, submission, rng):
        """A zero at the end is a digit"""
        for value, claimed in ((0.92, "0.90"), (0.8972, "0.900"), (-3.04, "-3.00"), (0.004, "0.000")):
            note = f"{claimed} was accepted for {value}: a zero at the end is a digit, which float(claimed) forgets"
            claim(submission, value, claimed, False, note)
        for value, claimed in ((0.92, "0.9"), (0.8996, "0.900"), (-3.004, "-3.00"), (0.0004, "0.000")):
            claim(submission, value, claimed, True, f"{claimed} was rejected for {value}: it is what rounding gives")

    @pytest.mark.needs("TestClaims::test_rounded", "TestClaims::test_loose")
    def test_ones(self, submission, rng):
        """Without a point the last digit is that of the ones"""
        value = float(rng.integers(1, 9)) + 0.7
        up, down = printed(math.ceil(value), 0), printed(math.floor(value), 0)
        note = "without a point there are no decimals: round to a whole number"
        claim(submission, value, up, True, f"{up} was rejected for {value}; {note}")
        claim(submission, value, down, False, f"{down} was accepted for {value}; {note}")
        claim(submission, -value, f"-{up}", True, f"-{up} was rejected for {-value}; {note}")
        claim(submission, 1234.0, "1234", True, f"1234 was rejected for 1234; {note}")
        note = "1230 was accepted for 1234: its last digit is that of the ones, also if it is a 0"
        claim(submission, 1234.0, "1230", False, note)

    @pytest.mark.needs("TestClaims::test_rounded")
    def test_signs(self, submission):
        """The sign counts, but not that of zero, nor do zeros in front"""
        for value, claimed in ((0.88, "-0.88"), (-0.995, "0.995"), (-2.0, "2")):
            claim(submission, value, claimed, False, f"{claimed} was accepted for {value}: the sign is wrong")
        for value, claimed in ((-0.002, "0.00"), (0.002, "-0.00"), (-0.2, "0"), (-0.002, "-0.00")):
            note = f"{claimed} was rejected for {value}: -0.00 and 0.00 are the same number, compare no texts"
            accept(submission, value, claimed, claimed.lstrip("-"), note)
        for value, claimed, plain in ((7.2, "007", "7"), (0.5003, "00.50", "0.50"), (-12.34, "-0012.3", "12.3")):
            note = f"{claimed} was rejected for {value}: zeros in front change nothing, compare numbers and not texts"
            accept(submission, value, claimed, plain, note)


NEEDS = {
    "ACC_NOT_MULTIPLE": frozenset({"accuracy", "n_eval"}),
    "ACC_VS_PREDICTIONS": frozenset({"accuracy", "labels", "probabilities"}),
    "CHANCE_VIOLATED": frozenset({"accuracy", "n_eval", "labels_random", "n_inputs", "n_hidden"}),
    "LOSS_BELOW_BOUND": frozenset({"accuracy", "loss"}),
    "LOSS_VS_PREDICTIONS": frozenset({"loss", "labels", "probabilities"}),
}
# A tolerance is 1e-3 (1e-4 for multiples of 1/n); these errors lie 40 % of it away from the threshold.
ALLOWED, FLAGGED = 0.0006, 0.0014
# (n, d, h, k): with k right of n the rule is broken by 0.26, 0.038, 0.11 and 0.014 bits, and with k - 1 it is kept by
# 1.3, 0.38, 0.26 and 0.82 bits. The bits are sums of some hundreds: float64 is right to 1e-11 of them.
LIMITS = [(1000, 2, 2, 744), (20000, 3, 2, 11432), (30000, 2, 3, 16915), (5000, 1, 4, 3202)]


def audit(submission, report, expected, note):
    """Checks the codes for one report."""
    got = submission.audit_transcript(report)
    checks.equal(got, expected, name="codes", note=other_fault(report, got) or note)


def flag(submission, report, code, note):
    """Checks that a report breaks this rule and no other."""
    audit(submission, report, [code], f"{code} is expected alone: {note}")


def clean(submission, report, note, guesses=()):
    """Checks that a report breaks no rule.

    `guesses` are (key, value, sentence): if the honest report is flagged, and with this value it is not, then the
    sentence names the mistake.
    """
    got = submission.audit_transcript(report)
    if is_flagged(got):
        answers = ((text, submission.audit_transcript({**report, key: value})) for key, value, text in guesses)
        tried = (text for text, codes in answers if not is_flagged(codes))
        note = other_fault(report, got) or next(tried, note)
    checks.equal(got, [], name="codes", note=note)


def other_fault(report, codes):
    """What to say if the answer is no list, or random labels are flagged for an accuracy that is a k / n; or nothing."""
    if not isinstance(codes, list):
        return "the codes come in a list, which is empty if no rule is broken"
    # The report in which all rules are broken has labels.
    listed = any(isinstance(code, str) and code == "ACC_NOT_MULTIPLE" for code in codes)
    if not listed or "labels_random" not in report or "labels" in report:
        return ""
    return f"accuracy {report['accuracy']:.6g} is a whole number of {report['n_eval']}: no ACC_NOT_MULTIPLE"


def is_flagged(codes):
    return not (isinstance(codes, list) and len(codes) == 0)


def own_bound(submission, accuracy):
    """The loss below which the submission flags a report of this accuracy, with the name of its mistake."""
    low, high = 0.0, 4.0
    for _ in range(20):
        middle = (low + high) / 2
        flagged = is_flagged(submission.audit_transcript({"accuracy": accuracy, "loss": middle}))
        low, high = (middle, high) if flagged else (low, middle)
    wrong, log2 = 1 - accuracy, math.log(2)
    for value, text in (
        (wrong - 1e-3, "one bit for each error: the loss has natural logarithms, so log 2 = 0.693"),
        (accuracy * log2 - 1e-3, "log 2 for each right decision: it is the errors that cost"),
        (log2 - 1e-3, "log 2 whatever the accuracy: only the errors cost so much"),
        (-math.log(accuracy) - 1e-3, "-log(accuracy): each error costs log 2 or more, the rest may cost 0"),
        (wrong * log2 + 1e-3, "the 1e-3 for rounding stand on the wrong side"),
        (wrong * log2, "the 1e-3 for rounding are missing"),
    ):
        if abs(high - value) < 1e-4:
            return f"you flag losses below {high:.4f} at accuracy {accuracy:g}: {text}"
    return ""


def bits_of(n, d, h, hidden=None, every=None, log=math.log2, first=2, second=4):
    """B of the statement, or of a mistake."""
    p1 = h * (d + 1) if hidden is None else hidden
    p = p1 + h + 1 if every is None else every
    return 2 + p1 * log(first * math.e * n * h / p1) + p * log(second * math.e * n / p)


def smallest_violation(n, bits):
    """The smallest number of right decisions, of n, that is not to be explained."""

    def score(k):
        return n * (1 + sum(q * math.log2(q) for q in (k / n, 1 - k / n) if q))

    return next((k for k in range(n // 2 + 1, n + 1) if score(k) > bits), n + 1)


def own_limit(submission, n, d, h):
    """Where the submission begins to flag random labels, and the mistake with which one begins there."""
    report = {"n_eval": n, "labels_random": True, "n_inputs": d, "n_hidden": h}
    low, high = n // 2, n + 1  # low is not flagged, high is
    while high - low > 1:
        middle = (low + high) // 2
        flagged = is_flagged(submission.audit_transcript({**report, "accuracy": middle / n}))
        low, high = (low, middle) if flagged else (middle, high)
    for bits, text in (
        (bits_of(n, d, h), "without the 20 bits of margin"),
        (bits_of(n, d, h, hidden=h * d) + 20, "with P1 = h d: each hidden unit has a bias too"),
        (bits_of(n, d, h, every=h * (d + 1) + h) + 20, "with P = P1 + h: the output has a bias too"),
        (bits_of(n, d, h, every=h + 1) + 20, "with P of the output layer alone: it counts all parameters"),
        (bits_of(n, d, h, log=math.log) + 20, "with natural logarithms"),
        (bits_of(n, h, d) + 20, "with d and h exchanged"),
        (bits_of(n, d, h, second=2) + 20, "with 2 e n / P in place of 4 e n / P"),
        (bits_of(n, d, h, first=2 / h) + 20, "with 2 e n / P1 in place of 2 e n h / P1"),
        (bits_of(n, d, h) + 18, "without the 2 at the beginning of B"),
    ):
        if smallest_violation(n, bits) == high:
            return f"your limit is {high} right ones, as {text}"
    return f"your limit is {high} right ones: compare B and P1, P with the statement"


def draw_predictions(rng):
    """Labels and probabilities, not near the threshold; more right than wrong; both classes occur."""
    n = int(rng.choice([41, 43, 47, 53, 59]))  # no k / n has four decimals
    labels = rng.permutation(np.resize([0, 1], n))
    right = rng.permutation(np.arange(n) < 0.8 * n)
    distance = rng.uniform(0.05, 0.45, n)
    return labels, 0.5 + np.where((labels == 1) == right, distance, -distance)


def accuracy_of(labels, probabilities):
    return sum((p > 0.5) == (y == 1) for y, p in zip(labels, probabilities, strict=True)) / len(labels)


def loss_of(labels, probabilities):
    true_class = [p if y == 1 else 1 - p for y, p in zip(labels, probabilities, strict=True)]
    return -math.fsum(math.log(min(max(q, 1e-7), 1 - 1e-7)) for q in true_class) / len(labels)


class TestAudit:
    def test_multiple(self, submission, rng):
        """No whole number of samples has this accuracy"""
        cases = [(200, 0.8970)]
        for _ in range(6):
            n = int(rng.integers(30, 400))
            cases.append((n, (int(rng.integers(1, n - 1)) + rng.uniform(0.25, 0.75)) / n))
        cases += [(200, 0.895 + FLAGGED / 10), (200, 0.895 - FLAGGED / 10)]
        for n, accuracy in cases:
            note = f"accuracy {accuracy:.6g} on {n} samples would be {accuracy * n:.5g} right ones; "
            note += f"the tolerance is 1e-4 in the accuracy, here {1e-4 * n:.2g} samples"
            flag(submission, {"n_eval": n, "accuracy": accuracy}, "ACC_NOT_MULTIPLE", note)

    def test_printed_accuracy(self, submission, rng):
        """An accuracy that was printed in float32 or to four decimals is possible"""
        for _ in range(8):
            n = int(rng.integers(150, 400))
            accuracy = int(rng.integers(n // 2, n)) / n
            for shown, words in (
                (accuracy, "the float nearest to k / n"),
                (float(np.float32(accuracy)), "float32 prints are not exact"),
                (round(accuracy, 4), "accuracies are printed to four decimals"),
            ):
                note = f"accuracy {shown!r} on {n} samples was flagged: {words}"
                clean(submission, {"n_eval": n, "accuracy": shown}, note)
        note = "accuracy 0.8999999761581421 on 200 samples was flagged: float32 prints are not exact"
        clean(submission, {"n_eval": 200, "accuracy": 0.8999999761581421}, note)
        note = "accuracy 0.3333 on 3000 samples was flagged: the tolerance is 1e-4 in the accuracy, not in a n"
        clean(submission, {"n_eval": 3000, "accuracy": 0.3333}, note)
        for accuracy in (0.895 + ALLOWED / 10, 0.895 - ALLOWED / 10):
            note = f"accuracy {accuracy:g} on 200 samples was flagged: the tolerance is 1e-4"
            clean(submission, {"n_eval": 200, "accuracy": accuracy}, note)
        for accuracy in (0.0, 1.0):
            clean(submission, {"n_eval": 7, "accuracy": accuracy}, f"accuracy {accuracy:g} was flagged: it is possible")

    def test_accuracy_of_predictions(self, submission, rng):
        """The predictions give another accuracy than the report"""
        labels, probabilities = draw_predictions(rng)
        right = accuracy_of(labels, probabilities)
        report = {"labels": labels, "probabilities": probabilities}
        note = f"the predictions have accuracy {right:.4f}, up to 1e-3 as reported: a decision is 1 where p > 0.5"
        yes, ones = probabilities > 0.5, labels == 1
        guesses = [
            (
                "accuracy",
                1 - right,
                "p is the probability of class 1: a decision is 1 where p > 0.5, not where p < 0.5",
            ),
            ("accuracy", float(yes[ones].mean()), "this is the recall: decisions for class 0 can be right too"),
            ("accuracy", float(ones[yes].mean()), "this is the precision: decisions for class 0 can be right too"),
            ("accuracy", float(yes.mean()), "the labels are not used: this is the share of decisions for class 1"),
            ("accuracy", 0.0, "labels are compared with probabilities: turn those into decisions, p > 0.5"),
        ]
        for accuracy in (round(right, 4), right + ALLOWED, right - ALLOWED):
            clean(submission, {**report, "accuracy": accuracy}, note, guesses)
        near = (right + 1 / len(labels), right - 1 / len(labels), right + FLAGGED, right - FLAGGED)
        for accuracy in (*near, 1 - right, 0.0):
            note = f"reported accuracy {accuracy:.4f}, but the predictions have {right:.4f}"
            note += "; an accuracy of 0 is not a missing one" if accuracy == 0.0 else ""
            flag(submission, {**report, "accuracy": accuracy}, "ACC_VS_PREDICTIONS", note)

    @pytest.mark.needs("TestAudit::test_accuracy_of_predictions")
    def test_threshold(self, submission):
        """A probability of exactly one half is a decision for class 0"""
        report = {"labels": np.array([0, 1, 0, 1, 0]), "probabilities": np.array([0.5, 0.9, 0.5, 0.8, 0.2])}
        note = "at p = 0.5 the decision is 0: it is 1 where p > 0.5, not where p >= 0.5"
        clean(submission, {**report, "accuracy": 1.0}, note)
        flag(submission, {**report, "accuracy": 0.6}, "ACC_VS_PREDICTIONS", note)

    def test_loss_of_predictions(self, submission, rng):
        """The predictions give another loss than the report"""
        labels, probabilities = draw_predictions(rng)
        right = loss_of(labels, probabilities)
        report = {"labels": labels, "probabilities": probabilities}
        note = (
            f"the predictions have loss {right:.4f}, up to 1e-3 as reported: the mean of -y log p - (1 - y) log(1 - p)"
        )
        y, p = labels, probabilities
        guesses = [
            ("loss", np.mean(-y * np.log(p)), "only y log p: samples with label 0 cost -log(1 - p)"),
            ("loss", np.mean(-(1 - y) * np.log(1 - p)), "only (1 - y) log(1 - p): samples with label 1 cost -log p"),
            ("loss", right * len(y), "the loss is summed, not averaged over the samples"),
            ("loss", right / math.log(2), "logarithms to base 2: the reported loss has natural ones"),
            ("loss", np.mean((p - y) ** 2), "this is the squared error: the loss is the cross-entropy"),
            ("loss", loss_of(1 - y, p), "p is the probability of class 1, not of class 0"),
            ("loss", -right, "the sign is wrong: the loss is minus the mean logarithm"),
        ]
        for loss in (round(right, 4), right + ALLOWED, right - ALLOWED):
            clean(submission, {**report, "loss": loss}, note, [(key, float(v), text) for key, v, text in guesses])
        for loss in (right + 0.01, right - 0.01, right / 2, right * len(labels), right + FLAGGED, right - FLAGGED, 0.0):
            note = f"reported loss {loss:.4f}, but the predictions have {right:.4f}"
            note += "; a loss of 0 is not a missing one" if loss == 0.0 else ""
            flag(submission, {**report, "loss": loss}, "LOSS_VS_PREDICTIONS", note)

    @pytest.mark.needs("TestAudit::test_loss_of_predictions")
    def test_certain_probabilities(self, submission):
        """Probabilities of 0 and 1, or too close to them, are clipped, and no others"""
        y = np.array([1, 0, 1, 0, 1, 0])
        for p, words in (
            ([1.0, 0.0, 0.8, 0.3, 0.6, 0.0], "right certain predictions"),
            ([0.0, 0.0, 0.8, 1.0, 0.6, 0.0], "wrong certain predictions"),
            ([1e-7, 0.1, 3e-7, 1 - 2e-7, 0.6, 0.2], "wrong predictions, just not to be clipped,"),
            ([1e-12, 0.1, 0.8, 1 - 1e-12, 0.6, 0.2], "wrong and almost certain predictions"),
        ):
            p = np.array(p)
            loss = loss_of(y, p)
            report = {"labels": y, "probabilities": p}
            note = f"loss {loss:.4f} with {words} was flagged: clip p to [1e-7, 1 - 1e-7]"
            added = np.mean(-y * np.log(p + 1e-7) - (1 - y) * np.log(1 - p + 1e-7))
            ends = np.where(p == 0, 1e-7, np.where(p == 1, 1 - 1e-7, p))
            replaced = np.mean(-y * np.log(ends) - (1 - y) * np.log(1 - ends))
            guesses = [
                ("loss", float(added), f"{note}; you add 1e-7 in the logarithm, which changes small p too"),
                ("loss", float(replaced), f"{note}; you replace 0 and 1 alone, and not what lies close to them"),
            ]
            clean(submission, {**report, "loss": round(loss, 4)}, note, guesses)
            note = f"the loss is {loss:.4f}; NaN instead of a verdict? 0 log 0 is NaN, and so is never larger than 1e-3"
            flag(submission, {**report, "loss": loss + 0.2}, "LOSS_VS_PREDICTIONS", note)

    def test_loss_bound(self, submission, rng):
        """A loss below (1 - accuracy) log 2 is impossible"""
        accuracies = [0.9, 0.5, 0.0, *rng.uniform(0.3, 0.9, 4)]
        for accuracy in accuracies:
            bound = (1 - accuracy) * math.log(2)
            for loss in (bound - 0.01, 0.5 * bound, bound - FLAGGED, 0.0):
                report = {"accuracy": accuracy, "loss": loss}
                note = (
                    f"each error costs at least log 2, so accuracy {accuracy:.3g} means a loss of {bound:.4f} or more"
                )
                note += "; a loss of 0 is not a missing one" if loss == 0.0 else ""
                flag(submission, report, "LOSS_BELOW_BOUND", note)
            for loss in (bound + 0.01, 1.1 * bound, round(bound, 4), bound - ALLOWED, bound + 3):
                note = f"loss {loss:.4f} at accuracy {accuracy:.3g} was flagged: the bound is {bound:.4f}"
                note += ", less 1e-3 for rounding" if loss < bound + 0.001 else ", (1 - accuracy) times log 2"
                if is_flagged(submission.audit_transcript({"accuracy": accuracy, "loss": loss})):
                    note = own_bound(submission, 0.9) or note
                clean(submission, {"accuracy": accuracy, "loss": loss}, note)
        for accuracy, loss in ((1.0, 0.0), (0.75, 0.2172), (0.897, 0.3429), (0.99, 0.1048)):
            clean(submission, {"accuracy": accuracy, "loss": loss}, f"loss {loss} at accuracy {accuracy} is possible")
        for loss in (-0.5, -FLAGGED):
            note = f"loss {loss} at accuracy 1: without errors the bound is 0, and a loss below it is impossible too"
            flag(submission, {"accuracy": 1.0, "loss": loss}, "LOSS_BELOW_BOUND", note)

    def test_random_labels(self, submission):
        """A small network cannot fit random labels"""
        size = {"labels_random": True, "n_inputs": 2, "n_hidden": 2}
        for n, accuracy, words in (
            (1000, 0.99, "fits 990 of 1000 coin flips with nine parameters"),
            (5000, 0.9, "fits 4500 of 5000 coin flips with nine parameters"),
            (1000, 1.0, "fits 1000 of 1000 coin flips; is the entropy of accuracy 1 NaN? 0 log2 0 counts as 0"),
        ):
            flag(submission, {**size, "n_eval": n, "accuracy": accuracy}, "CHANCE_VIOLATED", words)

    def test_plausible(self, submission):
        """What chance or a large network can do is no violation"""
        honest = {"n_eval": 1000, "accuracy": 0.52, "labels_random": True, "n_inputs": 2, "n_hidden": 2}
        clean(submission, honest, "accuracy 0.52 on random labels was flagged: that is normal")
        clean(submission, {**honest, "accuracy": 0.7}, "accuracy 0.7 was flagged: memorising may reach 0.743 here")
        note = "labels_random is False, so a high accuracy is welcome"
        clean(submission, {**honest, "accuracy": 0.99, "labels_random": False}, note)
        for accuracy in (0.01, 0.0, 0.5):
            note = f"accuracy {accuracy:g} on random labels was flagged: the rule asks for more than one half"
            clean(submission, {**honest, "accuracy": accuracy}, note)
        note = "a network with 40 hidden units has enough parameters for 1000 labels: here the rule can say nothing"
        for accuracy in (0.99, 1.0):
            clean(submission, {**honest, "accuracy": accuracy, "n_hidden": 40}, note)

    @pytest.mark.needs("TestAudit::test_random_labels", "TestAudit::test_plausible")
    def test_limit(self, submission):
        """The counting bound decides at the very sample"""
        for n, d, h, k in LIMITS:
            report = {"n_eval": n, "labels_random": True, "n_inputs": d, "n_hidden": h}
            note = f"for n = {n}, d = {d}, h = {h} accuracies above {k - 1}/{n} are violations, others are not"
            verdicts = [submission.audit_transcript({**report, "accuracy": j / n}) for j in (k - 1, k)]
            if [is_flagged(codes) for codes in verdicts] != [False, True]:
                note += "; " + own_limit(submission, n, d, h)
            flag(submission, {**report, "accuracy": k / n}, "CHANCE_VIOLATED", note)
            clean(submission, {**report, "accuracy": (k - 1) / n}, note)

    @pytest.mark.needs("TestAudit::test_multiple", "TestAudit::test_loss_bound")
    def test_missing(self, submission, rng):
        """A rule is applied only if all that it needs is there"""
        report = broken(rng)
        keys = sorted(report)
        subsets = [frozenset(c) for size in (0, 1, 2) for c in combinations(keys, size)]
        subsets += [frozenset(keys) - {key} for key in keys]
        for needs in NEEDS.values():
            for key in sorted(needs):  # all but this one, alone and with one that the rule does not need
                subsets += [needs - {key}, *(needs - {key} | {other} for other in keys if other not in needs)]
        for subset in dict.fromkeys(subsets):
            expected = sorted(code for code, needs in NEEDS.items() if needs <= subset)
            if len(expected) < 2:  # the order has a test of its own
                got = submission.audit_transcript({key: report[key] for key in keys if key in subset})
                unseen = isinstance(got, list) and len(got) < len(expected)
                words = (
                    "a rule is broken, all it needs is there" if unseen else "no rule may be applied that needs more"
                )
                note = f"from {', '.join(sorted(subset)) or 'nothing'}: {words}"
                for code, needs in NEEDS.items():
                    if isinstance(got, list) and code in got and not needs <= subset:
                        note += f"; {code} needs {' and '.join(sorted(needs - subset))} too"
                checks.equal(got, expected, name="codes", note=note)

    @pytest.mark.needs("TestAudit::test_missing", "TestAudit::test_loss_of_predictions")
    def test_order(self, submission, rng):
        """All broken rules are listed, in alphabetical order"""
        note = "list every rule that is broken, sorted by its code"
        audit(submission, broken(rng), sorted(NEEDS), note)
        report = {
            "n_eval": 4,
            "accuracy": 0.75,
            "loss": 0.2172,
            "labels": np.array([0, 1, 1, 0]),
            "probabilities": np.array([0.5453, 0.3885, 0.8273, 0.9265]),
        }
        audit(submission, report, ["ACC_VS_PREDICTIONS", "LOSS_VS_PREDICTIONS"], note)

    @pytest.mark.needs("TestAudit::test_multiple")
    def test_arguments(self, submission, rng):
        """The report is left as it was"""
        report = broken(rng)
        report["probabilities"][:2] = 0.0, 1.0
        checks.unchanged(submission.audit_transcript, report)
        for missing in report:
            checks.unchanged(submission.audit_transcript, {key: report[key] for key in report if key != missing})
        checks.unchanged(submission.audit_transcript, {})


def broken(rng):
    """A report that breaks all five rules."""
    return {
        "n_eval": 1000,
        "accuracy": 0.9004,
        "loss": 0.01,
        "labels": rng.permutation(np.resize([0, 1], 1000)),
        "probabilities": rng.uniform(0.1, 0.9, 1000),
        "labels_random": True,
        "n_inputs": 2,
        "n_hidden": 2,
    }
