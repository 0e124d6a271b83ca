"""Hidden suite of `dropout-l1-l2`.

Masks are judged by what they are made of and by their statistics, never against a fixed draw: how a submission asks rng
for its numbers is its own affair. The bounds are those of Hoeffding: for n independent numbers in an interval of length
c, their mean is off by e or more with a probability of at most 2 exp(-2 n e^2 / c^2). All statistical checks of one
grade together raise a false alarm less than once in 1e10 grades.

Lasso problems are built backwards from their minimiser, so that no solver is needed to know it, see `draw_lasso`.
"""

import numpy as np
import pytest

from grader import checks

TRAINING = "TestDropoutTraining::"


def draw_seed(rng):
    return int(rng.integers(1 << 31))


def forward(submission, x, p_drop, seed):
    """A training pass; `training` is left at its default. Types, shapes and dtypes are checked."""
    return check_pair(submission.dropout_forward(x, p_drop, checks.generator(seed)), x)


def check_pair(result, x):
    out, mask = checks.unpack(result, "out", "mask")
    note = "out has the shape of x, whatever that is"
    checks.array(out, name="out", shape=x.shape, dtype=np.float64, note=note)
    note = (
        "mask is a float64 array of the shape of x that has the factor 1 / (1 - p_drop) in it: one number for each "
        "entry of x"
    )
    checks.array(mask, name="mask", shape=x.shape, dtype=np.float64, note=note)
    return out, mask


