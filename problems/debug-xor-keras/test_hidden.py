"""Hidden suite of `debug-xor-keras`.

What a network does is taken from its outputs, at the four points and near them; loss, probabilities and accuracy follow
from these in float64.

How many seeds: a network of two tanh units (Adam, 0.05, 1000 steps) ends stuck on 53 % of its starts (3702 of 7000
simulated), three units on 15 % (592 of 4000), eight ReLU units on 13 % (521 of 4000), four tanh units on 2.9 % (117 of
4000), eight tanh units on none of 20,000, so on less than 0.015 % (95 % confidence). With twelve seeds, all of which
must end well, these pass with the probabilities

    0.47^12 = 0.0001    0.85^12 = 0.14    0.87^12 = 0.19    0.97^12 = 0.70    at least 1 - 12 * 0.00015 = 0.998

(nine of ten, in contrast: 0.006, 0.54, 0.62, 0.97, 1). The statement asks for every seed, so that one that ends stuck
is a fault of the submission, shown with its seed. The seeds are the same for everybody and in every grade: the same
file gets the same verdict, and two units do not pass by luck.
"""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from grader import checks

POINTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], np.float32)
LABELS = np.array([0.0, 1.0, 1.0, 0.0])
MOST_PARAMETERS = 64
MOST_LOSS = 0.1
SEEDS = (3, 14, 159, 265, 358, 979, 323, 8462, 6433, 8327, 950, 288)  # digits of pi
ENOUGH_FAILURES = 3
MOST_EPOCHS = 300
CHEAP_SECONDS = 2.0
NEAR = 0.05
TRUTH_TABLES = {
    (0, 0, 0, 1): "AND",
    (0, 1, 1, 1): "OR",
    (1, 1, 1, 0): "NAND",
    (1, 0, 0, 0): "NOR",
    (1, 0, 0, 1): "XNOR, the opposite of XOR",
    (0, 0, 1, 1): "x1, the first input",
    (0, 1, 0, 1): "x2, the second input",
}


def sigmoid(z):
    return 0.5 + 0.5 * np.tanh(0.5 * np.asarray(z))


def loss_of(z, labels=LABELS):
    """Mean cross-entropy of logits, log(1 + e^z) - y z."""
    return float(np.mean(np.logaddexp(0.0, z) - labels * z))


def solved(z):
    return bool(np.all((z > 0) == (LABELS == 1)) and loss_of(z) < MOST_LOSS)


def interaction(z):
    """What keeps a function of two inputs from being a sum of two: 0 for everything linear."""
    return float(z[0] - z[1] - z[2] + z[3])


def build(submission, seed):
    note = "build_model returns the keras.Model that it built"
    return checks.handle(submission.build_model(int(seed)), name="model", note=note)


def logits_of(submission, model, x=POINTS):
    """The logits of a network, checked to be one for each row: (N,), float64."""
    got = submission.support.outputs(model, x)
    note = "one row for each point, one column: a Dense layer with one unit at the end"
    if isinstance(got, np.ndarray) and got.shape == (len(x), 2):
        note = "two outputs are for a softmax over two classes: here one logit is asked for"
    checks.array(got, name="outputs", shape=(len(x), 1), note=note)
    return got[:, 0].astype(np.float64)


def weights_of(model):
    """All weights of a network, as a list of arrays."""
    weights = model.get_weights()
    fine = isinstance(weights, list) and all(isinstance(w, np.ndarray) for w in weights)
    checks.that(fine, "`get_weights` of the network does not return arrays")
    checks.that(
        len(weights) > 0,
        "the network has no weights",
        note="no layer has anything to learn, or the weights are made only when the network is first called: "
        "build_model returns a network that has its weights",
    )
    return weights


def is_kernel(w):
    return w.ndim >= 2


def takes_inputs(w):
    """Whether this is the kernel of a layer on the two inputs."""
    return w.ndim == 2 and w.shape[0] == 2


def with_random_kernels(weights, rng, scale=2.0):
    """The weights of a network with other kernels; whatever has one axis or none (biases, statistics) stays."""
    return [rng.normal(0.0, scale, w.shape).astype(w.dtype) if is_kernel(w) else w for w in weights]


# ---------------------------------------------------------------------------------------------------------------
# Network

DRAWS = 24  # all outputs of a draw have one sign in at most about a quarter of the draws: 0.25^24 = 4e-15


def drawn_logits(submission, rng, zeroed=lambda w: False, scale=2.0):
    """The logits at the four points for several draws of the kernels, (DRAWS, 4)."""
    model = build(submission, 1)
    weights = weights_of(model)
    results = []
    for _ in range(DRAWS):
        drawn = with_random_kernels(weights, rng, scale)
        model.set_weights([w * 0 if zeroed(w) else w for w in drawn])
        results.append(logits_of(submission, model))
    return np.array(results)


