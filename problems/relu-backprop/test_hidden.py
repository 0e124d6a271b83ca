"""Hidden suite of `relu-backprop`.

Expected values: the forward pass by its definition, gradients by central differences of that definition.
n, d_in, d_hid and d_out differ, so that a transposed product cannot fit.
"""

import numpy as np
import pytest

from grader import checks

KEYS = ("W1", "b1", "W2", "b2")

APART = "one row of gradients for each row of X: the bias was added to every row, so sum them up"


def draw(rng, n=7, d_in=4, d_hid=5, d_out=3):
    """Parameters, a batch, labels and an upstream gradient; no pre-activation lies near the kink at 0.

    For a batch of some size every unit is on for some row and off for another, and the bias turns some unit on or off,
    so that each mistake about the gate can be seen; some logit is negative, so that a ReLU on the logits can be. Every
    class is the label of some row.
    """
    while True:
        params = {
            "W1": rng.normal(size=(d_in, d_hid)),
            "b1": rng.normal(size=d_hid),
            "W2": rng.normal(size=(d_hid, d_out)),
            "b2": rng.normal(size=d_out),
        }
        x = rng.normal(size=(n, d_in))
        z1 = x @ params["W1"] + params["b1"]
        mixed = ((z1 > 0).any(axis=0) & (z1 < 0).any(axis=0)).all() and ((z1 > 0) != (x @ params["W1"] > 0)).any()
        seen = (z1 > 0).any() and (logits_of(params, x) < 0).any() and (mixed or n == 1)
        if seen and np.abs(z1).min() > 1e-3:
            return params, x, d_out - 1 - rng.permutation(n) % d_out, rng.normal(size=(n, d_out))


def draw_labelled(rng, case):
    """Parameters, a batch and its labels; no label is so unlikely that 1e-12 more would change its logarithm."""
    while True:
        params, x, y, _dlogits = draw(rng, n=1 if case == "one row" else 7)
        if case == "one class":
            y = np.zeros_like(y)
        if case == "last class missing":
            y = np.arange(len(y)) % 2
        if probabilities_of(params, x)[np.arange(len(y)), y].min() > 1e-3 and loss_of(params, x, y) > 0.3:
            return params, x, y


def logits_of(params, x):
    return np.maximum(x @ params["W1"] + params["b1"], 0) @ params["W2"] + params["b2"]


def loss_of(params, x, y):
    logits = logits_of(params, x)
    return float(np.mean(np.logaddexp.reduce(logits, axis=1) - logits[np.arange(len(y)), y]))


def probabilities_of(params, x):
    logits = logits_of(params, x)
    return np.exp(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))


def chain(params, x, dlogits):
    """The gradients that follow from an upstream gradient: to recognise a wrong one at the logits."""
    z1 = x @ params["W1"] + params["b1"]
    dz1 = dlogits @ params["W2"].T * (z1 > 0)
    return {"W1": x.T @ dz1, "b1": dz1.sum(axis=0), "W2": np.maximum(z1, 0).T @ dlogits, "b2": dlogits.sum(axis=0)}


def gradient_of(f, params, key):
    """Check-ready scalar function of one parameter, the others fixed."""
    return lambda value: f({**params, key: value})


def grads_of(submission, params, x, dlogits):
    """What `backward` gives after a forward pass of the submission's own."""
    _logits, cache = checks.unpack(submission.support.forward(params, x), "logits", "cache")
    return checks.mapping(submission.support.backward(params, cache, dlogits), KEYS, name="grads")