class TestDropoutTraining:
    def test_factor(self, submission, rng):
        """A mask entry is 0 or 1 / (1 - p_drop), so that the expected activation is that of inference"""
        x, p = rng.normal(size=(300, 20)), float(rng.uniform(0.25, 0.35))
        out, mask = forward(submission, x, p, draw_seed(rng))
        found = np.unique(np.round(mask, 10))  # with 6000 entries both values occur: 0.75^6000 = 1e-750
        checks.that(
            not np.all(mask == 1), "nothing is dropped", note="`training` is True when it is not given: drop units then"
        )
        checks.that(
            found.size > 1,
            "all entries of the mask are equal",
            rows=[("values in mask", f"0 and {1 / (1 - p):.6g}", f"{found[0]:.6g}")],
            note="one draw decides for the whole array: each entry of x needs a draw of its own",
        )
        checks.that(
            found.size == 2 and found[0] == 0,
            "the mask holds other values than 0 and one factor",
            rows=[("values in mask", "2", str(found.size)), ("smallest", "0", f"{found[0]:.6g}")],
            note="dropout multiplies each unit by 0 or by 1 / (1 - p_drop), and by nothing else",
        )
        unscaled = (
            "mask lacks the factor, out has it: backward multiplies by mask and nothing else"
            if np.abs(out).sum() > 1.1 * np.abs(x * mask).sum()
            else "survivors are not scaled: the expected activation changes between training and inference"
        )
        mistakes = [
            (1.0, unscaled),
            (1 / p, "p_drop is read as the probability to keep: survivors are scaled by 1 / (1 - p_drop)"),
            (1 - p, "survivors are multiplied by 1 - p_drop: divide, or the expected activation shrinks even more"),
            (p, "survivors are multiplied by p_drop: divide them by 1 - p_drop"),
            ((1 - p) ** -2.0, "the factor 1 / (1 - p_drop) is applied twice"),
            ((1 - p) ** -0.5, "the factor is 1 / sqrt(1 - p_drop): that keeps the mean square, not the mean"),
            (1 + p, "the factor is 1 + p_drop: that is close to 1 / (1 - p_drop) for small p_drop only"),
            (
                mask.size / np.count_nonzero(mask),
                "the factor is made of the share that happened to survive: it is 1 / (1 - p_drop), the same in each "
                "call",
            ),
        ]
        name = "the entry of mask that is not 0"
        checks.close(float(found[1]), 1 / (1 - p), name=name, rtol=1e-9, atol=0.0, mistakes=mistakes)

    @pytest.mark.needs(TRAINING + "test_factor")
    def test_applied(self, submission, rng):
        """The mask that comes back is the one that was applied: out is x * mask"""
        x, p = rng.normal(size=(40, 30)), float(rng.uniform(0.25, 0.35))
        out, mask = forward(submission, x, p, draw_seed(rng))
        kept, factor = mask > 0, 1 / (1 - p)
        mistakes = [
            (
                x * ~kept * factor,
                "mask marks the units that were dropped: it must be 0 there, and the factor elsewhere",
            ),
            (x * ~kept, "mask marks the units that were dropped: it must be 0 there, and the factor elsewhere"),
            (x * kept, "mask has the factor 1 / (1 - p_drop), out lacks it"),
            (x * mask * factor, "out has the factor 1 / (1 - p_drop) twice"),
            (x * mask * (1 - p) ** 2, "out is multiplied by 1 - p_drop: divide"),
            (x, "out is x: the mask is not applied"),
        ]
        note = "out is not x times the mask that comes back: draw once, use the draw for both"
        checks.close(out, x * mask, name="out", rtol=1e-9, atol=0.0, mistakes=mistakes, note=note)

    @pytest.mark.needs(TRAINING + "test_applied")
    @pytest.mark.parametrize("shape", [(11,), (2, 3, 4, 5)], ids=["one axis", "four axes"])
    def test_axes(self, submission, rng, shape):
        """The input may have any number of axes"""
        x = rng.normal(size=shape)
        out, mask = forward(submission, x, 0.5, draw_seed(rng))
        checks.close(out, x * mask, name="out", rtol=1e-9, atol=0.0, note="out is x times mask, entry by entry")

    @pytest.mark.needs(TRAINING + "test_factor")
    def test_randomness(self, submission, rng):
        """All randomness comes from rng: the same state gives the same mask"""
        x, seed = rng.normal(size=(40, 30)), draw_seed(rng)
        (_, first), (_, again), (_, other) = (forward(submission, x, 0.5, s) for s in (seed, seed, seed + 1))
        note = "two calls with generators in the same state give different masks: draw from rng only"
        checks.equal(again, first, name="mask of the second call", note=note)
        # 1200 fair draws are equal by chance with probability 2^-1200
        note = "two generators in different states give the same mask: rng is not used, or an old mask is"
        checks.that((other != first).any(), "the mask does not depend on rng", note=note)

    @pytest.mark.needs(TRAINING + "test_randomness")
    def test_next_call(self, submission, rng):
        """The next call with the same generator drops other units, and leaves the first results alone"""
        x, seed = rng.normal(size=(40, 30)), draw_seed(rng)
        alone = forward(submission, x, 0.5, seed)
        results = checks.unpack(submission.support.two_calls(x, 0.5, seed), "first", "second")
        (out, first), (_, second) = (check_pair(result, x) for result in results)
        note = "a second call writes over the results of the first: keep nothing between calls, make new arrays in each"
        for got, expected, name in ((out, alone[0], "out"), (first, alone[1], "mask")):
            checks.equal(got, expected, name=f"first {name} after a second call", note=note)
        note = "the generator does not move on: draw from rng itself, not from a copy or from one made of its seed"
        checks.that((first != second).any(), "two calls with one generator give the same mask", note=note)

    @pytest.mark.needs(TRAINING + "test_randomness")
    @pytest.mark.parametrize(
        "shape",
        [(300, 400), (64, 30, 63), (64, 5, 7, 65), (120_000,)],
        ids=["two axes", "three axes", "four axes", "one axis"],
    )
    def test_own_fate(self, submission, rng, shape):
        """Each entry has a draw of its own: neighbours are dropped independently"""
        _out, mask = forward(submission, rng.normal(size=shape), 0.5, draw_seed(rng))
        fate = np.where(mask > 0, 1.0, -1.0)
        m = fate.mean()
        checks.that(abs(m) < 0.9, "all units have the same fate", note="one draw decides for the whole array")
        words = ["all samples lose the same units"] + ["all positions of a sample lose the same units"] * len(shape)
        words = [*words[: len(shape) - 1], "the units of a sample drop together"]
        # With p_drop = 0.5 the products of neighbours are independent signs, 115,000 or more of them, and so are the
        # fates, 120,000 or more. A mean off by 0.028: 2 exp(-115000 * 0.028^2 / 2) = 5e-20; m^2 above 0.001: 2e-26.
        products = [np.delete(fate, 0, axis) * np.delete(fate, -1, axis) for axis in range(len(shape))]
        correlations = [(np.mean(product) - m**2) / (1 - m**2) for product in products]
        axis = int(np.argmax(np.abs(correlations)))
        fault = words[axis] if correlations[axis] > 0 else "neighbours exclude each other"
        checks.that(
            abs(correlations[axis]) < 0.03,
            f"neighbours along axis {axis} are not dropped independently",
            rows=[("correlation", "-0.03 to 0.03", f"{correlations[axis]:.3f}")],
            note=f"{fault}: draw one number for each entry of x",
        )

    @pytest.mark.needs(TRAINING + "test_own_fate")
    def test_number_dropped(self, submission, rng):
        """How many units are dropped is random, too"""
        x, first = rng.normal(size=(6, 5)), draw_seed(rng)
        counts = {np.count_nonzero(forward(submission, x, 0.5, first + i)[1] == 0) for i in range(24)}
        # The likeliest number, 15 of 30, has probability 0.1445: 24 equal ones have 0.1445^23 = 5e-20 at most.
        note = (
            "units are chosen until a fixed share is dropped: each entry is dropped with probability p_drop on its own"
        )
        checks.that(len(counts) > 1, "each of 24 calls drops the same number of units", note=note)

    @pytest.mark.needs(TRAINING + "test_applied", TRAINING + "test_own_fate", TRAINING + "test_number_dropped")
    @pytest.mark.parametrize(("p", "off", "columns"), [(0.25, 0.008, 500), (0.85, 0.008, 500), (0.0004, 0.00025, 1000)])
    def test_rate(self, submission, rng, p, off, columns):
        """Each entry is dropped with probability p_drop"""
        _out, mask = forward(submission, rng.normal(size=(400, columns)), p, draw_seed(rng))
        rate = float(np.mean(mask == 0))
        # 200,000 draws: 2 exp(-2 * 200000 * 0.008^2) = 2e-11. For p = 0.0004 by Chernoff, exp(-400000 * KL) on each
        # side, with KL(0.00065 | 0.0004) = 6.5e-5 and KL(0.00015 | 0.0004) = 1.0e-4: 4e-12. Whoever drops 0.001 there,
        # one of a thousand, comes below 0.00065 with 7e-13.
        coarse = "p_drop is rounded to thousandths or coarser: compare uniform draws from [0, 1) with p_drop itself"
        note = next(
            (
                sentence
                for value, sentence in [
                    (
                        1 - p,
                        f"p_drop is read as the probability to keep: {1 - p:.1%} dropped instead of {p:.1%}",
                    ),
                    (0.5, "half of the units are dropped whatever p_drop says"),
                    (0.0, coarse),
                    (0.001, coarse),
                    (p**2, "a unit is dropped with probability p_drop squared: two draws must agree"),
                    (p * (2 - p), "a unit is dropped by either of two draws: one is enough"),
                    (p / 2, "half of p_drop is dropped: the draws must be uniform in [0, 1)"),
                    ((1 + p) / 2, "draws are uniform in [-1, 1): they must be uniform in [0, 1)"),
                ]
                if abs(rate - value) < off < abs(p - value)
            ),
            "the share of dropped units must be p_drop for any p_drop: compare uniform draws from [0, 1) with p_drop",
        )
        checks.between(rate, p - off, p + off, name="share of dropped entries", note=note)

    @pytest.mark.needs(TRAINING + "test_rate")
    def test_zero_activations(self, submission, rng):
        """Entries of x that are 0 are dropped as often as others"""
        x = rng.normal(size=(400, 500))
        x[:, ::2] = 0.0
        _out, mask = forward(submission, x, 0.3, draw_seed(rng))
        rate = float(np.mean(mask[:, ::2] == 0))
        # 100,000 draws: 2 exp(-2 * 100000 * 0.012^2) = 6e-13
        note = "the mask is made of out or of x: where x is 0 a unit may survive too, and then its gradient passes"
        checks.between(rate, 0.288, 0.312, name="share of dropped entries where x is 0", note=note)

    @pytest.mark.needs(TRAINING + "test_applied")
    def test_nothing_to_drop(self, submission, rng):
        """With p_drop = 0 the output is x and the mask is all ones"""
        x = rng.normal(size=(4, 5))
        out, mask = forward(submission, x, 0.0, draw_seed(rng))
        note = "p_drop = 0 is legal, and is no special case for the caller: out is x, mask is all ones"
        checks.equal(out, x, name="out", note=note)
        checks.equal(mask, np.ones_like(x), name="mask", note=note)

    @pytest.mark.parametrize("training", [True, False], ids=["training", "inference"])
    @pytest.mark.parametrize("p", [1.0, 1.5, -0.1])
    def test_range(self, submission, rng, p, training):
        """A p_drop outside of [0, 1) raises ValueError, at inference too"""
        x, generator = rng.normal(size=(4, 5)), checks.generator(1)
        note = (
            "p_drop = 1 would drop everything and divide by 0: refuse it"
            if p == 1
            else "a probability is at least 0 and, here, below 1: refuse anything else before anything is computed"
        )
        checks.raises(submission.dropout_forward, x, p, generator, training=training, error="ValueError", note=note)

    @pytest.mark.needs(TRAINING + "test_applied")
    def test_arguments(self, submission, rng):
        """The forward pass leaves x alone"""
        x = rng.normal(size=(20, 30))
        after = submission.support.input_afterwards(x, 0.5, draw_seed(rng))
        note = "x is changed in place: the caller still needs it, for the gradient of its own layer"
        checks.equal(after, x, name="x after the call", note=note)


