"""Hidden suite of losses-and-likelihoods.

Expected values: the definitions in float64 at moderate inputs, whole numbers known on paper far out, entropy plus
Kullback-Leibler divergence for smoothed labels, gradients by central differences, densities by quadrature.
"""

import math

import numpy as np
import pytest

from grader import checks

# Most tests compare to a few millionths: so an epsilon, a clip or float32 is explained by the test that shows what it
# does. TestManners::test_digits asks for the accuracy of the statement; so do gradients far out, of which float32 holds
# the right values exactly.
COARSE = {"rtol": 1e-5, "atol": 1e-6}
FAR = {"rtol": 1e-6, "atol": 1e-6}
STRICT = {"rtol": 1e-9, "atol": 1e-12}
EPSILONS = (1e-15, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6)

CEILING = ": an epsilon, or a clipped probability or logit, puts a ceiling on the loss"
CUT = "is a probability in it clipped, or computed with an epsilon? Out here it is 0 or 1 to the last digit"


# The definitions, for inputs that are not far out.
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z, axis=-1):
    e = np.exp(z)
    return e / e.sum(axis=axis, keepdims=True)


def bce_of(z, y):
    p = sigmoid(z)
    return float(np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p)))


def bce_of_clipped(p, y, epsilon):
    p = np.clip(p, epsilon, 1 - epsilon)
    return float(np.mean(-y * np.log(p) - (1 - y) * np.log(1 - p)))


def smoothed(y, k, s=0.0):
    return (1 - s) * np.eye(k)[y] + s / k


def cross_entropy_of(logits, q):
    """Entropy of q plus the divergence of softmax(logits) from q, mean over rows."""
    p = softmax(logits)
    log_q = np.log(np.where(q > 0, q, 1.0))
    return float(np.mean(-(q * log_q).sum(axis=1) + (q * (log_q - np.log(p))).sum(axis=1)))


def gaussian_of(x, mu, sigma):
    return -np.log(np.exp(-((x - mu) ** 2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi)))


def draw_binary(rng, n=7):
    """Logits of both signs, and labels 0 and 1 on both sides."""
    z = rng.uniform(0.3, 5, n) * np.resize([1.0, 1.0, -1.0, -1.0], n)
    order = rng.permutation(n)
    return z[order], np.resize([1.0, 0.0], n)[order]


def draw_classes(rng, n=5, k=3):
    """Logits, and labels of every class, in no order."""
    return rng.normal(0, 1.5, (n, k)), rng.permutation(np.resize(np.arange(k), n))


def draw_gaussian(rng, shape=(3, 4)):
    """x, mu and sigma, all of them away from 0 and from 1."""
    mu = rng.uniform(1, 3, shape)
    sigma = rng.uniform(1.5, 1.9, shape)
    return mu + rng.uniform(0.5, 2.5, shape) * sigma * rng.permuted(np.resize([-1.0, 1.0], shape)), mu, sigma


def loss_of(result, note="a loss is one number: the mean over the samples"):
    loss, _grad = checks.unpack(result, "loss", "grad")
    return checks.number(loss, name="loss", note=note)


def grad_of(result):
    return checks.unpack(result, "loss", "grad")[1]


def finite(values):
    return isinstance(values, np.ndarray) and bool(np.isfinite(values).all())


def refuse(function, call, note):
    """Checks that a call raises ValueError."""
    checks.raises(function, *call, error="ValueError", note=note)


class TestMse:
    @pytest.mark.parametrize("shape", [(7,), (3, 5), (3, 4, 5)], ids=["rank 1", "rank 2", "rank 3"])
    def test_value(self, submission, rng, shape):
        """The loss is the mean of the squared errors over all entries"""
        pred, target = rng.normal(0, 2, (2, *shape))
        error = pred - target
        total = math.fsum(e * e for e in error.flat)
        note = "a loss is one number: the mean over all entries, whatever the rank"
        checks.close(
            loss_of(submission.mse(pred, target), note),
            total / error.size,
            name="loss",
            **COARSE,
            mistakes=[
                (total, "this is the sum of the squared errors: loss doubles when the batch is duplicated"),
                (total / 2, "this is half of the sum of the squared errors; the contract is their mean"),
                (total / error.size / 2, "this is half of the mean: the contract has no factor 1/2"),
                (total / len(error), "divided by the number of rows only: the mean runs over all entries"),
                (total / len(error) / 2, "divided by the number of rows only, and halved"),
                (np.sqrt(total / error.size), "this is the root of the mean squared error"),
                (np.mean(np.abs(error)), "this is the mean absolute error"),
                (np.mean(error) ** 2, "the mean is squared: square each error first"),
                (np.mean(error), "the errors are not squared"),
            ],
        )

    @pytest.mark.parametrize("shape", [(7,), (3, 5), (3, 4, 5)], ids=["rank 1", "rank 2", "rank 3"])
    def test_gradient(self, submission, rng, shape):
        """The gradient is that of the mean of the squared errors"""
        pred, target = rng.normal(0, 2, (2, *shape))
        error = pred - target
        off = "gradient off by a constant factor: "
        checks.gradient(
            lambda v: np.mean((v - target) ** 2),
            pred,
            grad_of(submission.mse(pred, target)),
            name="grad",
            mistakes=[
                (error, off + "the factor 2 / size is missing"),
                (2 * error, off + "the mean over the entries is missing, divide by their number"),
                (error / error.size, off + "the 2 of the square is missing"),
                (2 * error / len(error), off + "divided by the number of rows; the mean runs over all entries"),
                (error / len(error), off + "divided by the number of rows and without the 2 of the square"),
                (
                    2 * error / (shape[0] * shape[-1]),
                    off + "divided by rows times columns; the mean runs over all entries, whatever the rank",
                ),
                (-2 * error / error.size, "the sign is flipped: this is the gradient with respect to target"),
                (np.sign(error) / error.size, "this is the gradient of the absolute error"),
            ],
            note="the gradient has the shape of `pred`, whatever the rank.",
        )

    def test_shapes(self, submission):
        """Different shapes are a ValueError, also where NumPy would broadcast them"""
        for one, other in (
            ((5, 1), (5,)),
            ((3, 4), (4,)),
            ((1, 4), (3, 4)),
            ((2, 6), (3, 4)),
            ((3,), (1,)),
            ((3, 4), (3, 1)),
            ((1, 4), (4, 1)),
        ):
            note = f"shapes {one} and {other}: no ValueError; broadcasting would pair predictions with other targets"
            refuse(submission.mse, (np.ones(one), np.zeros(other)), note)