MOST_BEND = 1e-2  # the rounding of a device leaves some 1e-3; a leaky ReLU bends by more than its reach


def bend_in(submission, model, i, rng):
    """How far the outputs are from linear in weight i, and the outputs for 2, 0 and -1 times it where they are farthest.

    They are linear in the kernel of the last layer, whatever the others are; behind an activation they are in none.
    """
    weights = weights_of(model)
    results = []
    for _ in range(8):
        drawn = with_random_kernels(weights, rng)
        own = rng.normal(0.0, 2.0, weights[i].shape)
        for factor in (2.0, 0.0, -1.0):
            drawn[i] = (factor * own).astype(weights[i].dtype)
            model.set_weights(drawn)
            results.append(logits_of(submission, model))
    model.set_weights(weights)
    z = np.array(results).reshape(8, 3, 4).transpose(0, 2, 1).reshape(-1, 3)  # one row for each draw and point
    bend = np.abs(z @ [1.0, -3.0, 2.0])  # z(2) - 3 z(0) + 2 z(-1)
    reach = np.abs(z[:, 0] - z[:, 1]).max()
    straight = np.isfinite(z).all() and reach > 0
    return (float(bend.max() / reach) if straight else np.inf), z[bend.argmax()]


class TestBuild:
    def test_outputs(self, suite_submission, rng):
        """The network gives one output for each point, whatever else is in the batch"""
        model = build(suite_submission, 1)
        x = rng.uniform(-1.0, 2.0, size=(7, 2)).astype(np.float32)
        together = logits_of(suite_submission, model, x)
        checks.finite(together, name="outputs")
        alone = np.concatenate([logits_of(suite_submission, model, x[i : i + 1]) for i in (0, 3, 6)])
        note = "the output for a point depends on the other points of the batch"
        checks.close(alone, together[[0, 3, 6]], name="outputs of single points", rtol=1e-4, atol=1e-5, note=note)

    @pytest.mark.needs("TestBuild::test_outputs")
    def test_parameters(self, suite_submission, record):
        """At most 64 parameters"""
        count = sum(int(w.size) for w in weights_of(build(suite_submission, 1)))
        record("parameters", count)
        rows = [("parameters", f"at most {MOST_PARAMETERS}", str(count))]
        note = "all weights count, biases too: a hidden layer of H units and one output have 4 H + 1"
        checks.that(count <= MOST_PARAMETERS, "the network has too many parameters", rows=rows, note=note)

    @pytest.mark.needs("TestBuild::test_outputs")
    def test_weights_matter(self, suite_submission, rng):
        """The outputs depend on the weights"""
        z = drawn_logits(suite_submission, rng)
        note = "with other weights in its kernels the network answers the same: something else computes the answer"
        checks.that(np.ptp(z, axis=0).max() > 1e-3, "the output does not depend on the weights", note=note)

    @pytest.mark.needs("TestBuild::test_weights_matter")
    def test_logits(self, suite_submission, rng):
        """The outputs are logits: they may be any number"""
        z = drawn_logits(suite_submission, rng, scale=10.0)  # so large that no bias decides the sign
        low, high = float(z.min()), float(z.max())
        rows = [("range of outputs, with large weights", "negative to positive", f"{low:.4g} to {high:.4g}")]
        note = ""
        if low >= 0 and high <= 1:
            note = (
                "a sigmoid stands behind the last layer. Whoever takes the output for a logit applies the sigmoid again: "
                "squashed twice, a probability lies between 0.5 and 0.73, and the loss cannot fall below "
                "(0.313 + 0.693) / 2 = 0.503"
            )
        elif low >= -1 and high <= 1:
            note = "a tanh stands behind the last layer: a logit of at most 1 is a probability of at most 0.73"
        elif low >= 0:
            note = "a ReLU stands behind the last layer: no logit is negative, so that no probability is below 0.5"
        elif high <= 0:
            note = "no output is positive: a logarithm of a probability is no logit"
        checks.that(not note, "the outputs are no logits", rows=rows, note=note)

    @pytest.mark.needs("TestBuild::test_logits")
    def test_last_layer(self, suite_submission, rng):
        """The last layer has no activation"""
        model = build(suite_submission, 1)
        bend, z = np.inf, np.zeros(3)
        for i, w in reversed(list(enumerate(weights_of(model)))):  # mostly the last kernel is that of the last layer
            if bend > MOST_BEND and (is_kernel(w) or w.size > 1):
                bend, z = min((bend, z), bend_in(suite_submission, model, i, rng), key=lambda found: found[0])
        twice, none, minus = (f"{value:.4g}" for value in z)
        checks.that(
            bend <= MOST_BEND,
            "the outputs are not linear in the kernel of the last layer",
            facts=[
                ("an output, with that kernel times 2, 0 and -1", f"{twice}, {none} and {minus}"),
                ("without an activation", "z(2) - z(0) = -2 (z(-1) - z(0))"),
            ],
            note="an activation stands behind the last layer (a leaky ReLU, an ELU, a scaled tanh): its outputs are to be "
            "logits, as they come out of a Dense layer without one",
        )

    @pytest.mark.needs("TestBuild::test_weights_matter")
    def test_not_linear(self, suite_submission, rng):
        """Between input and output there is something that is not linear"""
        z = drawn_logits(suite_submission, rng)
        largest = max(abs(interaction(row)) for row in z)
        kernels = [w.shape for w in weights_of(build(suite_submission, 1)) if is_kernel(w)]
        note = "is there an activation on the hidden layer? Layers without one are together one linear layer"
        if len(kernels) == 1:
            note = "there is no hidden layer: one layer alone draws one straight line"
        checks.that(
            largest > 1e-3 * np.abs(z).max(),
            "the network is linear, and XOR is not linearly separable",
            facts=[
                ("z(0,0) - z(0,1) - z(1,0) + z(1,1)", f"0 for each of {DRAWS} draws of the weights"),
                ("kernels", ", ".join(str(shape) for shape in kernels)),
            ],
            note=note,
        )

    @pytest.mark.needs("TestBuild::test_not_linear")
    def test_learned_features(self, suite_submission, rng):
        """What is not linear comes from a hidden layer with weights of its own"""
        weights = weights_of(build(suite_submission, 1))
        shapes = ", ".join(str(w.shape) for w in weights)
        checks.that(
            any(takes_inputs(w) for w in weights),
            "no hidden layer takes the two inputs",
            facts=[("weights", shapes)],
            note="none of the weights is a kernel (2, units): the inputs are combined by hand (a product, a difference, "
            "XOR itself) before any layer learns",
        )
        z = drawn_logits(suite_submission, rng, zeroed=takes_inputs)
        scale = max(1.0, float(np.abs(z).max()))
        largest = max(abs(interaction(row)) for row in z)
        checks.that(
            largest <= 1e-3 * scale,
            "the network computes XOR without its hidden layer",
            facts=[
                ("with the kernels (2, units) set to 0", f"z(0,0) - z(0,1) - z(1,0) + z(1,1) is up to {largest:.4g}")
            ],
            note="a feature that is made by hand (a product, a difference, XOR itself) goes round the hidden layer",
        )

    @pytest.mark.needs("TestBuild::test_outputs")
    def test_same_seed(self, suite_submission, rng):
        """The same seed gives the same first weights"""
        seed = int(rng.integers(1 << 31))
        one = weights_of(build(suite_submission, seed))
        suite_submission.support.draw_numbers()
        two = weights_of(build(suite_submission, seed))
        same = len(one) == len(two) and all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
        note = "the seed is not used, or not for everything: seed Keras in build_model, before the first layer is made"
        checks.that(same, "two networks with the same seed have different weights", note=note)

    @pytest.mark.needs("TestBuild::test_outputs")
    def test_other_seed(self, suite_submission, rng):
        """Other seeds give other first weights"""
        seeds = rng.choice(1 << 31, size=5, replace=False)
        networks = [np.concatenate([w.ravel() for w in weights_of(build(suite_submission, s))]) for s in seeds]
        different = len({w.tobytes() for w in networks})
        rows = [("different networks of 5 seeds", "5", str(different))]
        note = "the networks of different seeds are alike: a fixed seed, or weights written into the source"
        checks.that(different == 5, "different seeds give the same weights", rows=rows, note=note)

    @pytest.mark.needs("TestBuild::test_outputs")
    def test_own_weights(self, suite_submission):
        """Each call of build_model gives a network of its own"""
        one, other = build(suite_submission, 1), build(suite_submission, 2)
        before = weights_of(other)
        one.set_weights([w + 1 for w in weights_of(one)])
        same = all(np.array_equal(a, b) for a, b in zip(before, weights_of(other), strict=True))
        note = "two calls of build_model share weights: a network or a layer at module level"
        checks.that(same, "changing one network changed another one", note=note)

    @pytest.mark.needs("TestBuild::test_outputs")
    def test_untrained(self, suite_submission, rng):
        """A new network does not know XOR yet"""
        known = [solved(logits_of(suite_submission, build(suite_submission, s))) for s in rng.integers(1 << 31, size=5)]
        # Chance solves far less than one network in a hundred, even with large first weights.
        rows = [("new networks with loss < 0.1 and all classes right", "0 of 5", f"{sum(known)} of 5")]
        note = "the answer is written into build_model as weights, or a layer computes it by itself: nothing is learned"
        checks.that(sum(known) < 3, "new networks compute XOR before any training", rows=rows, note=note)