class TestDropoutInference:
    def test_output(self, submission, rng):
        """At inference the output is x"""
        x, p = rng.normal(size=(20, 30)), 0.4
        result = submission.dropout_forward(x, p, checks.generator(draw_seed(rng)), training=False)
        out, _mask = checks.unpack(result, "out", "mask")
        checks.array(out, name="out", shape=x.shape, dtype=np.float64)
        note = "dropout is active at inference: two predictions of the same input differ"
        checks.that(not ((out == 0) & (x != 0)).any(), "units are dropped at inference", note=note)
        mistakes = [
            (x * (1 - p), "x is multiplied by 1 - p_drop: with inverted dropout all correction is done in training"),
            (x * p, "x is multiplied by p_drop: with inverted dropout all correction is done in training"),
            (x / (1 - p), "x is divided by 1 - p_drop: that belongs to training, where units are missing"),
        ]
        checks.equal(out, x, name="out", mistakes=mistakes, note="at inference out is x itself, or a copy")

    def test_mask(self, submission, rng):
        """At inference the mask is all ones"""
        x, p = rng.normal(size=(6, 7)), 0.4
        result = submission.dropout_forward(x, p, checks.generator(draw_seed(rng)), training=False)
        _out, mask = checks.unpack(result, "out", "mask")
        note = (
            "at inference mask is an array of float64 ones: backward multiplies by it and must let everything through"
        )
        checks.array(mask, name="mask", shape=x.shape, dtype=np.float64, note=note)
        mistakes = [
            (np.full(x.shape, 1 / (1 - p)), "mask has the factor of training: at inference out is x times 1"),
            (np.full(x.shape, 1 - p), "mask is 1 - p_drop everywhere: at inference out is x times 1"),
            (np.zeros(x.shape), "mask is 0 everywhere: it must hold what x was multiplied by, which is 1"),
        ]
        checks.equal(mask, np.ones_like(x), name="mask", mistakes=mistakes, note=note)

    @pytest.mark.needs("TestDropoutInference::test_output")
    def test_generator(self, submission, rng):
        """Inference takes nothing from rng"""
        seed = draw_seed(rng)
        got = submission.support.draws_after_inference(rng.normal(size=(6, 7)), 0.4, seed)
        note = "the call at inference consumes numbers of rng: whoever draws from it next gets others than without the call"
        checks.equal(got, np.random.default_rng(seed).random(4), name="next draws of rng", note=note)