class TestBce:
    @pytest.mark.parametrize("dtype", ["float64", "int64"])
    def test_value(self, submission, rng, dtype):
        """The loss is the mean of -y log p - (1 - y) log(1 - p)"""
        z, y = draw_binary(rng)
        p = sigmoid(z)
        right = bce_of(z, y)
        checks.close(
            loss_of(submission.bce_with_logits(z, y.astype(dtype))),
            right,
            name="loss",
            **COARSE,
            mistakes=[
                (np.mean(-y * np.log(p)), "negative examples contribute nothing: (1 - y) log(1 - p) is missing"),
                (np.mean(-(1 - y) * np.log(1 - p)), "positive examples contribute nothing: y log p is missing"),
                (np.mean(-np.log(p)), "every sample is taken for a positive one: where y = 0 it is log(1 - p)"),
                (right * len(z), "this is the sum: loss doubles when the batch is duplicated, so divide by n"),
                (-right, "the sign is wrong: the loss is minus the log-likelihood"),
                (bce_of(-z, y), "the sign of the logits, or the role of the labels, is exchanged"),
                (bce_of(p, y), "the sigmoid is applied twice"),
                (np.mean(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))), "the labels are not used"),
                (np.mean(np.where(y == 1, np.log(p), -np.log(1 - p))), "the sign of log p is wrong where y = 1"),
                (right / np.log(2), "this is the logarithm to base 2; the contract has the natural one"),
                (np.mean((p - y) ** 2), "this is the squared error of the probabilities"),
                (np.mean((z - y) ** 2), "this is the squared error of the logits"),
                (np.mean(np.maximum(0, 1 - (2 * y - 1) * z)), "this is the hinge loss"),
                (math.nan, "the logarithm of a negative number: z holds logits, not probabilities"),
                *((bce_of_clipped(z, y, e), "z is taken for a probability: it holds logits") for e in EPSILONS),
            ],
        )

    @pytest.mark.needs("TestBce::test_value")
    def test_soft_labels(self, submission, rng):
        """A label between 0 and 1 is a probability: both terms count"""
        z, _y = draw_binary(rng)
        y = rng.uniform(0.1, 0.9, len(z))
        hard = (y > 0.5).astype(float)
        checks.close(
            loss_of(submission.bce_with_logits(z, y)),
            bce_of(z, y),
            name="loss",
            **COARSE,
            mistakes=[
                (bce_of(z, hard), "labels are rounded to 0 and 1: those in between are legal"),
                (bce_of(z, np.zeros_like(y)), "every label that is not exactly 1 is taken for a 0"),
                (bce_of(z, np.ones_like(y)), "every label that is not exactly 0 is taken for a 1"),
            ],
            note="right for labels 0 and 1, wrong in between: the loss is linear in y, with both terms for each sample",
        )

    def test_gradient(self, submission, rng):
        """The gradient is that of the mean loss with respect to the logits"""
        z, _y = draw_binary(rng)
        y = rng.uniform(0.0, 1.0, len(z))
        y[:2] = 0.0, 1.0
        p = sigmoid(z)
        n = len(z)
        checks.gradient(
            lambda v: bce_of(v, y),
            z,
            grad_of(submission.bce_with_logits(z, y)),
            name="grad",
            mistakes=[
                (p - y, "this is the gradient of the sum: divide by n"),
                ((y - p) / n, "the sign is flipped: sigmoid minus label"),
                ((z - y) / n, "this takes the logit for the probability: the gradient is sigmoid(z) minus label"),
                (p / n, "the label is not subtracted"),
                ((p - y) * p * (1 - p) / n, "a factor sigmoid'(z) too many: it cancels against that of the logarithm"),
                (2 * (p - y) * p * (1 - p) / n, "this is the gradient of the squared error of the probabilities"),
                ((p - y) / (p * (1 - p)) / n, "this is the gradient with respect to p: the chain rule goes on to z"),
                (-y * (1 - p) / n, "the gradient of negative examples is missing"),
                ((p - (y > 0.5)) / n, "labels are rounded to 0 and 1: those in between are legal"),
            ],
        )

    @pytest.mark.needs("TestBce::test_soft_labels", "TestBce::test_gradient")
    def test_far_out(self, submission):
        """Logits far out cost what they should, and their gradients are finite"""
        for z, y, expected in (
            (-1000.0, 1.0, 1000.0),
            (1000.0, 0.0, 1000.0),
            (1000.0, 1.0, 0.0),
            (-1000.0, 0.0, 0.0),
            (9000.0, 0.25, 6750.0),
            (-9000.0, 0.25, 2250.0),
        ):
            loss, grad = checks.unpack(submission.bce_with_logits(np.array([z]), np.array([y])), "loss", "grad")
            loss = checks.number(loss, name="loss")
            if not math.isfinite(loss):
                note = f"at logit {z:g} and label {y:g}: exp overflows, or log of an underflowed 0; work with logits"
            else:
                note = f"loss {loss:.3g} instead of {expected:g} at logit {z:g}; work with logits"
                note += CEILING if loss < expected else ""
            checks.close(loss, expected, name="loss", **FAR, note=note)
            note = f"gradient at logit {z:g}: "
            if np.shape(grad) != (1,):
                note = "a batch of one sample keeps its axis: the gradient has shape (1,), so squeeze nothing"
            elif finite(grad):
                note += CUT
            else:
                note += "in exp(z) / (1 + exp(z)) both overflow; exp should never see a large z"
            checks.close(grad, np.array([float(z > 0) - y]), name="grad", **STRICT, note=note)
        z, y = np.array([1000.0, 0.0, -1000.0, 0.0]), np.array([0.0, 1.0, 1.0, 0.0])
        loss, grad = checks.unpack(submission.bce_with_logits(z, y), "loss", "grad")
        note = "right for each sample alone: each logit needs a bound of its own, not the maximum of the batch"
        checks.close(loss, 500 + math.log(2) / 2, name="loss of logits 1000, 0, -1000, 0", **FAR, note=note)
        checks.close(grad, np.array([1.0, -0.5, -1.0, 0.5]) / 4, name="grad", **STRICT, note=note)

    def test_labels(self, submission):
        """Labels outside of [0, 1], and another shape than that of the logits, are a ValueError"""
        z = np.array([0.5, -1.0, 2.0])
        note = "labels -1 and 1 give no ValueError: cross-entropy needs 0 and 1, so check that none is negative"
        refuse(submission.bce_with_logits, (z, np.array([1.0, -1.0, 1.0])), note)
        note = "a label above 1 gives no ValueError: it is no probability"
        refuse(submission.bce_with_logits, (z, np.array([0.0, 1.0, 1.5])), note)
        for shape in ((3, 1), (1, 3), (1,)):
            note = f"logits (3,) and labels {shape}: no ValueError; broadcasting would pair logits with other labels"
            refuse(submission.bce_with_logits, (z, np.ones(shape)), note)