# ---------------------------------------------------------------------------------------------------------------
# Report


def reported(submission, model):
    note = 'report returns {"loss": ..., "accuracy": ..., "probabilities": ...}'
    return checks.mapping(submission.report(model), ["loss", "accuracy", "probabilities"], name="report", note=note)


def report_on(submission, logits):
    """The report on a network with these logits, and the logits as the device computes them (TF32 rounds them)."""
    model = submission.support.network(np.asarray(logits, np.float64))
    z = logits_of(submission, model)
    return reported(submission, model), z


def draw_logits(rng):
    """Four logits, no two of which look alike, none near 0: (4,)."""
    return rng.permutation([0.3, 0.8, 1.6, 2.4]) * rng.choice([-1.0, 1.0], size=4) + rng.uniform(-0.1, 0.1, size=4)


def probability_mistakes(z):
    p = sigmoid(z)
    return [
        (z, "these are the logits: a probability is sigmoid(z)"),
        (sigmoid(p), "the sigmoid is applied twice"),
        (1.0 - p, "these are the probabilities of class 0, not of class 1"),
        (np.where(LABELS == 1, p, 1.0 - p), "these are the probabilities of the right class, not of class 1"),
        (p[[0, 2, 1, 3]], "the order of the points is (0,0), (0,1), (1,0), (1,1): the middle two are exchanged"),
        ((z > 0) * 1.0, "these are the classes: a probability says how sure the network is"),
        (np.exp(z - z.max()) / np.exp(z - z.max()).sum(), "a softmax over the four points: each point is its own case"),
        *[(np.round(p, n), f"rounded to {n} digits: rounding is for the print, not for the report") for n in (1, 2, 3)],
    ]