def draw_mask(rng, shape, p):
    """A mask with both values, and a gradient without zeros."""
    mask = (rng.random(shape) >= p) / (1 - p)
    mask.flat[:2] = 0.0, 1 / (1 - p)
    return mask, rng.uniform(0.5, 2.0, shape) * rng.choice([-1.0, 1.0], shape)


class TestDropoutBackward:
    def test_gate(self, submission, rng):
        """Dropped units get no gradient"""
        mask, dout = draw_mask(rng, (7, 5, 3), 0.4)
        dx = submission.dropout_backward(dout, mask)
        checks.array(dx, name="dx", shape=dout.shape, dtype=np.float64)
        checks.finite(dx, name="dx", note="division by a mask that is 0: the gradient is multiplied by it")
        leaks = (dx != 0) & (mask == 0)
        note = "gradient flows through dropped units: use the mask that is given, and where it is 0 dx is 0"
        rows = [("dx != 0 where mask is 0", "0 entries", f"{leaks.sum()} entries")]
        checks.that(not leaks.any(), "dropped units have a gradient", rows=rows, note=note)

    @pytest.mark.needs("TestDropoutBackward::test_gate")
    @pytest.mark.parametrize("survivors", ["some", "all", "none"])
    def test_survivors(self, submission, rng, survivors):
        """Surviving units get the gradient times the factor of the forward pass"""
        p = float(rng.uniform(0.25, 0.35))
        mask, dout = draw_mask(rng, (7, 5, 3), p)
        mask = {"some": mask, "all": np.ones(mask.shape), "none": np.zeros(mask.shape)}[survivors]
        kept, factor = mask > 0, 1 / (1 - p)
        mistakes = [
            (dout * kept, "the factor 1 / (1 - p_drop) is missing: out = x * mask, so dx = dout * mask"),
            (dout * mask * factor, "the factor 1 / (1 - p_drop) is applied twice: it is in mask already"),
            (dout * kept * (1 - p), "the gradient is divided by mask: multiply by it"),
            (
                dout * kept * (kept.size / max(kept.sum(), 1)),
                "the factor is made of the share that survived: it is in mask already",
            ),
            (dout * mask / len(dout), "the gradient is divided by the number of rows: a mean is in dout already"),
        ]
        note = f"{survivors} of the units survived, and dx is dout times mask, also where mask has only one value"
        dx = submission.dropout_backward(dout, mask)
        checks.close(dx, dout * mask, name="dx", rtol=1e-9, dtype=np.float64, mistakes=mistakes, note=note)

    @pytest.mark.needs("TestDropoutBackward::test_survivors")
    def test_given_mask(self, submission, rng):
        """The mask that is given counts, not that of the last forward pass"""
        mask, dout = draw_mask(rng, (7, 5), 0.4)
        submission.dropout_forward(dout, 0.5, checks.generator(draw_seed(rng)))
        submission.dropout_forward(dout, 0.5, checks.generator(1), training=False)
        dx = submission.dropout_backward(dout, mask)
        note = "the result depends on an earlier forward pass: keep nothing between calls, use the mask that is given"
        checks.close(dx, dout * mask, name="dx", rtol=1e-9, dtype=np.float64, note=note)

    @pytest.mark.needs("TestDropoutBackward::test_survivors")
    def test_arguments(self, submission, rng):
        """The backward pass leaves its arguments alone, and the result of an earlier one"""
        mask, dout = draw_mask(rng, (7, 5), 0.4)
        checks.unchanged(submission.dropout_backward, dout, mask)
        first, _second = checks.unpack(submission.support.two_gradients(dout, mask), "first", "second")
        note = "a second call writes over the result of the first: keep nothing between calls, make a new array in each"
        checks.close(first, dout * mask, name="first dx after a second call", rtol=1e-9, dtype=np.float64, note=note)


def draw_weights(rng, shapes=((4, 3), (3,), (2, 3, 2))):
    """Arrays, of one to three axes unless told otherwise, and a strength that is neither 1 nor 2."""
    return [rng.uniform(0.5, 2.0, s) * rng.choice([-1.0, 1.0], s) for s in shapes], float(rng.uniform(0.2, 0.8))


def l2(weights, lam):
    return lam / 2 * np.sum(np.concatenate([W.ravel() for W in weights]) ** 2)