class TestSoftmax:
    def test_value(self, submission, rng):
        """The loss is the mean of minus the log-probability of the label"""
        logits, y = draw_classes(rng)
        n, k = logits.shape
        p = softmax(logits)
        right = cross_entropy_of(logits, smoothed(y, k))
        one_hot = np.eye(k)[y]
        binary = -(one_hot * np.log(p) + (1 - one_hot) * np.log(1 - p))
        checks.close(
            loss_of(submission.softmax_cross_entropy(logits, y)),
            right,
            name="loss",
            **COARSE,
            mistakes=[
                (
                    cross_entropy_of(p, one_hot),
                    "softmax is applied twice: loss cannot reach 0 for a confident correct model",
                ),
                (right * n, "this is the sum over the samples: loss doubles when the batch is duplicated"),
                (right / k, "averaged over the classes too: the mean runs over the n samples only"),
                (-right, "the sign is wrong: the loss is minus the log-probability"),
                (-np.mean(p[np.arange(n), y]), "the logarithm is missing"),
                (-np.mean(np.log(softmax(logits, 0)[np.arange(n), y])), "the softmax runs over the samples"),
                (-np.mean(np.log(p)[:, y]), "log_p[:, y] takes all rows for every label: pair row i with label i"),
                (-np.mean(logits[np.arange(n), y]), "this is the mean logit: the log of the sum is missing"),
                (np.sum(binary) / n, "this is binary cross-entropy of each class: only -log p of the label counts"),
                (np.mean(binary), "this is binary cross-entropy of each class: only -log p of the label counts"),
                (right / np.log(2), "this is the logarithm to base 2; the contract has the natural one"),
                (np.mean(((p - one_hot) ** 2).sum(axis=1)), "this is the squared error of the probabilities"),
            ],
        )

    @pytest.mark.parametrize("layout", ["rows", "columns"], ids=["logits", "logits that are a transpose"])
    def test_gradient(self, submission, rng, layout):
        """The gradient is that of the mean loss with respect to the logits"""
        logits, y = draw_classes(rng)
        n, k = logits.shape
        p, one_hot = softmax(logits), np.eye(k)[y]
        across = p.copy()
        across[:, y] -= 1
        lost = []
        if layout == "columns":
            lost = [(p / n, "the target is not subtracted: of a transpose, reshape and ravel give a copy, no view")]
        call = submission.support.softmax_of_columns if layout == "columns" else submission.softmax_cross_entropy
        checks.gradient(
            lambda v: cross_entropy_of(v, one_hot),
            logits,
            grad_of(call(logits, y)),
            name="grad",
            mistakes=[
                *lost,
                (p - one_hot, "this is the gradient of the sum: divide by n"),
                ((p - one_hot) / (n * k), "gradient too small by a factor K: divide by n, not by n K"),
                ((p - one_hot) / k, "divided by the number of classes instead of the number of samples"),
                ((one_hot - p) / n, "the sign is flipped: probabilities minus target"),
                (p / n, "the target is not subtracted, so that rows do not sum to 0"),
                (-one_hot / n, "the gradient of the log of the sum is missing, so that rows do not sum to 0"),
                (across / n, "p[:, y] subtracts every label from every row: pair row i with label i"),
                ((p - one_hot) * p / n, "a factor p too many: softmax and logarithm together give p minus target"),
                ((p - one_hot) * p * (1 - p) / n, "a factor p (1 - p) too many: it cancels against the logarithm"),
                (-one_hot / p / n, "this is the gradient with respect to p: the chain rule goes on to the logits"),
                (one_hot * (p - 1) / n, "only the entry of the label has a gradient: the others have p / n"),
                ((softmax(p) - one_hot) / n, "softmax is applied twice"),
            ],
        )

    @pytest.mark.needs("TestSoftmax::test_value", "TestSoftmax::test_gradient")
    def test_one_row(self, submission, rng):
        """A batch of one row keeps its shape"""
        logits, y = draw_classes(rng, n=1, k=4)
        q = smoothed(y, 4)
        loss, grad = checks.unpack(submission.softmax_cross_entropy(logits, y), "loss", "grad")
        checks.close(loss, cross_entropy_of(logits, q), name="loss", **COARSE, note="a batch of one row is legal")
        note = "a batch of one row keeps its axis: the gradient has shape (1, K), so squeeze nothing"
        checks.close(grad, softmax(logits) - q, name="grad", **COARSE, note=note)

    @pytest.mark.needs("TestSoftmax::test_value")
    def test_smoothing(self, submission, rng):
        """With smoothing the loss is the cross-entropy against (1 - s) onehot + s / K"""
        logits, y = draw_classes(rng)
        n, k = logits.shape
        s = round(rng.uniform(0.1, 0.4), 2)
        one_hot = np.eye(k)[y]
        p = softmax(logits)

        def loss(q):
            return -np.mean((q * np.log(p)).sum(axis=1))

        mistakes = [
            (
                loss((1 - s) * one_hot + s / (k - 1) * (1 - one_hot)),
                "smoothed target does not match the contract: the other classes get s / (K - 1), not s / K",
            ),
            (
                loss((1 - s) * one_hot + s / k * (1 - one_hot)),
                "smoothed target does not sum to 1: the class of the label gets s / K too",
            ),
            (loss(one_hot + s / k), "smoothed target does not sum to 1: the one-hot part has the factor 1 - s"),
            (loss((1 - s) * one_hot), "smoothed target does not sum to 1: the share s / K is missing"),
            (loss((1 - s) * one_hot + s), "smoothed target does not sum to 1: s is not divided by K"),
            (loss((1 - s) * one_hot + s / n), "s is divided by the number of samples, not of classes"),
            (loss(s * one_hot + (1 - s) / k), "s and 1 - s are exchanged"),
            (loss(one_hot), "label_smoothing is ignored"),
            (
                loss((1 - s) * one_hot + s / k) / k,
                "averaged over the classes too: the mean runs over the n samples only",
            ),
        ]
        got = loss_of(submission.softmax_cross_entropy(logits, y, s))
        checks.close(
            got,
            cross_entropy_of(logits, smoothed(y, k, s)),
            name=f"loss with smoothing {s}",
            **COARSE,
            # The nearest first: two of these single numbers may agree by accident in the digits that are compared.
            mistakes=sorted(mistakes, key=lambda mistake: abs(mistake[0] - got)),
            note="smoothed target does not match the contract: q = (1 - s) onehot + s / K",
        )

    @pytest.mark.needs("TestSoftmax::test_gradient", "TestSoftmax::test_smoothing")
    def test_smoothing_gradient(self, submission, rng):
        """With smoothing the gradient is that of the smoothed loss"""
        logits, y = draw_classes(rng)
        n, k = logits.shape
        s = round(rng.uniform(0.1, 0.4), 2)
        p, one_hot = softmax(logits), np.eye(k)[y]
        checks.gradient(
            lambda v: cross_entropy_of(v, smoothed(y, k, s)),
            logits,
            grad_of(submission.softmax_cross_entropy(logits, y, label_smoothing=s)),
            name=f"grad with smoothing {s}",
            mistakes=[
                ((p - one_hot) / n, "the gradient is still p minus onehot: subtract the smoothed target"),
                ((1 - s) * (p - one_hot) / n, "the share of the uniform part is missing in the gradient"),
                (
                    (p - (1 - s) * one_hot - s / (k - 1) * (1 - one_hot)) / n,
                    "the gradient gives the other classes s / (K - 1), not s / K",
                ),
            ],
            note="rows of the gradient sum to 0: probabilities minus smoothed target, divided by n",
        )

    @pytest.mark.needs("TestSoftmax::test_one_row", "TestSoftmax::test_smoothing_gradient")
    def test_far_out(self, submission):
        """Logits far out cost what they should, and their gradients are finite"""
        tie = math.log1p(math.exp(-1))  # loss of the better one of two logits that are 1 apart
        share = 1 / (1 + math.exp(-1))
        spread = [[1000.0, 0.0, -1000.0]]
        levels = [[9000.0, 8999.0], [-9000.0, -8999.0], [1.0, 0.0], [0.0, 1.0]]
        for logits, y, s, expected, grad in (
            (spread, [1], 0.0, 1000.0, [[1.0, -1.0, 0.0]]),
            (spread, [0], 0.0, 0.0, [[0.0, 0.0, 0.0]]),
            (spread, [2], 0.0, 2000.0, [[1.0, 0.0, -1.0]]),
            (spread, [0], 0.375, 375.0, [[0.25, -0.125, -0.125]]),
            ([[1000.0, 1000.0, -1000.0]], [2], 0.0, 2000 + math.log(2), [[0.5, 0.5, -1.0]]),
            (levels, [0, 1, 0, 1], 0.0, tie, np.array([[share - 1, 1 - share], [1 - share, share - 1]] * 2) / 4),
        ):
            result = submission.softmax_cross_entropy(np.array(logits), np.array(y), s)
            loss, got = loss_of(result), grad_of(result)
            if len(logits) > 1:
                note = "rows at different levels: subtract from each row its own maximum, not that of the whole array"
            elif not math.isfinite(loss):
                note = f"at logits {logits[0]} and label {y[0]}: exp overflows, or log of an underflowed 0 (0 times "
                note += "minus infinity is NaN); compute the log-softmax directly"
            else:
                note = f"loss {loss:.3g} instead of {expected:g} at logits {logits[0]}; work with logits"
                note += CEILING if loss < expected else ""
            gap = np.max(logits[0]) - logits[0][y[0]]
            lost = (gap, f"the log of the sum is missing at logits {logits[0]}: it counts too where p underflows to 0")
            checks.close(loss, expected, name="loss", **FAR, mistakes=[lost], note=note)
            if len(logits) == 1:
                note = f"the loss at logits {logits[0]} and label {y[0]} is right, its gradient is not: "
                note += CUT if finite(got) else "exp overflows, so shift the softmax of the gradient as well"
            tolerance = STRICT if len(logits) == 1 else FAR
            checks.close(got, np.array(grad), name="grad", **tolerance, note=note)

    @pytest.mark.parametrize(
        ("labels", "note"),
        [
            ([0.0, 2.0, 1.0, 1.0], "labels of dtype float64 give no ValueError: class numbers are integers"),
            ([True, False, True, True], "labels of dtype bool give no ValueError: class numbers are integers"),
            (
                [[1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 0]],
                "one-hot labels give no ValueError: `y` holds one class number per row",
            ),
            (
                [[0], [2], [1], [1]],
                "a column of shape (n, 1) gives no ValueError: it would pair every row with every label",
            ),
            ([[0, 2, 1, 1]], "a row of shape (1, n) gives no ValueError: `y` has one axis"),
            ([1], "one label for four rows gives no ValueError: it would be used for all of them"),
            ([0, 2, 1], "three labels for four rows give no ValueError: check the shape yourself"),
            ([0, 2, 1, -1], "label -1 gives no ValueError: as an index it means the last class"),
            ([0, 2, 1, 3], "label K gives no ValueError: the classes are 0 to K - 1, check them yourself"),
        ],
        ids=["floats", "bools", "one-hot", "column", "row", "too few", "one missing", "negative", "too large"],
    )
    def test_labels(self, submission, rng, labels, note):
        """Labels of another shape, no integers, or outside of 0 .. K - 1 are a ValueError"""
        refuse(submission.softmax_cross_entropy, (rng.normal(size=(4, 3)), np.array(labels)), note)

    @pytest.mark.needs("TestSoftmax::test_value", "TestSoftmax::test_gradient")
    @pytest.mark.parametrize("dtype", ["int32", "uint8", "uint64"])
    def test_label_dtypes(self, submission, rng, dtype):
        """Labels may be integers of any width, with or without a sign"""
        logits, y = draw_classes(rng, n=100)  # a label plus an offset of 100 rows of 3 does not fit into 8 bits
        q = smoothed(y, 3)
        loss, grad = checks.unpack(submission.softmax_cross_entropy(logits, y.astype(dtype)), "loss", "grad")
        note = f"labels of dtype {dtype}: the same class numbers, so the same loss"
        checks.close(loss, cross_entropy_of(logits, q), name="loss", **COARSE, note=note)
        checks.close(grad, (softmax(logits) - q) / len(y), name="grad", **COARSE, note=note)