def loss_mistakes(z):
    p = sigmoid(z)
    right = np.where(LABELS == 1, p, 1.0 - p)
    true = loss_of(z)
    mistakes = [
        (4.0 * true, "this is the sum over the four points, not the mean"),
        (-true, "the sign is wrong: the loss is the negative logarithm"),
        (true / np.log(2.0), "this is the loss with logarithms to base 2: the natural one is asked for"),
        (loss_of(p), "the loss of the probabilities taken as logits: the sigmoid is applied twice"),
        (float(np.mean((p - LABELS) ** 2)), "this is the mean squared error, not the cross-entropy"),
        (1.0 - float(np.mean(right)), "this is one minus the mean probability: the logarithm is missing"),
        (-float(np.log(right.mean())), "the logarithm of the mean, not the mean of the logarithms"),
        (
            float(np.mean(-LABELS * np.log(p))),
            "only the points with label 1 count: log(1 - p) of the others is missing",
        ),
        (loss_of(z, 1.0 - LABELS), "the labels are turned round: those of XOR are 0, 1, 1, 0"),
        (loss_of(z, np.array([0, 1, 1, 1])), "these are the labels of OR, not of XOR"),
        (loss_of(z, np.array([0, 0, 0, 1])), "these are the labels of AND, not of XOR"),
    ]
    for digits in (1, 2, 3, 4):
        mistakes.append((round(true, digits), f"rounded to {digits} digits: rounding is for the print"))
        kept = np.clip(np.round(right, digits), 1e-7, 1.0)
        mistakes.append(
            (-float(np.mean(np.log(kept))), f"the loss of probabilities that are rounded to {digits} digits")
        )
    return mistakes


# Float32 gives a probability p near 1 with an error of 1e-7, and so -log(p) too, however small; clipping at 1e-7 moves it
# as little. So 1e-6 is left beside a relative 2e-5, which is some hundred roundings of float32. Rounding to 4 digits is
# off by up to 5e-5: it shows in four draws of four probabilities, and in losses that are drawn so that it does.
RTOL, ATOL = 2e-5, 1e-6


def check_probabilities(got, z, note=""):
    note = note or "report the sigmoid of the logits at (0,0), (0,1), (1,0), (1,1)"
    values = got["probabilities"]
    if isinstance(values, np.ndarray) and values.shape == (4, 1):
        note = "the column of outputs, (4, 1): one number for each point is asked for, (4,)"
    checks.array(values, name="probabilities", shape=(4,), note=note)
    for digits in (5, 4):  # too near to the right values to be among the mistakes
        if np.array_equal(values, np.round(values, digits)):
            note = f"rounded to {digits} digits: rounding is for the print, not for the report"
    mistakes = probability_mistakes(z) if np.abs(z).max() < 5.0 else ()  # beyond, they look like classes
    checks.close(values, sigmoid(z), name="probabilities", rtol=RTOL, atol=ATOL, mistakes=mistakes, note=note)