class TestInit:
    def test_shapes(self, submission):
        """Four arrays of the right shapes, float64"""
        params = checks.mapping(submission.init_params(4, 5, 3, checks.generator(1)), KEYS, name="params")
        for key, shape in zip(KEYS, [(4, 5), (5,), (5, 3), (3,)], strict=True):
            checks.array(params[key], name=f"params['{key}']", shape=shape, dtype=np.float64)

    @pytest.mark.needs("TestInit::test_shapes")
    def test_scale(self, submission, seed):
        """Weights are normal with mean 0 and He's standard deviation, biases are zero"""
        d_in, d_hid, d_out = 400, 300, 200
        params = submission.init_params(d_in, d_hid, d_out, checks.generator(seed))
        for key, fan_in, fan_out in (("W1", d_in, d_hid), ("W2", d_hid, d_out)):
            name = f"params['{key}']"
            std = float(np.std(params[key]))
            he = np.sqrt(2 / fan_in)
            known = {
                "all hidden units stay identical: draw the weights at random": 0.0,
                "the standard deviation is 2 / fan_in, which is the variance: take the square root": 2 / fan_in,
                "fan_in is the number of rows: this is the scale of fan_out": np.sqrt(2 / fan_out),
                "this is 1 / sqrt(fan_in): He's scale has a 2, because the ReLU drops half of the signal": he
                / np.sqrt(2),
                "this is Glorot's scale, which counts fan_out too": np.sqrt(2 / (fan_in + fan_out)),
                "the weights are not scaled at all": 1.0,
            }
            note = next((text for text, value in known.items() if abs(std - value) < 0.02 * he), "")
            # 60,000 draws or more: the relative error of a standard deviation is below 1/sqrt(120,000) = 0.3 %
            checks.between(std / he, 0.97, 1.03, name=f"std of {name} beside sqrt(2 / fan_in)", note=note)
            note = "the weights are uniform on one side, or shifted: their mean is 0"
            checks.between(
                float(np.mean(params[key])) / he, -0.03, 0.03, name=f"mean of {name} beside its std", note=note
            )
            largest = float(np.abs(params[key]).max()) / he
            note = "the weights are not normal: draw them with rng.normal"
            if largest < 1.75:  # a uniform distribution ends at sqrt(3) standard deviations
                note = "the weights are uniform, not normal: draw them with rng.normal"
            elif largest < 3:
                note = "the weights are cut off, as a truncated normal distribution is: draw them with rng.normal"
            # 4.55 % of a normal distribution; among 60,000 draws the standard deviation of this share is 0.09 %
            far = float(np.mean(np.abs(params[key]) > 2 * he))
            checks.between(far, 0.04, 0.051, name=f"share of {name} beyond two standard deviations", note=note)
        for key in ("b1", "b2"):
            checks.equal(params[key], np.zeros(params[key].shape), name=f"params['{key}']", note="biases start at zero")

    @pytest.mark.needs("TestInit::test_shapes")
    def test_randomness(self, submission):
        """All randomness comes from rng"""
        first, again, other = (submission.init_params(6, 5, 3, checks.generator(s)) for s in (1, 1, 2))
        for key in ("W1", "W2"):
            note = "two calls with generators in the same state differ: draw from rng only"
            checks.equal(again[key], first[key], name=f"params['{key}']", note=note)
            note = "two generators give the same weights: rng is not used"
            checks.that(
                not np.array_equal(first[key], other[key]), f"`params['{key}']` does not depend on rng", note=note
            )


class TestForward:
    @pytest.mark.parametrize("n", [1, 7], ids=["one row", "seven rows"])
    def test_logits(self, submission, rng, n):
        """Logits are relu(X W1 + b1) W2 + b2"""
        params, x, _y, _dlogits = draw(rng, n=n)
        logits, _cache = checks.unpack(submission.forward(params, x), "logits", "cache")
        z1 = x @ params["W1"] + params["b1"]
        mistakes = [
            (z1 @ params["W2"] + params["b2"], "there is no ReLU between the layers"),
            (np.maximum(logits_of(params, x), 0), "the ReLU is applied to the output too: logits may be negative"),
            (logits_of({**params, "b1": 0 * params["b1"]}, x), "b1 is not added"),
            (logits_of({**params, "b2": 0 * params["b2"]}, x), "b2 is not added"),
            (np.abs(z1) @ params["W2"] + params["b2"], "this is |Z1|, not max(Z1, 0)"),
        ]
        checks.close(logits, logits_of(params, x), name="logits", dtype=np.float64, mistakes=mistakes)

    @pytest.mark.needs("TestForward::test_logits")
    def test_arguments(self, submission, rng):
        """The forward pass leaves its arguments alone"""
        params, x, _y, _dlogits = draw(rng)
        checks.unchanged(submission.forward, params, x)