class TestBernoulli:
    def test_sums_to_one(self, submission, rng):
        """The likelihoods of 0 and of 1 sum to 1"""
        p = rng.uniform(0.05, 0.4, 7)
        nll = []
        for y in (0.0, 1.0):
            got = submission.bernoulli_nll(np.full(7, y), p)
            checks.array(
                got, name="nll", shape=(7,), dtype="float", note="elementwise: one value for each entry, no mean"
            )
            nll.append(got)
        with np.errstate(over="ignore"):
            total = np.exp(-nll[0]) + np.exp(-nll[1])
        checks.close(
            total,
            np.ones(7),
            name="exp(-nll at y = 0) + exp(-nll at y = 1)",
            **COARSE,
            mistakes=[
                (2 * p, "P(y) = p whatever y is: likelihood of y = 0 must be 1 - p"),
                (1 + p, "outcomes y = 0 cost nothing: likelihood of y = 0 must be 1 - p"),
                (2 - p, "outcomes y = 1 cost nothing: likelihood of y = 1 must be p"),
                (np.exp(-p) + np.exp(p - 1), "this is the likelihood, not its negative logarithm"),
                (1 / p + 1 / (1 - p), "the sign is wrong: this is the log-likelihood"),
                (p ** (1 / np.log(2)) + (1 - p) ** (1 / np.log(2)), "this is the logarithm to base 2"),
                (2 * p * (1 - p), "both factors for each outcome: p to the power y, 1 - p to the power 1 - y"),
            ],
        )

    @pytest.mark.needs("TestBernoulli::test_sums_to_one")
    @pytest.mark.parametrize("dtype", ["float64", "int64"])
    def test_value(self, submission, rng, dtype):
        """An outcome 1 has probability p, an outcome 0 has 1 - p"""
        p = rng.uniform(0.05, 0.4, (2, 4))
        y = rng.permuted(np.resize([0.0, 1.0], (2, 4)))
        expected = np.log(1 / np.where(y > 0.5, p, 1 - p))
        swapped = np.log(1 / np.where(y > 0.5, 1 - p, p))
        checks.close(
            submission.bernoulli_nll(y.astype(dtype), p),
            expected,
            name="nll",
            **COARSE,
            mistakes=[(swapped, "the outcomes are exchanged: p is the probability of y = 1")],
            note="elementwise: one value for each entry, of any rank",
        )

    @pytest.mark.needs("TestBernoulli::test_value")
    def test_ends(self, submission):
        """At p = 0 and p = 1 an outcome costs nothing or infinitely much"""
        y, p = np.array([1, 0, 1, 0]), np.array([1.0, 0.0, 0.0, 1.0])
        got = submission.bernoulli_nll(y, p)
        finite = isinstance(got, np.ndarray) and np.isfinite(got).all()
        note = "an impossible outcome costs infinitely much: an epsilon or a clip makes it merely expensive"
        if not finite:
            note = "0 * log(0) is NaN: choose one of the two logarithms by the outcome, do not multiply by labels"
        checks.close(got, np.array([0.0, 0.0, np.inf, np.inf]), name="nll", **FAR, note=note)

    @pytest.mark.needs("TestBernoulli::test_ends")
    def test_small_probability(self, submission, rng):
        """The cost of an outcome that is almost certain, or almost impossible, keeps its digits"""
        p = 10 ** rng.uniform(-20, -12, 5)
        note = "1 - p is rounded, for a tiny p to exactly 1, before the logarithm is taken: log1p(-p) keeps the digits"
        # -log(1 - p) = p + p^2 / 2 + ..., and p^2 is less than one rounding error
        checks.close(submission.bernoulli_nll(np.zeros(5), p), p, name="nll", rtol=1e-6, atol=0.0, note=note)
        power = rng.uniform(-300, -20, 5)
        got = submission.bernoulli_nll(np.ones(5), 10**power)
        note = "an outcome 1 costs -log(p): a tiny p that has been through 1 - p has lost all of its digits"
        checks.close(got, -power * math.log(10), name="nll", **FAR, note=note)
        bits = np.array([30, 40, 53])  # 1 - 2^-53 is the largest number below 1
        note = "an outcome 0 costs -log(1 - p): 1 - p is small here, but exact"
        got = submission.bernoulli_nll(np.zeros(3), 1 - 0.5**bits)
        checks.close(got, bits * math.log(2), name="nll", **FAR, note=note)