def check_loss(got, z, note=""):
    note = note or "the reported loss differs from the one that is recomputed from the logits of the network"
    loss = checks.number(got["loss"], name="loss")
    mistakes = loss_mistakes(z) if np.abs(z).max() < 30.0 else ()  # beyond, 1 - p is 0
    checks.close(loss, loss_of(z), name="loss", rtol=RTOL, atol=ATOL, mistakes=mistakes, note=note)


def check_accuracy(got, z, note=""):
    right = (z > 0) == (LABELS == 1)
    expected = float(np.mean(right))
    p = sigmoid(z)
    mistakes = [
        (100.0 * expected, "this is a percentage: a share between 0 and 1 is asked for"),
        (4.0 * expected, "this is the number of right points: their share is asked for"),
        (1.0 - expected, "this is the share of wrong points"),
        (float(np.mean((z > 0.5) == (LABELS == 1))), "the logit is compared with 0.5: p > 0.5 is the same as z > 0"),
        (
            float(np.mean((sigmoid(p) > 0.5) == (LABELS == 1))),
            "sigmoid of the probability: squashed twice, never below 0.5",
        ),
        (float(np.mean((z >= 0) == (LABELS == 1))), "a probability of exactly 0.5 is class 0: class 1 is p > 0.5"),
        (float(np.mean(p == LABELS)), "probabilities are compared with labels: compare the classes"),
    ]
    value = checks.number(got["accuracy"], name="accuracy")
    note = note or "the share of the four points whose class, 1 if p > 0.5, is the label"
    checks.close(value, expected, name="accuracy", rtol=0.0, atol=1e-6, mistakes=mistakes, note=note)


class TestReport:
    def test_form(self, suite_submission, rng):
        """Any network can be reported on: three entries, two numbers and four probabilities"""
        got, _ = report_on(suite_submission, draw_logits(rng))
        checks.number(got["loss"], name="loss")
        checks.number(got["accuracy"], name="accuracy")
        note = "an array with one probability for each of the four points, (4,)"
        if np.shape(got["probabilities"]) == (4, 1):
            note = "the column of outputs, (4, 1): one number for each point is asked for, (4,)"
        checks.array(got["probabilities"], name="probabilities", shape=(4,), note=note)

    @pytest.mark.needs("TestReport::test_form")
    def test_probabilities(self, suite_submission, rng):
        """The probabilities are the sigmoid of the logits, in the order of the statement"""
        for _ in range(4):
            check_probabilities(*report_on(suite_submission, draw_logits(rng)))

    @pytest.mark.needs("TestReport::test_form")
    def test_loss(self, suite_submission, rng):
        """The loss is the mean cross-entropy of the four points, not rounded"""
        for z in draws_that_tell_mistakes_apart(rng):
            check_loss(*report_on(suite_submission, z))

    @pytest.mark.needs("TestReport::test_loss")
    def test_sure_and_wrong(self, suite_submission, rng):
        """A network that is sure and wrong has a large loss, not a clipped or infinite one"""
        for sign in (1.0, -1.0):
            z = sign * rng.uniform(40.0, 60.0, size=4) * (2.0 * LABELS - 1.0)
            note = (
                "log(0), or a probability that was clipped on the way (at 1e-7 no point costs more than 16.1): compute the "
                "loss from the logits, log(1 + e^z) - y z"
            )
            check_loss(*report_on(suite_submission, z), note=note)

    @pytest.mark.needs("TestReport::test_form")
    def test_accuracy(self, suite_submission, rng):
        """The accuracy is the share of points that are right"""
        for hits in (*rng.permutation([0, 1, 3, 4]), 2):
            check_accuracy(*report_on(suite_submission, logits_with(hits, rng)))

    @pytest.mark.needs("TestReport::test_accuracy")
    def test_tie(self, suite_submission):
        """A probability of exactly 0.5 is class 0"""
        for z in (np.array([0.0, 1.0, 1.0, -1.0]), np.array([-1.0, 0.0, 0.0, -1.0])):
            check_accuracy(*report_on(suite_submission, z))

    @pytest.mark.needs("TestReport::test_probabilities", "TestReport::test_loss", "TestReport::test_accuracy")
    def test_other_weights(self, suite_submission, rng):
        """After a change of the weights the report is another one"""
        first, second = draw_logits(rng), -draw_logits(rng)
        model = suite_submission.support.network(first)
        reported(suite_submission, model)
        model.set_weights(suite_submission.support.weights_for(second))
        second = logits_of(suite_submission, model)
        got = reported(suite_submission, model)
        note = "this belongs to the network as it was before: something is kept from an earlier report"
        check_probabilities(got, second, note)
        check_loss(got, second, note)
        check_accuracy(got, second, note)

    @pytest.mark.needs("TestReport::test_form")
    def test_network_unchanged(self, suite_submission, rng):
        """The report leaves the network as it is"""
        model = suite_submission.support.network(draw_logits(rng))
        before = weights_of(model)
        reported(suite_submission, model)
        same = all(np.array_equal(a, b) for a, b in zip(before, weights_of(model), strict=True))
        note = "a training step (fit, train_on_batch) to get the loss changes the weights: compute it from the outputs"
        checks.that(same, "report changed the weights of the network", note=note)
        note = "report compiles the network (to evaluate it): it is not yours, and the loss follows from its outputs"
        checks.that(not model.get("compiled"), "the network was not compiled before the report, and is now", note=note)
        model, optimizer = suite_submission.support.compiled_network(draw_logits(rng))
        reported(suite_submission, model)
        kept = model.get("loss") == "mse" and suite_submission.support.same_object(model.get("optimizer"), optimizer)
        checks.that(kept, "the network has another optimizer or another loss than before the report", note=note)

    @pytest.mark.needs("TestReport::test_probabilities", "TestReport::test_loss", "TestReport::test_accuracy")
    def test_inference(self, suite_submission, rng):
        """The network is used in inference mode"""
        model = suite_submission.support.network_with_modes(draw_logits(rng))
        before, z = weights_of(model), logits_of(suite_submission, model)
        got = reported(suite_submission, model)
        note = (
            "the network is called in training mode: dropout then drops units, and batch normalization takes the statistics "
            "of the batch; call it with training=False"
        )
        check_probabilities(got, z, note)
        check_loss(got, z, note)
        check_accuracy(got, z, note)
        same = all(np.array_equal(a, b) for a, b in zip(before, weights_of(model), strict=True))
        note = "a call in training mode moves the statistics of batch normalization: call it with training=False"
        checks.that(same, "report changed the statistics of batch normalization", note=note)