@pytest.mark.needs("TestForward::test_logits")
class TestBackward:
    def test_no_gradient(self, submission, rng):
        """Where no gradient comes from above, none goes down"""
        params, x, _y, dlogits = draw(rng)
        grads = grads_of(submission, params, x, np.zeros_like(dlogits))
        note = "with dlogits = 0 every gradient is 0: backward adds no term of its own, such as a weight decay"
        for key in KEYS:
            got = checks.array(grads[key], name=f"grads['{key}']")
            checks.close(got, np.zeros(got.shape), name=f"grads['{key}']", note=note)

    def test_w2(self, submission, rng):
        """dW2 is made of the hidden activations"""
        params, x, _y, dlogits = draw(rng)
        z1 = x @ params["W1"] + params["b1"]
        mistakes = [
            (lambda: z1.T @ dlogits, "dW2 must use the hidden activations H, not the pre-activations Z1"),
            (lambda: x.T @ dlogits, "dW2 must use the hidden activations, not the input X"),
            (lambda: np.maximum(z1, 0).T @ dlogits / len(x), "divided by n: the mean is in dlogits already"),
        ]
        grads = grads_of(submission, params, x, dlogits)
        f = gradient_of(lambda p: np.sum(logits_of(p, x) * dlogits), params, "W2")
        note = "dW2 must use the hidden activations H: the transpose of H times dlogits"
        checks.gradient(f, params["W2"], grads["W2"], name="grads['W2']", mistakes=mistakes, note=note)

    def test_b2(self, submission, rng):
        """db2 collects dlogits over the rows"""
        params, x, _y, dlogits = draw(rng)
        grads = grads_of(submission, params, x, dlogits)
        mistakes = [
            (dlogits.mean(axis=0), "this is the mean over the rows: b2 is added to every row, so the gradients add up"),
            (dlogits, "one row of gradients for each row of X: b2 was added to every row, so sum them up"),
        ]
        checks.close(grads["b2"], dlogits.sum(axis=0), name="grads['b2']", dtype=np.float64, mistakes=mistakes)

    def test_arguments(self, submission, rng):
        """The backward pass leaves its arguments alone"""
        params, x, _y, dlogits = draw(rng)
        _logits, cache = checks.unpack(submission.support.forward(params, x), "logits", "cache")
        checks.unchanged(submission.support.backward, params, cache, dlogits)

    @pytest.mark.needs("TestBackward::test_no_gradient")
    def test_through_w2(self, submission, rng):
        """Nothing reaches the first layer through a W2 of zeros"""
        params, x, _y, dlogits = draw(rng)
        params["W2"] = np.zeros_like(params["W2"])
        grads = grads_of(submission, params, x, dlogits)
        note = "with W2 = 0 nothing may arrive: the output error must be propagated through the transpose of W2"
        apart = np.zeros((len(x), *params["b1"].shape))
        for key in ("W1", "b1"):
            expected, mistakes = np.zeros_like(params[key]), [(apart, APART)]
            checks.close(grads[key], expected, name=f"grads['{key}']", mistakes=mistakes, note=note)

    def test_gate(self, submission, rng):
        """The gradient passes only where the hidden unit was on"""
        params, x, _y, dlogits = draw(rng)
        grads = grads_of(submission, params, x, dlogits)
        z1 = x @ params["W1"] + params["b1"]
        upstream = dlogits @ params["W2"].T
        mistakes = [
            (upstream.sum(axis=0), "gradient flows through inactive units: multiply by Z1 > 0"),
            ((upstream * (z1 < 0)).sum(axis=0), "the gate is upside down: it opens where Z1 > 0"),
            (
                (upstream * (upstream > 0)).sum(axis=0),
                "the gate asks the sign of the gradient; it opens by the sign of Z1",
            ),
            (
                (upstream * np.maximum(z1, 0)).sum(axis=0),
                "the gradient is multiplied by H: the slope of the ReLU is 1 or 0",
            ),
            (
                (upstream * (z1 > 0)).mean(axis=0),
                "this is the mean over the rows: b1 is added to every row, so the gradients add up",
            ),
            (upstream * (z1 > 0), APART),
            (
                (upstream * (x @ params["W1"] > 0)).sum(axis=0),
                "the mask does not match Z1, which contains b1: the gate belongs to the hidden pre-activations",
            ),
        ]
        f = gradient_of(lambda p: np.sum(logits_of(p, x) * dlogits), params, "b1")
        note = "db1 is dlogits times the transpose of W2, where Z1 > 0, summed over the rows"
        checks.gradient(f, params["b1"], grads["b1"], name="grads['b1']", mistakes=mistakes, note=note)

    @pytest.mark.needs("TestBackward::test_gate")
    def test_w1(self, submission, rng):
        """dW1 is made of the input and of what came through W2 and the gate"""
        params, x, _y, dlogits = draw(rng)
        grads = grads_of(submission, params, x, dlogits)
        gate = x @ params["W1"] + params["b1"] > 0
        mistakes = [
            (lambda: x.T @ (dlogits @ params["W2"].T), "gradient flows through inactive units: dW1 lacks the gate")
        ]
        f = gradient_of(lambda p: np.sum(logits_of(p, x) * dlogits), params, "W1")
        note = "dW1 is the transpose of X times the gradient at Z1"
        checks.gradient(f, params["W1"], grads["W1"], name="grads['W1']", mistakes=mistakes, note=note)
        checks.that(gate.any(), "the draw has an active unit")

    @pytest.mark.needs("TestBackward::test_gate")
    def test_at_zero(self, submission, rng):
        """The gradient at exactly 0 is 0"""
        params, x, _y, dlogits = draw(rng)
        params["b1"] = np.zeros_like(params["b1"])
        x[2] = 0.0  # Z1 of this row is exactly 0
        grads = grads_of(submission, params, x, dlogits)
        gate = x @ params["W1"] > 0
        expected = ((dlogits @ params["W2"].T) * gate).sum(axis=0)
        note = "at Z1 = 0 the gate is closed: the mask is Z1 > 0, not Z1 >= 0"
        checks.close(grads["b1"], expected, name="grads['b1']", note=note)

    @pytest.mark.needs("TestBackward::test_w1")
    @pytest.mark.parametrize(
        "sizes", [{"n": 1}, {"d_hid": 1}, {"d_out": 1}], ids=["one row", "one hidden unit", "one class"]
    )
    def test_axes_of_length_one(self, submission, rng, sizes):
        """With one row, one hidden unit or one class, gradients keep all axes"""
        params, x, _y, dlogits = draw(rng, **sizes)
        grads = grads_of(submission, params, x, dlogits)
        note = "an axis of length 1 got lost: squeeze drops it, and so does an index"
        for key in KEYS:
            name, shape = f"grads['{key}']", params[key].shape
            lost = "" if isinstance(grads[key], np.ndarray) and grads[key].ndim >= len(shape) else note
            checks.array(grads[key], name=name, shape=shape, dtype=np.float64, note=lost)
            f = gradient_of(lambda p: np.sum(logits_of(p, x) * dlogits), params, key)
            checks.gradient(f, params[key], grads[key], name=f"grads['{key}']")

    @pytest.mark.needs("TestBackward::test_w2", "TestBackward::test_b2", "TestBackward::test_w1")
    def test_cache(self, submission, rng):
        """The cache belongs to its forward pass, and can be used twice"""
        params, x, _y, dlogits = draw(rng)
        _logits, cache = checks.unpack(submission.support.forward(params, x), "logits", "cache")
        submission.support.forward(params, x[::-1] + 1.0)
        for note in (
            "another forward pass in between changes the gradients: "
            "keep everything in a cache of this pass, nothing in globals, default arguments or buffers",
            "the second backward pass with one cache gives other gradients: do not change what is in the cache",
        ):
            grads = checks.mapping(submission.support.backward(params, cache, dlogits), KEYS, name="grads")
            for key in KEYS:
                f = gradient_of(lambda p: np.sum(logits_of(p, x) * dlogits), params, key)
                checks.gradient(f, params[key], grads[key], name=f"grads['{key}']", note=note)