class TestL2Penalty:
    def test_value(self, submission, rng):
        """The penalty is lam / 2 times the sum of all squares"""
        weights, lam = draw_weights(rng)
        value, _grads = checks.unpack(submission.l2_penalty(weights, lam), "penalty", "grads")
        total = l2(weights, 2.0)
        squares, size = [np.sum(W**2) for W in weights], sum(W.size for W in weights)
        not_squared = "the norm is not squared: the penalty is a sum of squares, without a root"
        mistakes = [
            (lam * total, "the half is missing: lam / 2 makes the gradient lam * W"),
            (total / 2, "lam is missing"),
            (lam / 2 * total**0.5, not_squared),
            (lam * total**0.5, not_squared),
            (lam / 2 * np.sum(np.sqrt(squares)), not_squared),
            (lam * np.sum(np.sqrt(squares)), not_squared),
            (lam / 2 * total / size, "this is the mean of the squares: sum them"),
            (lam / 2 * sum(np.mean(W**2) for W in weights), "this adds the means of the squares: sum them"),
            (lam / 2 * total / len(weights), "the sum is divided by the number of arrays"),
            (lam / 2 * squares[0], "the first array alone counts: add up all of them"),
            (lam / 2 * squares[-1], "the last array alone counts: add up all of them"),
            (lam / 2 * (total - squares[1]), "arrays of one axis are left out: each array of the list counts"),
            (lam / 2 * squares[0] + lam / 2 * squares[1], "an array of three axes is left out: each array counts"),
            (lam * sum(np.abs(W).sum() for W in weights), "this is the L1 penalty: sum squares, not magnitudes"),
            (lam**2 / 2 * total, "lam is squared"),
            (
                lambda: lam / 2 * sum(np.linalg.norm(W.reshape(len(W), -1), 2) ** 2 for W in weights),
                "this is the largest singular value squared: the norm of a matrix is the Frobenius norm here",
            ),
        ]
        checks.number(value, name="penalty", note="one number for all arrays together")
        checks.close(value, l2(weights, lam), name="penalty", dtype=None, mistakes=mistakes)

    @pytest.mark.parametrize("case", ["three arrays", "one array", "no penalty"])
    def test_gradients(self, submission, rng, case):
        """The gradient of each array is lam times the array"""
        weights, lam = draw_weights(rng, [(4, 3)]) if case == "one array" else draw_weights(rng)
        lam = 0.0 if case == "no penalty" else lam
        _value, grads = checks.unpack(submission.l2_penalty(weights, lam), "penalty", "grads")
        note = (
            "grads is a list with one array for each array of weights, in the same order, also for one, or with lam = 0"
        )
        is_list = isinstance(grads, list | tuple)
        got = f"{type(grads).__name__} of {len(grads)}" if is_list else type(grads).__name__
        wanted = f"list of {len(weights)}"
        as_wanted = is_list and len(grads) == len(weights)
        checks.that(as_wanted, f"`grads` is no {wanted}", rows=[("grads", wanted, got)], note=note)
        for i, W in enumerate(weights):
            mistakes = [
                (2 * lam * W, "the gradient is 2 lam W: the half of lam / 2 cancels the 2"),
                (lam / 2 * W, "the gradient lacks the 2 that comes from the square: it is lam W"),
                (W, "the gradient lacks lam"),
                (-lam * W, "the gradient has the wrong sign: -lam W is the direction of the step"),
                (lam * np.sign(W), "this is the gradient of the L1 penalty"),
                (lam * W / np.linalg.norm(W), "this is the gradient of the norm without its square"),
                (lam * W / W.size, "this is the gradient of a mean of squares: the penalty is a sum"),
            ]

            def penalty(value, i=i):
                return l2([*weights[:i], value, *weights[i + 1 :]], lam)

            checks.gradient(penalty, W, grads[i], name=f"grads[{i}]", mistakes=mistakes)
            checks.array(grads[i], name=f"grads[{i}]", dtype=np.float64)

    @pytest.mark.needs("TestL2Penalty::test_gradients")
    def test_arguments(self, submission, rng):
        """The weights stay as they are"""
        checks.unchanged(submission.l2_penalty, *draw_weights(rng))


def draw_entries(rng, t, shape=(4, 10)):
    """Entries of both signs on both sides of the threshold, exactly on it, and 0: nine kinds in turn."""
    size = np.prod(shape)
    inside, outside = rng.uniform(0.1, 0.9, size) * t, t + rng.uniform(0.1, 0.9, size) * t
    far = 2 * t + rng.uniform(0.1, 2.0, size)
    kinds = np.broadcast_arrays(inside, -inside, outside, -outside, far, -far, t, -t, 0.0)
    return rng.permutation(np.ravel(kinds, order="F")[:size]).reshape(shape)


def shrunk(w, t):
    """By its definition: where argmin 1/2 (u - w)^2 + t |u| lies, w - t, w + t or 0."""
    return np.select([w > t, w < -t], [w - t, w + t], 0.0)