def logits_with(hits, rng):
    """Logits of which so many are right, some of them between 0 and 0.5, so that each common mistake gives its own share."""
    while True:
        size = np.where(rng.random(4) < 0.5, rng.uniform(0.1, 0.45, size=4), rng.uniform(0.6, 2.0, size=4))
        z = np.where(rng.permutation(4) < hits, 1.0, -1.0) * (2.0 * LABELS - 1.0) * size
        above_a_half = int(((z > 0.5) == (LABELS == 1)).sum())
        if above_a_half not in (hits, 4 - hits, 2, 4 * hits):
            return z


def draws_that_tell_mistakes_apart(rng):
    """Logits of five networks for each of which every common mistake gives a loss of its own; the last is nearly good enough."""
    draws = []
    while len(draws) < 5:
        z = (2.0 * LABELS - 1.0) * rng.uniform(1.5, 3.5, size=4) if len(draws) == 4 else draw_logits(rng)
        losses = np.sort([loss_of(z), *(wrong for wrong, _ in loss_mistakes(z))])
        if np.all(np.diff(losses) > 1.5 * (ATOL + RTOL * np.abs(losses[1:]))):
            draws.append(z)
    return draws


# ---------------------------------------------------------------------------------------------------------------
# Training


def trained(submission, seed, disturbed=False):
    """Build and train one network; in between, something else may draw numbers and set seeds."""
    model = build(submission, seed)
    if disturbed:
        submission.support.draw_numbers()
    before, z_before = weights_of(model), logits_of(submission, model)
    start = submission.support.cpu_seconds()
    submission.train(model, int(seed))
    cpu = submission.support.cpu_seconds() - start
    return SimpleNamespace(
        submission=submission, seed=seed, model=model, before=before, after=weights_of(model), cpu=cpu,
        z_before=z_before, z=logits_of(submission, model),
    )  # fmt: skip


def unchanged(run):
    return all(np.array_equal(a, b) for a, b in zip(run.before, run.after, strict=True))