@pytest.mark.needs("TestBackward::test_w1")
class TestLoss:
    @pytest.mark.parametrize("case", ["every class", "one row"])
    def test_value(self, submission, rng, case):
        """The loss is the cross-entropy, averaged over the rows"""
        params, x, y = draw_labelled(rng, case)
        loss, _grads = checks.unpack(submission.loss_and_grads(params, x, y), "loss", "grads")
        expected = loss_of(params, x, y)
        mistakes = [
            (expected * len(y), "this is the sum over the rows, not the mean"),
            (-expected, "the sign is wrong: the loss is minus the log-probability"),
            (expected / params["b2"].size, "averaged over the classes too: only the rows count"),
        ]
        loss = checks.number(loss, name="loss")
        nearly = (
            "nearly right: work in float64 with log-probabilities, and add no small number to p before the logarithm"
        )
        note = nearly if abs(loss - expected) < 1e-3 * expected else ""
        checks.close(loss, expected, name="loss", mistakes=mistakes, note=note)

    @pytest.mark.parametrize("case", ["every class", "one class", "last class missing", "one row"])
    def test_gradients(self, submission, rng, case):
        """The gradients are those of the mean loss, whichever classes the batch holds"""
        params, x, y = draw_labelled(rng, case)
        loss, grads = checks.unpack(submission.loss_and_grads(params, x, y), "loss", "grads")
        grads = checks.mapping(grads, KEYS, name="grads")
        twice = submission.loss_and_grads(params, np.concatenate([x, x]), np.concatenate([y, y]))[1]
        ratio = float(np.linalg.norm(twice["W2"]) / np.linalg.norm(grads["W2"]))
        note = "gradients double when the batch is duplicated: divide by n" if abs(ratio - 2) < 0.01 else ""
        p = probabilities_of(params, x)
        one_hot = np.eye(p.shape[1])[y]
        for key in KEYS:
            mistakes = [
                (
                    chain(params, x, p / len(y))[key],
                    "the gradient at the logits is (P - Y) / n: Y, the one-hot labels, is missing",
                ),
                (
                    chain(params, x, (one_hot - p) / len(y))[key],
                    "the sign is flipped: the gradient at the logits is (P - Y) / n",
                ),
                (
                    chain(params, x, (p - one_hot) * p / len(y))[key],
                    "the gradient of softmax and logarithm together is P - Y, with no further factor P",
                ),
                (
                    chain(params, x, (p - 1) / len(y))[key],
                    "1 is subtracted in every column: Y has d_out columns, also where a class is missing from the batch",
                ),
            ]
            f = gradient_of(lambda p: loss_of(p, x, y), params, key)
            checks.gradient(f, params[key], grads[key], name=f"grads['{key}']", mistakes=mistakes, note=note)
            checks.array(grads[key], name=f"grads['{key}']", dtype=np.float64)
        loss = checks.number(loss, name="loss")
        every = np.arange(len(y)) % p.shape[1]
        control = checks.number(submission.loss_and_grads(params, x, every)[0], name="loss")
        note = "with every class in the batch the loss is right: count the classes in the logits, not in the labels"
        if len(set(every)) < p.shape[1] or abs(control / loss_of(params, x, every) - 1) > 1e-6:
            note = ""  # it is wrong, whichever classes the batch holds
        checks.close(loss, loss_of(params, x, y), name="loss", note=note)

    @pytest.mark.needs("TestLoss::test_gradients")
    @pytest.mark.parametrize("case", ["far apart", "far below zero"])
    def test_stability(self, submission, rng, case):
        """Logits of ten thousand give a finite loss and finite gradients"""
        while True:
            params, x, y, _dlogits = draw(rng)
            if case == "far below zero":
                params["b2"] -= 1e4
                break
            x[:3] *= 1e4  # some rows have huge logits, the others have not
            logits = logits_of(params, x)
            y[:3] = logits[:3].argmin(axis=1)
            # the label's probability underflows to 0 in float64: exp(-745) is its least number
            if (np.ptp(logits[:3], axis=1) > 1000).all():
                break
        loss, grads = checks.unpack(submission.loss_and_grads(params, x, y), "loss", "grads")
        note = "exp overflows, or underflows to 0: subtract from the logits of each row their own maximum first"
        checks.finite(loss, name="loss", note=note)
        finite = (
            "the loss is finite, but the logarithm was taken of a probability that had been rounded, or kept away from 0: "
            "work with log-probabilities, z_k - max - log(sum of exp(z - max)), and clip nothing"
        )
        checks.close(loss, loss_of(params, x, y), name="loss", note=finite)
        for key in KEYS:
            checks.finite(grads[key], name=f"grads['{key}']", note=note)

    def test_arguments(self, submission, rng):
        """The loss leaves its arguments alone"""
        params, x, y, _dlogits = draw(rng)
        checks.unchanged(submission.loss_and_grads, params, x, y)