class TestGaussian:
    def test_density(self, submission, rng):
        """exp(-nll) is a density: it integrates to 1"""
        mu, sigma = rng.uniform(1, 3), rng.uniform(1.5, 1.9)
        # On a smooth density that ends in zeros the sum is exact up to rounding; beyond 12 sigma lies 1e-32 of it.
        x, step = np.linspace(mu - 12 * sigma, mu + 12 * sigma, 1001, retstep=True)
        nll = submission.gaussian_nll(x, np.full(1001, mu), np.full(1001, sigma))
        checks.array(
            nll, name="nll", shape=x.shape, dtype="float", note="elementwise: one value for each entry, no mean"
        )
        with np.errstate(over="ignore"):
            integral = float(np.exp(-nll).sum() * step)
        root = np.sqrt(2 * np.pi)
        checks.close(
            integral,
            1.0,
            name="integral of exp(-nll)",
            **COARSE,
            mistakes=[
                (root, "the constant 0.5 log(2 pi) is missing"),
                (sigma, "log(sigma) is missing"),
                (sigma * root, "both log(sigma) and the constant 0.5 log(2 pi) are missing"),
                (1 / sigma, "log(sigma) counts twice: it is half of log(sigma^2)"),
                (1 / root, "the constant is 0.5 log(2 pi), without the 0.5 it counts twice"),
                (1 / sigma / root, "log(2 pi sigma^2) stands without its factor 0.5"),
                (np.sqrt(0.5), "the factor 1/2 of the squared distance is missing"),
                (np.sqrt(np.pi), "the constant is 0.5 log(2 pi), not 0.5 log(2)"),
                (np.sqrt(2), "the constant is 0.5 log(2 pi), not 0.5 log(pi)"),
                (np.sqrt(sigma), "log(sigma) has a factor 0.5 too many: 0.5 log(sigma^2) is log(sigma)"),
            ],
            note="minus the logarithm of the density is log(sigma) + 0.5 log(2 pi) + 0.5 ((x - mu) / sigma)^2",
        )

    @pytest.mark.needs("TestGaussian::test_density")
    def test_value(self, submission, rng):
        """The density has mean mu and standard deviation sigma"""
        x, mu, sigma = draw_gaussian(rng)
        root = np.sqrt(sigma)
        checks.close(
            submission.gaussian_nll(x, mu, sigma),
            gaussian_of(x, mu, sigma),
            name="nll",
            **COARSE,
            mistakes=[
                (gaussian_of(x, mu, root), "sigma is used as the variance: it is the standard deviation"),
                (gaussian_of(x, 0.0, sigma), "mu is not subtracted"),
                (gaussian_of(x, -mu, sigma), "mu is added, not subtracted"),
                (gaussian_of(x, mu, 1.0), "sigma is not used"),
                (gaussian_of(x, mu, 1 / sigma), "sigma is used as its inverse, or as a precision"),
            ],
        )

    @pytest.mark.needs("TestGaussian::test_value")
    def test_one_number_for_all(self, submission, rng):
        """mu and sigma may each be one number for all entries"""
        x, mus, sigmas = draw_gaussian(rng, (2, 5))
        mu, sigma = rng.uniform(1, 3), rng.uniform(1.5, 1.9)
        for args, name in (
            ((mu, sigma), "nll with two floats"),
            ((mus, sigma), "nll with an array mu and a float sigma"),
            ((mu, sigmas), "nll with a float mu and an array sigma"),
        ):
            note = "one float stands for all entries; the result has the shape of x"
            checks.close(submission.gaussian_nll(x, *args), gaussian_of(x, *args), name=name, **COARSE, note=note)

    @pytest.mark.needs("TestGaussian::test_value")
    @pytest.mark.parametrize(
        ("distance", "sigma", "note"),
        [
            (
                100.0,
                1.5,
                "far from mu the density underflows to 0: take the logarithm of each factor, not of the product",
            ),
            (2.0, 1e-200, "sigma as small as 1e-200: sigma^2 underflows to 0 (in float32 already sigma does)"),
            (2.0, 1e200, "sigma as large as 1e200: sigma^2 overflows to infinity; divide first, then square"),
        ],
        ids=["far from mu", "small sigma", "large sigma"],
    )
    def test_scale(self, submission, rng, distance, sigma, note):
        """Far from mu, and for sigmas of any size, the value stays right"""
        steps = distance * rng.uniform(0.9, 1.1, 4) * np.array([1, -1, 1, -1])
        expected = math.log(sigma) + 0.5 * math.log(2 * math.pi) + steps**2 / 2
        got = submission.gaussian_nll(steps * sigma, np.zeros(4), np.full(4, sigma))
        checks.close(got, expected, name="nll", **FAR, note=note)

    def test_sigma_errors(self, submission, rng):
        """A sigma that is not positive is a ValueError"""
        x = rng.normal(size=3)
        refuse(
            submission.gaussian_nll,
            (x, x, np.array([1.0, -2.0, 1.0])),
            "a negative sigma among others gives no ValueError",
        )
        refuse(submission.gaussian_nll, (x, x, np.array([1.0, 1.0, 0.0])), "sigma = 0 among others gives no ValueError")
        refuse(submission.gaussian_nll, (x, 0.0, -1.0), "a single negative sigma gives no ValueError")
        refuse(submission.gaussian_nll, (x, 0.0, 0.0), "a single sigma = 0 gives no ValueError")