class TestSoftThreshold:
    def test_zeros(self, submission, rng):
        """Entries of size t and below become exactly 0"""
        t = float(rng.uniform(0.3, 0.7))
        w = draw_entries(rng, t)
        got = submission.soft_threshold(w, t)
        checks.array(got, name="the result", shape=w.shape, dtype=np.float64)
        left = got[np.abs(w) <= t]
        beyond = np.sign(w) * (np.abs(w) - t)
        mistakes = [
            (beyond[np.abs(w) <= t], "entries below t come out on the other side of 0: cut |w| - t at 0"),
            (w[np.abs(w) <= t], "this is w limited to [-t, t], or not thresholded: what is below t becomes 0"),
            ((w / (1 + t))[np.abs(w) <= t], "this is the shrinkage of L2, w / (1 + t): it has no zeros"),
            (
                lambda: (w * max(0.0, 1 - t / np.linalg.norm(w)))[np.abs(w) <= t],
                "all entries are shrunk by one factor, as in the group lasso: each entry has its own threshold",
            ),
            (shrunk(w, t / 2)[np.abs(w) <= t], "the threshold is t / 2"),
            ((w - t)[np.abs(w) <= t], "t is subtracted from each entry: cut |w| - t at 0, and keep the sign"),
        ]
        note = "each entry with |w| <= t must be exactly 0, not nearly"
        checks.close(left, np.zeros_like(left), name="entries with |w| <= t", rtol=0.0, atol=0.0, mistakes=mistakes,
                     note=note)  # fmt: skip

    @pytest.mark.needs("TestSoftThreshold::test_zeros")
    @pytest.mark.parametrize("shape", [(4, 10), (9,), (2, 3, 4)], ids=["two axes", "one axis", "three axes"])
    def test_shrinkage(self, submission, rng, shape):
        """All other entries come nearer to 0 by t and keep their sign"""
        t = float(rng.uniform(0.3, 0.7))
        w = draw_entries(rng, t, shape)
        large = np.abs(w) > t
        mistakes = [
            (w * large, "this is the hard threshold: entries that survive are shrunk by t, too"),
            (np.abs(shrunk(w, t)), "the sign of w is lost"),
            (np.maximum(w - t, 0), "negative entries are lost: shrink |w|, then give the sign back"),
            ((w - t) * large, "negative entries move away from 0: subtract t from |w|, then give the sign back"),
            ((w + np.sign(w) * t) * large, "entries move away from 0 by t: they come nearer"),
            (np.sign(w) * large, "the sign alone is left: multiply it by |w| - t"),
            (shrunk(w, 2 * t), "entries are shrunk by 2 t"),
            (shrunk(w, t**2), "entries are shrunk by the square of t"),
            (shrunk(w, 2 * t) + np.sign(w) * t * (np.abs(w) > 2 * t), "the threshold is 2 t"),
            (-shrunk(w, t), "the sign is turned round"),
            (w * large / (1 + t), "survivors are divided by 1 + t: they come nearer to 0 by t"),
            (w * large * (1 - t), "survivors are multiplied by 1 - t: they come nearer to 0 by t"),
        ]
        got = submission.soft_threshold(w, t)
        checks.close(got, shrunk(w, t), name="the result", dtype=np.float64, mistakes=mistakes)

    @pytest.mark.needs("TestSoftThreshold::test_shrinkage")
    @pytest.mark.parametrize("size", [1.0, 1e200], ids=["usual entries", "huge entries"])
    def test_no_threshold(self, submission, rng, size):
        """With t = 0 nothing changes"""
        w = size * draw_entries(rng, 0.5)
        note = (
            "with t = 0 the result is w, also where w is 0: do not divide by |w|"
            if size == 1
            else "the square of a huge entry overflows: |w| is np.abs(w), not the root of w**2"
        )
        checks.close(submission.soft_threshold(w, 0.0), w, name="the result", dtype=np.float64, note=note)

    @pytest.mark.needs("TestSoftThreshold::test_shrinkage")
    def test_arguments(self, submission, rng):
        """The input stays as it is"""
        checks.unchanged(submission.soft_threshold, draw_entries(rng, 0.5), 0.5)


def draw_lasso(rng, n, d, lam, nonzero, scale=1.0, common=0.7, columns=None):
    """X (n, d), y (n,) and the minimiser w (d,) of 1/(2n) ||Xw - y||^2 + lam ||w||_1, with `nonzero` entries not 0.

    Built backwards: choose w, and numbers z with z_j = sign(w_j) where w_j is not 0 and |z_j| <= 0.8 elsewhere. Choose
    residuals r, and columns with X_j . r = n lam z_j. For y = X w + r the slope X^T (Xw - y) / n is -lam z, which are the
    KKT conditions: w is a minimiser. As |z_j| < 1 elsewhere and the chosen columns are independent, it is the only one.
    """
    w, chosen = np.zeros(d), rng.choice(d, nonzero, replace=False)
    w[chosen] = rng.uniform(0.5, 2.0, nonzero) * rng.permutation(np.resize([1.0, -1.0], nonzero))
    z = rng.uniform(-0.8, 0.8, d)
    z[chosen] = np.sign(w[chosen])
    r = rng.normal(size=n) + 0.3
    X = rng.normal(size=(n, d)) + common * rng.normal(size=(n, 1)) + 0.5  # correlated columns, means that are not 0
    X *= scale if columns is None else columns
    X += np.outer(r, n * lam * z - r @ X) / (r @ r)
    return X, X @ w + r, w