class TestTraining:
    def test_step(self, submission, rng):
        """A step goes against the gradient"""
        params, _x, _y, _dlogits = draw(rng)
        grads = {key: rng.normal(size=value.shape) for key, value in params.items()}
        new = checks.mapping(submission.sgd_step(params, grads, 0.3), KEYS, name="new_params")
        for key in KEYS:
            mistakes = [
                (params[key] + 0.3 * grads[key], "loss increases along your step: subtract the gradient"),
                (params[key] - grads[key], "lr is not used"),
            ]
            expected, name = params[key] - 0.3 * grads[key], f"new_params['{key}']"
            checks.close(new[key], expected, name=name, dtype=np.float64, mistakes=mistakes)

    @pytest.mark.needs("TestTraining::test_step")
    def test_step_is_new(self, submission, rng):
        """A step gives new arrays and leaves its arguments alone"""
        params, _x, _y, _dlogits = draw(rng)
        grads = {key: rng.normal(size=value.shape) for key, value in params.items()}
        checks.unchanged(submission.sgd_step, params, grads, 0.3)
        shared = submission.support.shared_arrays(params, grads, 0.0)
        note = "with lr = 0 too the result must be new arrays: the caller may write into either"
        checks.equal(shared, [], name="arrays shared by params and new_params", note=note)

    @pytest.mark.needs("TestLoss::test_gradients")
    def test_speed(self, submission, reference, rng):
        """One call takes at most 15 times as long as the reference solution"""
        params, _x, _y, _dlogits = draw(rng, n=7, d_in=100, d_hid=64, d_out=10)

        def arguments():
            return params, rng.normal(size=(64, 100)), rng.integers(0, 10, size=64)

        note = "is there a loop over rows, units or classes? A product of matrices does all of it at once"
        checks.not_slower(
            submission.loss_and_grads, reference.loss_and_grads, arguments, 15.0, name="loss_and_grads", note=note
        )

    @pytest.mark.needs("TestTraining::test_step", "TestTraining::test_speed", "TestInit::test_scale")
    def test_overfit(self, submission, rng, seed):
        """Five hundred steps fit 32 random labels"""
        params = submission.init_params(20, 64, 4, checks.generator(seed))
        x, y = rng.normal(size=(32, 20)), rng.integers(0, 4, size=32)
        trained = submission.support.train(params, x, y, 0.5, 500)
        note = "the network does not learn: compare your gradients with finite differences"
        # over 200 seeds the reference ends between 0.0008 and 0.0015
        checks.between(loss_of(trained, x, y), 0.0, 0.01, name="loss after 500 steps", note=note)