def mistake_of(run):
    """Why a training did not end at XOR: (whether a longer training would have, sentence)."""
    if unchanged(run):
        return False, (
            "train leaves the weights of the network that it is given as they were: train that network, in place; what "
            "train returns is not looked at"
        )
    if not np.isfinite(run.z).all():
        return False, "the weights have diverged: the rate is too large, or a log of 0"
    table = TRUTH_TABLES.get(tuple(int(z > 0) for z in run.z))
    if table and np.abs(run.z).min() > 2.0:
        return False, f"the network has learned {table}: the labels of XOR are 0, 1, 1, 0 in the order of the points"
    if loss_of(run.z) > loss_of(run.z_before) + 0.1:
        return False, "the loss is higher than before the training: the steps are far too large, or go uphill"
    # a loss for probabilities has no gradient beyond 0 and 1, so that the outputs go some way past them
    if np.all(np.abs(run.z - LABELS - 0.3 * (2.0 * LABELS - 1.0)) < 0.6) and np.all((run.z > 0.5) == (LABELS == 1)):
        return False, (
            "the outputs themselves are near 0 and 1: the loss took them for probabilities (from_logits=True is missing, or "
            "squared error on the outputs); read as logits, 0 and 1 are probabilities of 0.5 and 0.73, and the loss is 0.503"
        )
    longer = np.asarray(run.submission.support.continued(run.model), np.float64).reshape(-1)
    if solved(longer):
        return True, (
            f"under-trained, not under-powered: 1000 more steps of Adam with rate 0.05 bring the same network to "
            f"{loss_of(longer):.2g}. The steps are too few or too small"
        )
    if loss_of(longer) < 0.9 * loss_of(run.z):
        return True, (
            f"under-trained: 1000 more steps of Adam with rate 0.05 bring the same network to {loss_of(longer):.3f}, so the "
            "steps are too few or too small; and under-powered: there it is stuck, with too few hidden units, or dead ones"
        )
    return False, (
        "stuck, and 1000 more steps of Adam with rate 0.05 do not help: too few hidden units, or units that are dead or "
        "saturated. At 0.347 two points are right and two at one half, at 0.477 one is right and three at one third or two "
        "thirds, at 0.693 all are at one half"
    )


def facts_of(run):
    p = ", ".join(f"{value:.3f}" for value in sigmoid(run.z))
    return [
        ("loss before and after training", f"{loss_of(run.z_before):.4g}, {loss_of(run.z):.4g}"),
        ("probabilities after it", f"{p}; expected 0, 1, 1, 0"),
        ("hidden units", next((str(w.shape[1]) for w in run.after if takes_inputs(w)), "none")),
    ]


@pytest.fixture(scope="session")
def first(suite_submission):
    """The first training: of the second seed if the first one ends stuck, because some starts of a small network do."""
    run = trained(suite_submission, SEEDS[0])
    run.why = ""
    if not solved(run.z):
        longer, run.why = mistake_of(run)
        if run.why.startswith("stuck") and not longer:
            again = trained(suite_submission, SEEDS[1])
            again.why = run.why
            return again
    return run


@pytest.fixture(scope="session")
def runs(suite_submission, second_submission, first):
    """A training for each seed, two at a time, until it is clear that some fail."""
    results, others = [first], [seed for seed in SEEDS if seed != first.seed]
    while others:
        jobs = [partial(trained, seed=seed) for seed in others[:2]]
        for done in checks.at_once(*zip((suite_submission, second_submission), jobs, strict=False)):
            results.append(done.result())
            if sum(not solved(run.z) for run in results) == ENOUGH_FAILURES:
                return results
        others = others[2:]
    return results