def descend(X, y, lam, steps=2000, *, length=1.0, after=shrunk, threshold=None):
    """Gradient steps of `length` / L, each followed by `after` with a threshold, usually lam times the step."""
    n, d = X.shape
    gram, target = X.T @ X / n, X.T @ y / n
    step = length / np.linalg.eigvalsh(gram)[-1]
    w = np.zeros(d)
    for _ in range(steps):
        w = after(w - step * (gram @ w - target), step * lam if threshold is None else threshold)
    return w


def lasso_slips(X, y, lam, w, steps):
    """What common mistakes give for the weights; each is computed only if the check fails."""
    n, d = X.shape
    gram, target = X.T @ X / n, X.T @ y / n
    L = np.linalg.eigvalsh(gram)[-1]

    def without_first(u, t):
        return np.concatenate([u[:1], shrunk(u[1:], t)])

    def least_squares():
        return np.linalg.lstsq(X, y, rcond=None)[0]

    def centred(spread=1.0):
        return descend((X - X.mean(axis=0)) / spread, y - y.mean(), lam)

    end = "the threshold is applied once, at the end: a step of the gradient and a threshold follow each other"
    return [
        (
            lambda: descend(X, y, lam, threshold=lam),
            "the threshold is lam, not lam times the step: the solution belongs to lam * L",
        ),
        (lambda: descend(X, y, lam / L), "the threshold has the step twice: the solution belongs to lam / L"),
        (lambda: descend(X, y, lam / n), "the squared term is not divided by n: the solution belongs to lam / n"),
        (lambda: descend(X, y, lam * n), "lam is multiplied by n: the squared term has 1 / (2 n), the penalty lam"),
        (lambda: descend(X, y, lam * d / n), "the squared term is divided by the number of columns: n counts the rows"),
        (lambda: descend(X, y, lam / 2), "the squared term has 1 / n: the half is missing, so lam counts half"),
        (lambda: descend(X, y, 2 * lam), "lam counts twice"),
        (lambda: descend(X, y, lam**2), "lam is squared"),
        (least_squares, "this is the least-squares solution: the penalty has no effect"),
        (lambda: descend(X, y, 0.0), "this is what gradient descent gives without the penalty"),
        (lambda: shrunk(descend(X, y, 0.0), lam), end),
        (lambda: shrunk(descend(X, y, 0.0), lam / L), end),
        (
            lambda: np.linalg.solve(gram + lam * np.eye(d), target),
            "this is the minimiser with the L2 penalty (ridge): its force vanishes at 0, so no weight becomes 0",
        ),
        (
            lambda: descend(X, y, lam, after=lambda u, t: np.maximum(u - t, 0)),
            "what would be negative is cut off: shrink |w|, then give the sign back",
        ),
        (
            lambda: descend(X, y, lam, after=lambda u, t: u * (np.abs(u) > t)),
            "the threshold is hard: weights that survive it must be shrunk, too",
        ),
        (centred, "X and y are centred: the model has no intercept"),
        (lambda: centred(X.std(axis=0)), "the columns of X are standardised: take X as it is"),
        (lambda: descend(X / X.std(axis=0), y, lam), "the columns of X are scaled: take X as it is"),
        (lambda: descend(X, y, lam, after=without_first), "the first weight is not penalised: there is no intercept"),
        (w - (gram @ w - target) / L, "the last operation is a gradient step: the threshold comes after it"),
        (
            lambda: descend(X, y, lam, steps, length=1 / n),
            "the steps are n times too short: L is the largest eigenvalue of X^T X / n, not of X^T X",
        ),
        (lambda: np.round(w, 3), "the weights are rounded"),
        (lambda: np.round(w, 2), "the weights are rounded"),
    ]


def lasso_note(X, y, lam, got):
    """What is wrong with weights that are no minimiser, as far as they show it."""
    if not np.isfinite(got).all() or np.abs(got).max() > 20:
        return (
            "the iterates grow without bound: the slope is not that of the present w, or the steps go up, or they are "
            "longer than 2 / L; L is the largest eigenvalue of X^T X / n"
        )
    if not got.any():
        return "all weights are 0: lam counts far too much, or no step is taken, or what would be negative is cut off"
    if not (got == 0).any():
        return (
            "no weight is exactly 0, 25 should be: a gradient or subgradient step crosses 0 but never stops there, so "
            "end each step with the soft threshold; or the steps are too few or too short"
        )
    slope = np.abs(X.T @ (X @ got - y) / len(y)) / lam
    kept = slope[got != 0]
    return (
        "this is no minimiser, the KKT conditions do not hold: the slope X^T (Xw - y) / n must have the size lam where a "
        f"weight is not 0 (here it is {kept[np.argmax(np.abs(kept - 1))]:.3g} lam for one of them) and at most lam "
        f"elsewhere (here up to {slope[got == 0].max():.3g} lam). Is something left out, or are the steps too few or too "
        "short?"
    )


def lasso(submission, X, y, lam, **options):
    got = submission.lasso_ista(X, y, lam, **options)
    return checks.array(got, name="w", shape=(X.shape[1],), dtype=np.float64)


# (lam, scale of X): L, the largest eigenvalue of X^T X / n, is then about 17 to 32; 0.17 to 0.32; 270 to 510.
SIZES = pytest.mark.parametrize(
    ("lam", "scale"), [(0.005, 1.0), (0.01, 0.1), (3.0, 4.0)], ids=["L above 1", "L below 1", "L in the hundreds"]
)