class TestManners:
    @pytest.mark.needs("TestMse::test_value", "TestBce::test_value", "TestSoftmax::test_value")
    def test_arguments(self, submission, rng):
        """No function changes its arguments"""
        pred, target = rng.normal(size=(2, 3, 5))
        checks.unchanged(submission.mse, pred, target)
        z, y = draw_binary(rng)
        checks.unchanged(submission.bce_with_logits, z, y)
        logits, classes = draw_classes(rng)
        checks.unchanged(submission.softmax_cross_entropy, logits, classes, 0.1)
        p = rng.uniform(0.1, 0.9, 7)
        p[:2] = 0.0, 1.0
        checks.unchanged(submission.bernoulli_nll, y, p)
        checks.unchanged(submission.gaussian_nll, *draw_gaussian(rng))

    @pytest.mark.needs(
        "TestMse::test_value",
        "TestMse::test_gradient",
        "TestBce::test_far_out",
        "TestSoftmax::test_far_out",
        "TestBernoulli::test_small_probability",
        "TestGaussian::test_scale",
    )
    def test_digits(self, submission, rng):
        """Results are float64 and right to nine digits"""
        # The definitions lose at most 1e-14 at these inputs; float32 is off by 1e-8 and more in some of many values.
        strict = {**STRICT, "note": "right to a few digits only: an epsilon, or float32 inside"}
        n = 50
        pred, target = rng.normal(0, 2, (2, n, 3))
        z, _y = draw_binary(rng, n)
        soft = rng.uniform(0, 1, n)
        logits, y = draw_classes(rng, n)
        q = smoothed(y, 3, 0.1)
        for result, name, loss, grad in (
            (submission.mse(pred, target), "mse", np.mean((pred - target) ** 2), 2 * (pred - target) / pred.size),
            (submission.bce_with_logits(z, soft), "bce_with_logits", bce_of(z, soft), (sigmoid(z) - soft) / n),
            (
                submission.softmax_cross_entropy(logits, y, 0.1),
                "softmax_cross_entropy",
                cross_entropy_of(logits, q),
                (softmax(logits) - q) / n,
            ),
        ):
            checks.close(loss_of(result), loss, name=f"loss of {name}", **strict)
            checks.close(grad_of(result), grad, name=f"grad of {name}", dtype=np.float64, **strict)
        self.check_confident(submission, rng)
        p = rng.uniform(0.05, 0.95, n)
        p[::2] = 10 ** rng.uniform(-12, -2, n // 2)
        outcomes = np.resize([0.0, 0.0, 1.0], n)
        expected = np.where(outcomes > 0.5, -np.log(p), -np.log1p(-p))
        got = submission.bernoulli_nll(outcomes, p)
        checks.close(got, expected, name="nll", dtype=np.float64, **{**strict, "atol": 0.0})
        args = draw_gaussian(rng, (n,))
        got = submission.gaussian_nll(*args)
        checks.close(got, gaussian_of(*args), name="nll", dtype=np.float64, **strict)

    def check_confident(self, submission, rng):
        """Checks losses and gradients of samples that are right, and more and more certain."""
        for distance in (8, 12, 16, 20):
            z = rng.uniform(distance, distance + 1, 4)
            note = f"logits {distance} to {distance + 1} on the right side: loss and gradient are small, but not 0"
            y = np.array([1, 0, 1, 0])
            tail = np.exp(-z)
            tails = np.exp([[0.0], [0.5]] - z)  # (2, 4): the other classes beside that of the label
            p = tails / (1 + tails.sum(axis=0))
            logits = np.stack([np.zeros(4), z, np.full(4, 0.5)], axis=1)
            for result, name, loss, grad in (
                (
                    submission.bce_with_logits(np.where(y == 1, z, -z), y),
                    "bce_with_logits",
                    np.log1p(tail).mean(),
                    np.where(y == 1, -tail, tail) / (1 + tail) / 4,
                ),
                (
                    submission.softmax_cross_entropy(logits, np.ones(4, int)),
                    "softmax_cross_entropy",
                    np.log1p(tails.sum(axis=0)).mean(),
                    np.stack([p[0], -p.sum(axis=0), p[1]], axis=1) / 4,
                ),
            ):
                # The loss is above 7e-10, and may be off by 1e-12 times the largest logit, 21.
                checks.close(loss_of(result), loss, name=f"loss of {name}", rtol=1e-9, atol=2.1e-11, note=note)
                checks.close(grad_of(result), grad, name=f"grad of {name}", **STRICT, note=note)