@pytest.mark.needs(
    "TestBuild::test_outputs", "TestBuild::test_logits", "TestBuild::test_not_linear", "TestBuild::test_parameters"
)
class TestTraining:
    def test_learns(self, first, record):
        """Training brings the loss below 0.1, with all four classes right"""
        record("loss after training", loss_of(first.z))
        checks.that(
            solved(first.z),
            f"the loss is still {loss_of(first.z):.3g} after training",
            rows=[("loss", f"below {MOST_LOSS}", f"{loss_of(first.z):.4g}")],
            facts=[("seed", str(first.seed)), *facts_of(first)],
            note=first.why,
        )

    @pytest.mark.needs("TestTraining::test_learns")
    def test_price(self, first, suite_submission, record):
        """One training costs no more than 300 epochs of fit"""
        record("CPU seconds of one training", first.cpu)
        if first.cpu <= CHEAP_SECONDS:
            return  # 300 epochs take several times as long on any machine of today: not worth measuring
        # Both sides in CPU seconds of the same process, so that other work on the machine hardly matters, and the
        # dearest of three measurements. 1000 epochs are 3.3 times what is allowed, 200 are two thirds of it.
        epoch = max(suite_submission.support.fit_epochs(20) for _ in range(3))
        epochs = first.cpu / epoch
        checks.that(
            epochs <= MOST_EPOCHS,
            f"one training costs as much as {epochs:.0f} epochs of fit",
            rows=[("CPU seconds of train", f"at most {MOST_EPOCHS * epoch:.1f}", f"{first.cpu:.1f}")],
            facts=[("one epoch of fit here", f"{1000 * epoch:.0f} ms of CPU time for four points")],
            note="time limit: thousands of tiny epochs of fit cost far more than their arithmetic. Fewer epochs with a larger "
            "rate, many steps in one epoch, or a loop that is compiled as a whole",
        )

    @pytest.mark.needs("TestTraining::test_price", "TestBuild::test_same_seed")
    def test_same_seed(self, first, suite_submission):
        """The same seed gives the same trained network"""
        again = trained(suite_submission, first.seed, disturbed=True)
        checks.that(
            not unchanged(again),
            "only the first network is trained",
            note="the weights of the second network were not touched: something is kept from the first training (a compiled "
            "function, an optimizer, a flag)",
        )
        note = "train draws numbers (the order of the points, noise, new weights) that do not follow from the seed"
        check_same(again.after, first.after, note)

    @pytest.mark.needs("TestTraining::test_same_seed")
    def test_given_weights(self, first, suite_submission, rng):
        """Training starts from the weights that the network has"""
        model = build(suite_submission, first.seed)
        model.set_weights([(w * rng.uniform(0.6, 1.4, w.shape)).astype(w.dtype) for w in weights_of(model)])
        suite_submission.train(model, int(first.seed))
        distance, scale = apart(weights_of(model), first.after)
        checks.that(
            distance > 1e-3 * scale,
            "another start ends with the same weights",
            facts=[("largest difference of a weight", f"{distance:.2g}")],
            note="train does not start from the weights of the network that it is given: it writes weights of its own "
            "(from the source, or from a network that it builds) over them",
        )

    @pytest.mark.needs("TestTraining::test_learns")
    def test_near_points(self, first, suite_submission):
        """Close to a point its class holds too"""
        shifts = np.array([(dx, dy) for dx in (-NEAR, 0.0, NEAR) for dy in (-NEAR, 0.0, NEAR)], np.float32)
        x = (POINTS[:, None] + shifts).reshape(-1, 2)  # (4, 9, 2) -> (36, 2)
        got = logits_of(suite_submission, first.model, x).reshape(4, 9)
        wrong = int(((got > 0) != (LABELS[:, None] == 1)).sum())
        # Of 14,000 networks simulated (tanh, sigmoid, ReLU, GELU; Adam, RMSprop, momentum) none failed, even at 0.1.
        rows = [(f"points within {NEAR} of a corner with its class", "36 of 36", f"{36 - wrong} of 36")]
        note = "the network knows the four points only, and is wild between them: very large weights, or a periodic activation"
        checks.that(wrong == 0, "near the four points the classes are others", rows=rows, note=note)

    @pytest.mark.needs("TestTraining::test_price")
    def test_every_seed(self, runs, record):
        """Training ends well for every seed"""
        failed = [run for run in runs if not solved(run.z)]
        record("seeds that end well", len(runs) - len(failed))
        if not failed:
            return
        checks.fail(
            f"{len(failed)} of {len(runs)} seeds do not end at XOR",
            rows=[("seeds that end well", f"{len(runs)} of {len(runs)}", f"{len(runs) - len(failed)} of {len(runs)}")],
            facts=[
                ("losses", ", ".join(f"{loss_of(run.z):.3f} (seed {run.seed})" for run in failed)),
                *facts_of(failed[0]),
            ],
            note=mistake_of(failed[0])[1],
        )


def apart(one, other):
    """Largest difference of two lists of weights, and their largest value."""
    fits = [a.shape for a in one] == [b.shape for b in other]
    checks.that(fits, "training changed the shapes of the weights")
    distance = max(float(np.abs(a.astype(np.float64) - b).max()) for a, b in zip(one, other, strict=True))
    return distance, max(float(np.abs(b).max()) for b in other)


def check_same(one, other, note):
    """Fail unless weights agree, up to what rounding in another order becomes during a training."""
    distance, scale = apart(one, other)
    checks.that(
        distance <= 1e-3 * scale,
        "two trainings with the same seed end with different weights",
        facts=[("largest difference of a weight", f"{distance:.2g}")],
        note=note,
    )


# ---------------------------------------------------------------------------------------------------------------
# The report after training


@pytest.mark.needs("TestTraining::test_learns", "TestReport::test_other_weights")
class TestEnd:
    def test_truth(self, first, suite_submission):
        """The report after training agrees with the network, also when its weights have changed since"""
        note = "the report does not agree with the outputs of the trained network"
        z = logits_of(suite_submission, first.model)  # a later training may have changed the network
        got = reported(suite_submission, first.model)
        check_probabilities(got, z, note)
        check_loss(got, z, note)
        check_accuracy(got, z, note)
        first.model.set_weights([(0.4 * w).astype(w.dtype) for w in first.after])
        z = logits_of(suite_submission, first.model)
        got = reported(suite_submission, first.model)
        suite_submission.support.put_back(first.model, first.after)
        note = (
            "the reported loss differs from the recomputed loss: it is a figure of the training (its history, or kept "
            "from its last step), not of the network as it is now"
        )
        check_loss(got, z, note)
        check_probabilities(got, z, note)
        check_accuracy(got, z, note)