def check_weights(got, X, y, lam, w, steps=2000, atol=1e-6):
    mistakes = lasso_slips(X, y, lam, w, steps) if np.any(got) else []
    checks.close(got, w, name="w", rtol=0.0, atol=atol, mistakes=mistakes, note=lasso_note(X, y, lam, got))


class TestLasso:
    # ISTA multiplies the error by 1 - mu / L in each step, where mu is the smallest eigenvalue for the columns that are
    # used: 1 - 1/40 here, so that 2000 steps leave rounding errors (measured: 1e-14). With steps of 1 / trace, the
    # shortest that anybody would take, 3e-10 is left. Allowed: 1e-6.
    @pytest.mark.needs("TestSoftThreshold::test_shrinkage")  # each step ends with it, mostly by a call
    @SIZES
    def test_minimum(self, submission, rng, lam, scale):
        """The weights minimise 1/(2n) ||Xw - y||^2 + lam ||w||_1"""
        X, y, w = draw_lasso(rng, 120, 30, lam, nonzero=5, scale=scale)
        check_weights(lasso(submission, X, y, lam), X, y, lam, w)

    @pytest.mark.needs("TestLasso::test_minimum")
    @SIZES
    def test_exact_zeros(self, submission, record, rng, lam, scale):
        """All 25 irrelevant weights of 30 are exactly 0"""
        X, y, w = draw_lasso(rng, 120, 30, lam, nonzero=5, scale=scale)
        got = lasso(submission, X, y, lam)
        count = int(np.count_nonzero(got[w == 0] == 0))
        record("irrelevant weights that are exactly 0, of 25", count)
        note = (
            "small is not 0: a smoothed |w| or a small constant in a denominator leaves dust; the soft threshold gives "
            "exact zeros"
        )
        rows = [("exact zeros", "25 of 25", f"{count} of 25")]
        checks.that(count == 25, "irrelevant weights are not exactly 0", rows=rows, note=note)

    @pytest.mark.needs("TestLasso::test_minimum")
    def test_alone(self, submission, rng):
        """It works where each weight can be found alone: with one column, and with uncorrelated ones"""
        X, y, w = draw_lasso(rng, 12, 1, 0.1, nonzero=1)
        # One step of 1 / L arrives at the minimum; one of 2 / L jumps over it as far as it was away, and back.
        note = "with steps of 2 / L or more the weight jumps over the minimum and back: 1 / L is the step for this objective"
        checks.close(lasso(submission, X, y, 0.1), w, name="w", rtol=0.0, atol=1e-6, note=note)
        scales = np.array([1.0, 2.0, 0.5])  # roots of the eigenvalues; the eigenvectors are unit vectors
        X = scales * np.array([[1, 1, 1], [1, 1, -1], [1, -1, 1], [1, -1, -1]] * 2)
        y = X @ [1.0, -1.0, 1.0] + rng.uniform(-0.2, 0.2, 8)
        got = lasso(submission, X, y, 0.1)
        note = (
            "the eigenvectors of X^T X / n are unit vectors here: L is 4, but a power iteration that begins at a unit vector "
            "stays there, finds another eigenvalue, and the steps are too long"
        )
        checks.close(got, shrunk(X.T @ y / 8, 0.1) / scales**2, name="w", rtol=0.0, atol=1e-6, note=note)

    @pytest.mark.needs("TestLasso::test_minimum")
    def test_wide(self, submission, rng):
        """It works with more columns than rows"""
        X, y, w = draw_lasso(rng, 25, 40, 0.3, nonzero=3, common=0.0)
        # mu / L is about 1/40 here: 6000 steps leave rounding errors, also with steps of 1 / trace
        got = submission.lasso_ista(X, y, 0.3, 6000)
        note = (
            "with d > n the smallest eigenvalue of X^T X is 0, so X^T X has no inverse and the squared term no single "
            "minimum: start at w = 0, take steps of 1 / L, and rely on neither"
        )
        checks.array(got, name="w", shape=(40,), dtype=np.float64)
        checks.close(got, w, name="w", rtol=0.0, atol=1e-6, note=note)

    @pytest.mark.needs("TestLasso::test_minimum")
    def test_steps(self, submission, rng):
        """With more steps, badly conditioned problems are solved too"""
        X, y, w = draw_lasso(rng, 40, 4, 0.01, nonzero=3, common=0.0, columns=[1.0, 0.03, 1.0, 0.03])
        got = lasso(submission, X, y, 0.01, steps=40_000)
        # mu / L is 1/2000: after 2000 steps a third of the error is left, after 40,000 steps 1e-8 of it. Allowed: 1e-3,
        # so that a solution that stops when it moves by less than 1e-8 passes.
        note = (
            "`steps` is not used, or it stops too early: this problem needs more steps than the default, and gets them"
        )
        checks.close(got, w, name="w", rtol=0.0, atol=1e-3, note=note)

    @pytest.mark.needs("TestLasso::test_minimum")
    def test_arguments(self, submission, rng):
        """X and y stay as they are"""
        X, y, _w = draw_lasso(rng, 30, 5, 0.1, nonzero=2)
        checks.unchanged(submission.lasso_ista, X, y, 0.1, 50)
