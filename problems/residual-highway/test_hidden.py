"""Hidden suite of `residual-highway`.

Expected values: forward passes by their formulas, gradients by central differences of those, the gradient through a
stack by complex steps (three layers) or by the chain rule in one formula for all kinds (fifty layers). N, d and h
differ, so that a transposed product cannot fit; where a matrix is square, the transpose is among the known mistakes.
"""

import numpy as np
import pytest

from grader import checks

ROWS, WIDTH, HIDDEN = 7, 5, 4
RESIDUAL = ("x", "W1", "b1", "W2", "b2")
HIGHWAY = ("x", "WH", "bH", "WT", "bT")
ONE_OR_SEVEN = pytest.mark.parametrize("rows", [ROWS, 1], ids=["seven rows", "one row"])
RESIDUAL_ONES = {"one row": {"rows": 1}, "width 1": {"width": 1}, "one hidden unit": {"hidden": 1}}
HIGHWAY_ONES = {"one row": {"rows": 1}, "width 1": {"width": 1}}
ALL_SHAPES = "gradients have the shapes of the arrays that they belong to, and nothing may be squeezed away"


def relu(z):
    return np.maximum(z, 0.0)


def sigmoid(z):
    return np.exp(-np.logaddexp(0.0, -z))


# --- The residual block. ---


def residual(x, W1, b1, W2, b2):
    return x + relu(x @ W1 + b1) @ W2 + b2


def draw_residual(rng, rows=ROWS, width=WIDTH, hidden=HIDDEN):
    """Arguments of a block, and dL/dy; no pre-activation lies near the kink at 0.

    Every unit is on for some row and off for another (in one row: some unit is on, some off), the bias turns one on or
    off, some input, some output and some value of the branch is negative, so that each mistake can be seen.
    """
    while True:
        x = rng.normal(size=(rows, width))
        W1, b1 = 0.7 * rng.normal(size=(width, hidden)), rng.normal(size=hidden)
        W2, b2 = rng.normal(size=(hidden, width)), rng.normal(size=width)
        z = x @ W1 + b1
        on, off = z > 0, z < 0
        mixed = (on.any(axis=0) & off.any(axis=0)).all() if rows > 1 else on.any() and off.any()
        y, branch = residual(x, W1, b1, W2, b2), relu(z) @ W2 + b2
        negative = min(x.min(), y.min(), branch.min()) < -0.1
        if mixed and negative and (on != (z - b1 > 0)).any() and np.abs(z).min() > 1e-2:
            return [x, W1, b1, W2, b2], rng.normal(size=(rows, width))


def residual_slips(x, W1, b1, W2, b2):
    """What common mistakes give for y."""
    z = x @ W1 + b1
    branch = relu(z) @ W2 + b2
    return [
        (branch, "the skip path is missing: y is x plus the branch, and with W2 = b2 = 0 it is x"),
        (
            relu(x + branch),
            "there is a ReLU after the addition, or on the skip path: the identity is lost for negative inputs",
        ),
        (2 * x + branch, "x is added twice"),
        (x - branch, "the branch is subtracted"),
        ((x + branch) / 2, "this is the mean of the two paths: add them"),
        (x + z @ W2 + b2, "there is no ReLU between the two matrices"),
        (x + relu(branch), "there is a ReLU at the end of the branch: it could only add, never subtract"),
        (x + relu(relu(x) @ W1 + b1) @ W2 + b2, "a ReLU is applied to x before W1"),
        (x + relu(z - b1) @ W2 + b2, "b1 is not added"),
        (x + relu(z) @ W2, "b2 is not added"),
        (x + np.tanh(z) @ W2 + b2, "the branch has a tanh: here it is the ReLU"),
        (x + np.abs(z) @ W2 + b2, "this is |x W1 + b1|, not max(x W1 + b1, 0)"),
    ]


def residual_gradients(submission, arguments, dy):
    """What the backward pass gives after a forward pass of the submission's own."""
    _y, cache = checks.unpack(submission.support.residual_forward(*arguments), "y", "cache")
    return checks.mapping(
        submission.support.residual_backward(dy, cache), [f"d{name}" for name in RESIDUAL], name="grads"
    )


# --- The highway layer. ---


def highway(x, WH, bH, WT, bT):
    gate = sigmoid(x @ WT + bT)
    return gate * np.tanh(x @ WH + bH) + (1.0 - gate) * x


def draw_highway(rng, rows=ROWS, width=WIDTH, gate_bias=None):
    """Arguments of a layer, and dL/dy; nothing is saturated, unless `gate_bias` does it."""
    x = rng.normal(size=(rows, width))
    WH, bH = 0.4 * rng.normal(size=(width, width)), 0.5 * rng.normal(size=width)
    WT, bT = 0.4 * rng.normal(size=(width, width)), rng.uniform(0.3, 1.0, width) * rng.choice([-1.0, 1.0], width)
    bT = bT if gate_bias is None else np.zeros(width) + gate_bias
    return [x, WH, bH, WT, bT], rng.normal(size=(rows, width))


def highway_slips(x, WH, bH, WT, bT):
    """What common mistakes give for y."""
    zH, zT = x @ WH + bH, x @ WT + bT
    H, T = np.tanh(zH), sigmoid(zT)

    def mix(gate, transformed=H):
        return gate * transformed + (1.0 - gate) * x

    return [
        (T * H + x, "x must be multiplied by 1 - T: with T = 1 the layer must equal H"),
        ((1 - T) * H + T * x, "the gate is turned round, or not used: T is the share of H, and 1 - T that of x"),
        (T * H, "x is not carried: the term (1 - T) * x is missing"),
        (H + (1 - T) * x, "H must be multiplied by T: with T = 0 nothing of H is left"),
        (T * H - (1 - T) * x, "the carried x has the wrong sign"),
        (mix(T, zH), "H has no tanh: H = tanh(x WH + bH)"),
        (mix(T, relu(zH)), "H is a ReLU: here it is the tanh"),
        (mix(T, sigmoid(zH)), "H is a sigmoid: here it is the tanh"),
        (mix(np.tanh(zT)), "the gate is a tanh: shares lie between 0 and 1, so it is the sigmoid"),
        (mix(relu(zT)), "the gate is a ReLU: shares lie between 0 and 1, so it is the sigmoid"),
        (mix(zT), "the gate has no sigmoid: shares lie between 0 and 1"),
        (mix(np.clip(0.2 * zT + 0.5, 0, 1)), "this is the hard sigmoid: T = 1 / (1 + exp(-z))"),
        (mix(sigmoid(x @ WT)), "bT is not added"),
        (mix(sigmoid(x @ WT - 2.0)), "the gate's bias is -2 whatever bT says: add bT"),
        (mix(T, np.tanh(x @ WH)), "bH is not added"),
        (mix(sigmoid(zH), np.tanh(zT)), "the weights of H and those of the gate are swapped"),
        (mix(sigmoid(x @ WT + bH)), "the gate adds bH: its bias is bT"),
        (mix(sigmoid(x @ WH + bT)), "the gate uses WH: its weights are WT"),
        (mix(sigmoid(H @ WT + bT)), "the gate looks at H: it is computed from x"),
        (mix(T, np.tanh(x @ WH.T + bH)), "WH is transposed: the rows of x are multiplied from the left, x WH"),
        (mix(sigmoid(x @ WT.T + bT)), "WT is transposed: the rows of x are multiplied from the left, x WT"),
        (mix(T.mean(axis=1, keepdims=True)), "there is one gate for each row: each unit has a gate of its own"),
        (mix(T.mean(axis=0)), "the rows share their gates: each row has gates of its own"),
        (mix(np.round(T)), "the gate is rounded to 0 or 1: it is a share"),
    ]


def highway_gradients(submission, arguments, dy):
    """What the backward pass gives after a forward pass of the submission's own."""
    _y, cache = checks.unpack(submission.support.highway_forward(*arguments), "y", "cache")
    return checks.mapping(
        submission.support.highway_backward(dy, cache), [f"d{name}" for name in HIGHWAY], name="grads"
    )


def highway_dx_slips(arguments, dy):
    """What common mistakes give for dx."""
    x, WH, _bH, WT, _bT = arguments
    H, T = np.tanh(x @ WH + arguments[2]), sigmoid(x @ WT + arguments[4])
    direct, by_H = dy * (1 - T), (dy * T * (1 - H**2)) @ WH.T
    by_gate = (dy * (H - x) * T * (1 - T)) @ WT.T
    return [
        (by_H + by_gate, "dx lacks the carry path, dy * (1 - T)"),
        (by_H, "dx lacks the carry path, dy * (1 - T), and the path through the gate"),
        (dy + by_H + by_gate, "the carry path hands on dy * (1 - T), not all of dy"),
        (direct + by_H, "dx lacks the path through the gate: T depends on x, too"),
        (direct + by_gate, "dx lacks the path through H"),
        (direct, "dx is that of the carry path alone: x reaches y through H and through T, too"),
        (direct + by_H - by_gate, "the path through the gate has the wrong sign: dT = dy * (H - x)"),
        (direct + (dy * T) @ WH.T + by_gate, "the path through H lacks the slope of tanh, 1 - H**2"),
        (direct + (dy * (1 - H**2)) @ WH.T + by_gate, "the path through H lacks the factor T"),
        (
            direct + by_H + (dy * H * T * (1 - T)) @ WT.T,
            "dT lacks x: opening the gate also closes the carry, dT = dy * (H - x)",
        ),
        (direct + by_H + (dy * (H - x)) @ WT.T, "the gate's path lacks the slope of the sigmoid, T * (1 - T)"),
        (direct + (dy * T * (1 - H**2)) @ WH + by_gate, "the path through H needs the transpose of WH"),
        (direct + by_H + (dy * (H - x) * T * (1 - T)) @ WT, "the path through the gate needs the transpose of WT"),
        (direct + (dy * T * (1 - H**2)) @ WH + (dy * (H - x) * T * (1 - T)) @ WT, "WH and WT must be transposed"),
    ]


# --- Both. ---


def close(got, expected, name, **options):
    """`checks.close` with the dtype of the statement."""
    checks.close(got, expected, name=name, dtype=np.float64, **options)


def stacked(array):
    """Three copies, one above the other: NumPy multiplies such stacks matrix by matrix."""
    return np.stack([array] * 3)


def check_gradient(grads, names, name, layer, arguments, dy, mistakes=(), note=""):
    """Check one gradient of sum(y * dy) against central differences of the layer's formula."""
    place = names.index(name)

    def loss(value):
        return np.sum(layer(*arguments[:place], value, *arguments[place + 1 :]) * dy)

    label = f"grads['d{name}']"
    got = grads[f"d{name}"]
    checks.gradient(loss, arguments[place], got, name=label, mistakes=mistakes, note=note)
    checks.array(got, name=label, dtype=np.float64)


def check_cache(submission, names, layer, draw, rng):
    """Check that gradients belong to the forward pass of their cache, and that a cache can be used twice."""
    forward, backward = (getattr(submission.support, f"{layer.__name__}_{way}") for way in ("forward", "backward"))
    arguments, dy = draw(rng)
    _y, cache = checks.unpack(forward(*arguments), "y", "cache")
    forward(*draw(rng)[0])
    keys = [f"d{name}" for name in names]
    for note in (
        "another forward pass in between changes the gradients: keep everything in the cache, nothing in globals",
        "the second backward pass with one cache gives other gradients: do not change what is in the cache",
    ):
        grads = checks.mapping(backward(dy, cache), keys, name="grads")
        for name in names:
            check_gradient(grads, names, name, layer, arguments, dy, note=note)


def check_arguments(submission, names, layer, draw, rng):
    """Check that the backward pass changes neither dy nor the arguments of the forward pass."""
    forward, backward = (getattr(submission.support, f"{layer.__name__}_{way}") for way in ("forward", "backward"))
    arguments, dy = draw(rng)
    _y, cache = checks.unpack(forward(*arguments), "y", "cache")
    checks.unchanged(backward, dy, cache)
    after = submission.support.after_both(layer.__name__, arguments, dy)
    note = "the backward pass writes into an array that the caller gave to the forward pass"
    for name, before, now in zip(names, arguments, after, strict=True):
        checks.equal(now, before, name=f"{name} after the backward pass", note=note)


class TestResidualForward:
    def test_identity(self, submission, rng):
        """With W2 = b2 = 0 the block is the identity"""
        (x, W1, b1, W2, b2), _dy = draw_residual(rng)
        arguments = (x, W1, b1, 0.0 * W2, 0.0 * b2)
        y, _cache = checks.unpack(submission.residual_forward(*arguments), "y", "cache")
        close(y, x, "y", mistakes=residual_slips(*arguments), note="with W2 = b2 = 0 the branch is 0, and y is x")

    @pytest.mark.needs("TestResidualForward::test_identity")
    @ONE_OR_SEVEN
    def test_output(self, submission, rng, rows):
        """The output is x + relu(x W1 + b1) W2 + b2"""
        arguments, _dy = draw_residual(rng, rows)
        y, _cache = checks.unpack(submission.residual_forward(*arguments), "y", "cache")
        note = "y has the shape of x, (N, d), also for one row" if np.shape(y) != (rows, WIDTH) else ""
        close(y, residual(*arguments), "y", mistakes=residual_slips(*arguments), note=note)

    @pytest.mark.needs("TestResidualForward::test_output")
    @pytest.mark.parametrize(
        "case",
        [
            "branch too wide",
            "branch of width 1",
            "input of width 1",
            "b1 of one number",
            "b2 of one number",
            "b1 for each row",
            "b2 for each row",
            "b1 as a row",
            "b2 as a row",
            "x without rows",
            "x with three axes",
            "W1 with three axes",
            "W2 with three axes",
        ],
    )
    def test_shapes(self, submission, rng, case):
        """Shapes that do not fit raise ValueError, also where NumPy would broadcast"""
        (x, W1, b1, W2, b2), _dy = draw_residual(rng)
        broadcast = "NumPy broadcasts it without a word: compare the shapes with those of the statement first"
        wrong, note = {
            "branch too wide": (
                (x, W1, b1, np.ones((HIDDEN, WIDTH + 1)), np.ones(WIDTH + 1)),
                "an identity shortcut needs a branch as wide as x: do not cut, pad or project here",
            ),
            "branch of width 1": ((x, W1, b1, W2[:, :1], b2[:1]), f"a branch of width 1 is no block. {broadcast}"),
            "input of width 1": ((x[:, :1], W1[:1], b1, W2, b2), f"x has width 1, the branch has more. {broadcast}"),
            "b1 of one number": ((x, W1, b1[:1], W2, b2), f"b1 has h numbers. {broadcast}"),
            "b2 of one number": ((x, W1, b1, W2, b2[:1]), f"b2 has d numbers. {broadcast}"),
            "b1 for each row": ((x, W1, np.ones((ROWS, HIDDEN)), W2, b2), f"b1 has one axis. {broadcast}"),
            "b2 for each row": ((x, W1, b1, W2, np.ones((ROWS, WIDTH))), f"b2 has one axis. {broadcast}"),
            "b1 as a row": ((x, W1, b1[None], W2, b2), f"b1 is (h,), not (1, h). {broadcast}"),
            "b2 as a row": ((x, W1, b1, W2, b2[None]), f"b2 is (d,), not (1, d). {broadcast}"),
            "x without rows": ((x[0], W1, b1, W2, b2), "x is (N, d), with both axes also for one row"),
            "x with three axes": ((stacked(x), W1, b1, W2, b2), f"x is (N, d), with two axes. {broadcast}"),
            "W1 with three axes": ((x, stacked(W1), b1, W2, b2), f"W1 is (d, h), with two axes. {broadcast}"),
            "W2 with three axes": ((x, W1, b1, stacked(W2), b2), f"W2 is (h, d), with two axes. {broadcast}"),
        }[case]
        checks.raises(submission.residual_forward, *wrong, error="ValueError", note=note)

    @pytest.mark.needs("TestResidualForward::test_output")
    def test_arguments(self, submission, rng):
        """The forward pass leaves its arguments alone"""
        arguments, _dy = draw_residual(rng)
        checks.unchanged(submission.residual_forward, *arguments)


@pytest.mark.needs("TestResidualForward::test_output", "TestResidualForward::test_arguments")
class TestResidualBackward:
    def test_skip(self, submission, rng):
        """With W2 = 0 the gradient passes the block unchanged"""
        (x, W1, b1, W2, b2), dy = draw_residual(rng)
        grads = residual_gradients(submission, (x, W1, b1, 0.0 * W2, b2), dy)
        y = residual(x, W1, b1, 0.0 * W2, b2)
        mistakes = [
            (np.zeros_like(dy), "dx lacks dy itself: the skip path has a gradient of its own"),
            (dy * (x > 0), "the skip path has no ReLU: its gradient is dy, whatever the sign of x"),
            (dy * (y > 0), "there is no ReLU after the addition: the gradient of the skip path is dy"),
            (2 * dy, "dy is added twice"),
            (dy / 2, "the gradients of the two paths are averaged: add them"),
        ]
        note = "dx has two parts: dy itself along the skip path, and what comes back through the branch (here 0)"
        close(grads["dx"], dy, "grads['dx']", mistakes=mistakes, note=note)

    def test_second_layer(self, submission, rng):
        """dW2 and db2 are made of the hidden activations and of dy"""
        arguments, dy = draw_residual(rng)
        x, W1, b1, *_rest = arguments
        grads = residual_gradients(submission, arguments, dy)
        z, y = x @ W1 + b1, residual(*arguments)
        per_row = "the mean is taken over the rows: L is any scalar, and a mean is in dy already"
        mistakes = [
            (z.T @ dy, "dW2 must use the hidden activations relu(x W1 + b1), not what stands inside the ReLU"),
            (relu(z).T @ dy / ROWS, per_row),
            (relu(z).T @ (dy * (y > 0)), "there is no ReLU after the addition: dW2 uses all of dy"),
            (relu(z - b1).T @ dy, "the hidden activations lack b1"),
        ]
        note = "dW2 is the transpose of the hidden activations times dy"
        check_gradient(grads, RESIDUAL, "W2", residual, arguments, dy, mistakes, note)
        mistakes = [
            (dy.mean(axis=0), per_row),
            (dy, "one gradient for each row: b2 was added to every row, so sum over them"),
            (dy.sum(axis=1), "summed over the units: b2 was added to every row, so sum over the rows"),
            (dy.sum(), "summed over everything: b2 has one number for each unit"),
        ]
        check_gradient(grads, RESIDUAL, "b2", residual, arguments, dy, mistakes, "db2 is the sum of dy over the rows")

    def test_first_layer(self, submission, rng):
        """dW1 and db1 come through W2 and through the gate of the ReLU"""
        arguments, dy = draw_residual(rng)
        x, W1, b1, W2, _b2 = arguments
        grads = residual_gradients(submission, arguments, dy)
        z, up = x @ W1 + b1, dy @ W2.T
        per_row = "the mean is taken over the rows: L is any scalar, and a mean is in dy already"
        no_gate = "gradient flows through inactive units: multiply by x W1 + b1 > 0"
        slips = [
            (up, no_gate),
            (up * (z < 0), "the gate is upside down: it opens where x W1 + b1 > 0"),
            (up * (up > 0), "the gate asks the sign of the gradient: it opens by the sign of x W1 + b1"),
            (up * relu(z), "the gradient is multiplied by the activation: the slope of the ReLU is 1 or 0"),
            (up * (z - b1 > 0), "the gate forgets b1: it opens by the sign of x W1 + b1"),
            (up * (1 - np.tanh(z) ** 2), "this is the slope of tanh: the branch has a ReLU"),
        ]
        right = up * (z > 0)
        mistakes = [(dz.sum(axis=0), sentence) for dz, sentence in slips]
        mistakes += [
            (right.mean(axis=0), per_row),
            (right, "one gradient for each row: b1 was added to every row, so sum over them"),
        ]
        note = "db1 is the sum over the rows of dy times the transpose of W2, where the ReLU was on"
        check_gradient(grads, RESIDUAL, "b1", residual, arguments, dy, mistakes, note)
        mistakes = [(x.T @ dz, sentence) for dz, sentence in slips]
        mistakes += [
            (x.T @ right / ROWS, per_row),
            (relu(x).T @ right, "a ReLU is applied to x on the way to W1"),
            (residual(*arguments).T @ right, "dW1 uses y: W1 was multiplied by x"),
        ]
        note = "dW1 is the transpose of x times the gradient at x W1 + b1"
        check_gradient(grads, RESIDUAL, "W1", residual, arguments, dy, mistakes, note)

    @pytest.mark.needs("TestResidualBackward::test_skip", "TestResidualBackward::test_first_layer")
    def test_dx(self, submission, rng):
        """dx adds the gradients of both paths"""
        arguments, dy = draw_residual(rng)
        x, W1, b1, W2, _b2 = arguments
        grads = residual_gradients(submission, arguments, dy)
        z, up = x @ W1 + b1, dy @ W2.T
        branch = (up * (z > 0)) @ W1.T
        mistakes = [
            (dy, "dx is that of the skip path alone: x reaches y through the branch, too"),
            (branch, "dx lacks dy itself: the skip path has a gradient of its own"),
            (dy + up @ W1.T, "dx: gradient flows through inactive units of the branch"),
            (dy - branch, "the gradient of the branch is subtracted: two paths, add them"),
            (dy * (1 + branch), "the paths are multiplied: two paths, add their gradients"),
            ((dy + branch) / 2, "the gradients of the two paths are averaged: add them"),
            (dy * (x > 0) + branch, "the skip path has no ReLU: its gradient is dy, whatever the sign of x"),
            (dy + branch * (x > 0), "a ReLU is applied to what comes out of the branch: x enters W1 as it is"),
        ]
        note = "two paths, two gradients: dy along the skip path, plus what comes back through W2, the gate and W1"
        check_gradient(grads, RESIDUAL, "x", residual, arguments, dy, mistakes, note)

    @pytest.mark.needs("TestResidualBackward::test_dx")
    def test_at_zero(self, submission, rng):
        """The gradient of the ReLU at exactly 0 is 0"""
        (x, W1, b1, W2, b2), dy = draw_residual(rng)
        x[2], b1 = 0.0, 0.0 * b1  # x W1 + b1 of this row is exactly 0
        grads = residual_gradients(submission, (x, W1, b1, W2, b2), dy)
        expected = ((dy @ W2.T) * (x @ W1 > 0)).sum(axis=0)
        note = "at x W1 + b1 = 0 the gate is closed: the mask is > 0, not >= 0"
        close(grads["db1"], expected, "grads['db1']", note=note)

    @pytest.mark.needs("TestResidualBackward::test_dx", "TestResidualBackward::test_second_layer")
    @pytest.mark.parametrize("ones", RESIDUAL_ONES.values(), ids=RESIDUAL_ONES)
    def test_length_one(self, submission, rng, ones):
        """Axes of length 1 are legal and keep their places"""
        arguments, dy = draw_residual(rng, **ones)
        grads = residual_gradients(submission, arguments, dy)
        for name in RESIDUAL:
            check_gradient(grads, RESIDUAL, name, residual, arguments, dy, note=ALL_SHAPES)

    @pytest.mark.needs("TestResidualBackward::test_dx", "TestResidualBackward::test_second_layer")
    def test_cache(self, submission, rng):
        """A cache belongs to its forward pass, and can be used twice"""
        check_cache(submission, RESIDUAL, residual, draw_residual, rng)

    @pytest.mark.needs("TestResidualBackward::test_cache")
    def test_arguments(self, submission, rng):
        """The backward pass leaves its arguments alone, and those of the forward pass"""
        check_arguments(submission, RESIDUAL, residual, draw_residual, rng)


class TestHighwayForward:
    def test_closed(self, submission, rng):
        """A closed gate carries x unchanged"""
        arguments, _dy = draw_highway(rng, gate_bias=-50.0)
        y, _cache = checks.unpack(submission.highway_forward(*arguments), "y", "cache")
        x, note = arguments[0], "with bT = -50 the gate T is 0, and y is x"
        mistakes = [(0 * x, "x is not carried: the term (1 - T) * x is missing"), *highway_slips(*arguments)]
        close(y, x, "y", mistakes=mistakes, note=note)

    @pytest.mark.needs("TestHighwayForward::test_closed")
    def test_open(self, submission, rng):
        """An open gate gives the plain layer H"""
        arguments, _dy = draw_highway(rng, gate_bias=50.0)
        x, WH, bH, *_gate = arguments
        y, _cache = checks.unpack(submission.highway_forward(*arguments), "y", "cache")
        note = "with bT = 50 the gate T is 1, and y is H"
        close(y, np.tanh(x @ WH + bH), "y", mistakes=highway_slips(*arguments), note=note)

    @pytest.mark.needs("TestHighwayForward::test_open")
    @ONE_OR_SEVEN
    def test_output(self, submission, rng, rows):
        """The output is T * H + (1 - T) * x, with a gate for each unit of each row"""
        arguments, _dy = draw_highway(rng, rows)
        y, _cache = checks.unpack(submission.highway_forward(*arguments), "y", "cache")
        note = "y has the shape of x, (N, d), also for one row" if np.shape(y) != (rows, WIDTH) else ""
        close(y, highway(*arguments), "y", mistakes=highway_slips(*arguments), note=note)

    @pytest.mark.needs("TestHighwayForward::test_output")
    def test_huge(self, submission, rng):
        """Gates far in saturation do no harm"""
        arguments, _dy = draw_highway(rng, gate_bias=np.array([1000.0, -1000.0, 1000.0, -1000.0, -1000.0]))
        x, WH, bH, _WT, bT = arguments
        y, _cache = checks.unpack(submission.highway_forward(*arguments), "y", "cache")
        note = "the sigmoid overflows for large |z|: exp(z) / (1 + exp(z)) is inf / inf"
        close(y, np.where(bT > 0, np.tanh(x @ WH + bH), x), "y", note=note)

    @pytest.mark.needs("TestHighwayForward::test_output")
    @pytest.mark.parametrize(
        "case",
        [
            "H too wide",
            "H of width 1",
            "gate of width 1",
            "input of width 1",
            "bH of one number",
            "bT of one number",
            "bT for each row",
            "bH as a row",
            "bT as a row",
            "x without rows",
            "x with three axes",
            "WH with three axes",
            "WT with three axes",
        ],
    )
    def test_shapes(self, submission, rng, case):
        """Shapes that do not fit raise ValueError, also where NumPy would broadcast"""
        (x, WH, bH, WT, bT), _dy = draw_highway(rng)
        broadcast = "NumPy broadcasts it without a word: compare the shapes with those of the statement first"
        wrong, note = {
            "H too wide": (
                (x, np.ones((WIDTH, WIDTH + 1)), np.ones(WIDTH + 1), WT, bT),
                "T mixes H and x unit by unit: they have the same width; do not cut or pad here",
            ),
            "H of width 1": ((x, WH[:, :1], bH[:1], WT, bT), f"H has d units. {broadcast}"),
            "gate of width 1": ((x, WH, bH, WT[:, :1], bT[:1]), f"each of the d units has its own gate. {broadcast}"),
            "input of width 1": ((x[:, :1], WH[:1], bH, WT[:1], bT), f"x has width 1, H has more. {broadcast}"),
            "bH of one number": ((x, WH, bH[:1], WT, bT), f"bH has d numbers. {broadcast}"),
            "bT of one number": ((x, WH, bH, WT, bT[:1]), f"bT has d numbers. {broadcast}"),
            "bT for each row": ((x, WH, bH, WT, np.ones((ROWS, WIDTH))), f"bT has one axis. {broadcast}"),
            "bH as a row": ((x, WH, bH[None], WT, bT), f"bH is (d,), not (1, d). {broadcast}"),
            "bT as a row": ((x, WH, bH, WT, bT[None]), f"bT is (d,), not (1, d). {broadcast}"),
            "x without rows": ((x[0], WH, bH, WT, bT), "x is (N, d), with both axes also for one row"),
            "x with three axes": ((stacked(x), WH, bH, WT, bT), f"x is (N, d), with two axes. {broadcast}"),
            "WH with three axes": ((x, stacked(WH), bH, WT, bT), f"WH is (d, d), with two axes. {broadcast}"),
            "WT with three axes": ((x, WH, bH, stacked(WT), bT), f"WT is (d, d), with two axes. {broadcast}"),
        }[case]
        checks.raises(submission.highway_forward, *wrong, error="ValueError", note=note)

    @pytest.mark.needs("TestHighwayForward::test_output")
    def test_arguments(self, submission, rng):
        """The forward pass leaves its arguments alone"""
        arguments, _dy = draw_highway(rng)
        checks.unchanged(submission.highway_forward, *arguments)


class TestGateBias:
    def test_default(self, submission):
        """A fresh gate is nearly closed: its bias is -2"""
        mistakes = [
            (np.full(6, 2.0), "the bias is positive, so T = 0.88: a fresh highway layer must mostly carry x"),
            (np.zeros(6), "with a bias of 0 the gate is half open: a fresh highway layer must mostly carry x"),
            (np.ones(6), "the bias is positive, so T = 0.73: a fresh highway layer must mostly carry x"),
            (np.full(6, -1.0), "the default of gate_bias is -2"),
            (np.full(6, sigmoid(-2.0)), "this is the gate T itself: its bias, before the sigmoid, is asked"),
            (np.full((1, 6), -2.0), "a bias has one axis: (d,)"),
            (np.full((6, 6), -2.0), "a bias has one axis: (d,)"),
        ]
        close(submission.highway_bias(6), np.full(6, -2.0), "bT", mistakes=mistakes)
        second = submission.support.second_bias(6)
        note = (
            "two fresh layers share one array, so that a step with the first also moves the gates of the second: keep "
            "nothing between calls, make a new array in each"
        )
        close(second, np.full(6, -2.0), "bT of the second layer", note=note)

    @pytest.mark.needs("TestGateBias::test_default")
    @pytest.mark.parametrize("value", [-3, 0.5, 0.0], ids=["an int", "a positive number", "zero"])
    def test_given(self, submission, value):
        """gate_bias is the bias of every unit, as float64"""
        unused = "gate_bias is not used: -2 is only its default"
        replaced = "a gate_bias of 0 is taken for none: `gate_bias or -2.0` is -2 then"
        mistakes = [
            (np.full(4, -2.0), unused if value else replaced),
            (np.full(4, -abs(value)), "gate_bias is taken as it is, whatever its sign"),
            (np.full(4, abs(value)), "gate_bias is taken as it is, whatever its sign"),
        ]
        note = "the dtype is float64, also when gate_bias is an int: np.full takes over the dtype of its value"
        close(submission.highway_bias(4, value), np.full(4, float(value)), "bT", mistakes=mistakes, note=note)


@pytest.mark.needs("TestHighwayForward::test_output", "TestHighwayForward::test_arguments")
class TestHighwayBackward:
    def test_closed(self, submission, rng):
        """Through a closed gate dy reaches x unchanged"""
        arguments, dy = draw_highway(rng, gate_bias=-50.0)
        grads = highway_gradients(submission, arguments, dy)
        note = "with T = 0 the layer is y = x, so dx is dy"
        mistakes = [(0 * dy, "dx lacks the carry path, dy * (1 - T)"), *highway_dx_slips(arguments, dy)]
        close(grads["dx"], dy, "grads['dx']", mistakes=mistakes, note=note)

    @pytest.mark.needs("TestHighwayBackward::test_closed")
    def test_open(self, submission, rng):
        """Through an open gate dx is that of the plain layer"""
        arguments, dy = draw_highway(rng, gate_bias=50.0)
        x, WH, bH, *_gate = arguments
        grads = highway_gradients(submission, arguments, dy)
        expected = (dy / np.cosh(x @ WH + bH) ** 2) @ WH.T
        note = "with T = 1 the layer is y = H, so only the path through H is left"
        mistakes = [(0 * dy, "dx lacks the path through H"), *highway_dx_slips(arguments, dy)]
        close(grads["dx"], expected, "grads['dx']", mistakes=mistakes, note=note)

    def test_transform(self, submission, rng):
        """dWH and dbH come through T and the slope of tanh"""
        arguments, dy = draw_highway(rng)
        x, WH, bH, WT, bT = arguments
        grads = highway_gradients(submission, arguments, dy)
        zH, T = x @ WH + bH, sigmoid(x @ WT + bT)
        H = np.tanh(zH)
        right = dy * T * (1 - H**2)
        slips = [
            (dy * (1 - H**2), "the gradient at H lacks the factor T: dH = dy * T"),
            (dy * (1 - T) * (1 - H**2), "the gradient at H is dy * T, not dy * (1 - T)"),
            (dy * T, "the slope of tanh, 1 - H**2, is missing"),
            (dy * T * (1 - H), "the slope of tanh is 1 - H**2"),
            (dy * T * H * (1 - H), "this is the slope of the sigmoid: that of tanh is 1 - H**2"),
            (dy * T * (1 - zH**2), "the slope of tanh is 1 - H**2 with H, not with x WH + bH"),
            (dy * T * (1 + H**2), "the slope of tanh is 1 - H**2: the sign is wrong"),
        ]
        per_row = "the mean is taken over the rows: L is any scalar, and a mean is in dy already"
        mistakes = [(x.T @ dz, sentence) for dz, sentence in slips]
        mistakes += [
            (x.T @ right / ROWS, per_row),
            (right.T @ x, "dWH is transposed: it is the transpose of x times the gradient at x WH + bH"),
            (H.T @ right, "dWH uses H: WH was multiplied by x"),
        ]
        note = "dWH is the transpose of x times dy * T * (1 - H**2)"
        check_gradient(grads, HIGHWAY, "WH", highway, arguments, dy, mistakes, note)
        mistakes = [(dz.sum(axis=0), sentence) for dz, sentence in slips]
        mistakes += [
            (right.mean(axis=0), per_row),
            (right, "one gradient for each row: bH was added to every row, so sum over them"),
        ]
        note = "dbH is the sum over the rows of dy * T * (1 - H**2)"
        check_gradient(grads, HIGHWAY, "bH", highway, arguments, dy, mistakes, note)

    def test_gate(self, submission, rng):
        """dWT and dbT come from the difference of H and x"""
        arguments, dy = draw_highway(rng)
        x, WH, bH, WT, bT = arguments
        grads = highway_gradients(submission, arguments, dy)
        H, T = np.tanh(x @ WH + bH), sigmoid(x @ WT + bT)
        right = dy * (H - x) * T * (1 - T)
        slips = [
            (0 * dy, "the gate is treated as a constant: dWT is 0, so the gate would never learn"),
            (
                dy * H * T * (1 - T),
                "dT lacks x: opening the gate also closes the carry, dT = dy * (H - x)",
            ),
            (-right, "the sign is wrong: dT = dy * (H - x)"),
            (dy * (H + x) * T * (1 - T), "x enters with the wrong sign: dT = dy * (H - x)"),
            (-dy * x * T * (1 - T), "dT lacks H: opening the gate lets H in, dT = dy * (H - x)"),
            (dy * T * (1 - T), "dT = dy * (H - x): the factor H - x is missing"),
            (dy * (H - x), "the slope of the sigmoid, T * (1 - T), is missing"),
            (dy * (H - x) * T, "the slope of the sigmoid is T * (1 - T)"),
            (dy * (H - x) * (1 - T), "the slope of the sigmoid is T * (1 - T)"),
            (dy * (H - x) * (1 - T**2), "this is the slope of tanh: that of the sigmoid is T * (1 - T)"),
            (dy * (H - x) * T * T * (1 - T), "the gradient of the gate is multiplied by T once too often"),
        ]
        per_row = "the mean is taken over the rows: L is any scalar, and a mean is in dy already"
        mistakes = [(x.T @ dz, sentence) for dz, sentence in slips]
        mistakes += [
            (x.T @ right / ROWS, per_row),
            (right.T @ x, "dWT is transposed: it is the transpose of x times the gradient at x WT + bT"),
            (H.T @ right, "dWT uses H: WT was multiplied by x"),
        ]
        note = "dWT is the transpose of x times dy * (H - x) * T * (1 - T)"
        check_gradient(grads, HIGHWAY, "WT", highway, arguments, dy, mistakes, note)
        mistakes = [(dz.sum(axis=0), sentence.replace("dWT", "dbT")) for dz, sentence in slips]
        mistakes += [
            (right.mean(axis=0), per_row),
            (right, "one gradient for each row: bT was added to every row, so sum over them"),
        ]
        note = "dbT is the sum over the rows of dy * (H - x) * T * (1 - T)"
        check_gradient(grads, HIGHWAY, "bT", highway, arguments, dy, mistakes, note)

    @pytest.mark.needs(
        "TestHighwayBackward::test_open",
        "TestHighwayBackward::test_transform",
        "TestHighwayBackward::test_gate",
    )
    def test_dx(self, submission, rng):
        """dx adds three paths: directly, through H, and through the gate"""
        arguments, dy = draw_highway(rng)
        grads = highway_gradients(submission, arguments, dy)
        note = "three paths: dy * (1 - T), plus what comes through H and WH, plus what comes through T and WT"
        check_gradient(grads, HIGHWAY, "x", highway, arguments, dy, highway_dx_slips(arguments, dy), note)

    @pytest.mark.needs("TestHighwayBackward::test_dx", "TestHighwayForward::test_huge")
    def test_huge(self, submission, rng):
        """Gates far in saturation give finite gradients"""
        arguments, dy = draw_highway(rng, gate_bias=np.array([1000.0, -1000.0, 1000.0, -1000.0, -1000.0]))
        x, WH, bH, _WT, bT = arguments
        grads = highway_gradients(submission, arguments, dy)
        note = "the slope of the sigmoid is T * (1 - T), 0 here: exp(-z) / (1 + exp(-z))**2 is inf / inf"
        close(grads["dWT"], np.zeros((WIDTH, WIDTH)), "grads['dWT']", note=note)
        through = np.where(bT > 0, dy / np.cosh(x @ WH + bH) ** 2, 0.0)
        close(grads["dx"], np.where(bT > 0, 0.0, dy) + through @ WH.T, "grads['dx']", note=note)

    @pytest.mark.needs("TestHighwayBackward::test_dx")
    @pytest.mark.parametrize("ones", HIGHWAY_ONES.values(), ids=HIGHWAY_ONES)
    def test_length_one(self, submission, rng, ones):
        """Axes of length 1 are legal and keep their places"""
        arguments, dy = draw_highway(rng, **ones)
        grads = highway_gradients(submission, arguments, dy)
        for name in HIGHWAY:
            check_gradient(grads, HIGHWAY, name, highway, arguments, dy, note=ALL_SHAPES)

    @pytest.mark.needs("TestHighwayBackward::test_dx")
    def test_cache(self, submission, rng):
        """A cache belongs to its forward pass, and can be used twice"""
        check_cache(submission, HIGHWAY, highway, draw_highway, rng)

    @pytest.mark.needs("TestHighwayBackward::test_cache")
    def test_arguments(self, submission, rng):
        """The backward pass leaves its arguments alone, and those of the forward pass"""
        check_arguments(submission, HIGHWAY, highway, draw_highway, rng)


# --- Stacks of layers. ---

INPUTS = 128
SIZES = pytest.mark.parametrize(
    ("depth", "width"), [(3, 6), (1, 5), (50, 64)], ids=["three layers", "one layer", "fifty layers"]
)
AS_STATED = ("x", "layers", "dy")
SMOOTH = (np.tanh, lambda out: 1 - out**2)  # a function, and its slope by its output


def draw_stack(kind, depth, width, seed, order=AS_STATED, std=None, gate_std=None, rows=INPUTS):
    """x, the pairs (W, WT) of the layers, and dL/dy, in the order of the statement or in another."""
    rng = np.random.default_rng(seed)
    std = np.sqrt(0.64 / width) if std is None else std
    gate_std = np.sqrt(1.0 / width) if gate_std is None else gate_std
    gated = kind == "highway"

    def matrix(scale):
        return scale * rng.standard_normal((width, width))

    def gate():
        return matrix(gate_std) if gated else None

    drawn = {}
    for part in order:
        if part == "layers":
            drawn["layers"] = [(matrix(std), gate()) for _ in range(depth)]
        elif part == "gates first":
            drawn["layers"] = [pair[::-1] for pair in [(gate(), matrix(std)) for _ in range(depth)]]
        elif part == "gates last":
            weights = [matrix(std) for _ in range(depth)]
            drawn["layers"] = [(W, gate()) for W in weights]
        elif part == "all gates first":
            gates = [gate() for _ in range(depth)]
            drawn["layers"] = [(matrix(std), WT) for WT in gates]
        else:
            drawn[part] = rng.standard_normal((rows, width))
    return drawn["x"], drawn["layers"], drawn["dy"]


def shares(kind, h, gate_weights, gate_bias):
    """What a layer takes of tanh(h W), and what of h."""
    if kind != "highway":
        return 1.0, float(kind == "residual")
    opened = 1.0 / (1.0 + np.exp(-(h @ gate_weights + gate_bias)))
    return opened, 1.0 - opened


def by_complex_steps(kind, x, layers, dy):
    """||dL/dx|| / ||dL/dy|| for L = sum(y * dy), from forward passes alone: dy/dx is Im y(x + i t) / t."""
    step = 1e-30
    h = x + 1j * step * np.eye(x.shape[1])[:, None, :]  # (d, N, d): in copy j, feature j of each row is moved
    for W, gate_weights in layers:
        take, keep = shares(kind, h, gate_weights, -2.0)
        h = take * np.tanh(h @ W) + keep * h
    grad = (h.imag / step * dy).sum(axis=-1)  # (d, N)
    return np.linalg.norm(grad) / np.linalg.norm(dy)


def by_chain_rule(
    kind,
    x,
    layers,
    dy,
    *,
    gate_bias=-2.0,
    bend=SMOOTH,
    carry=1.0,
    gate=1.0,
    factor=1.0,
    transposed=True,
    backwards=True,
    norm="fro",
):
    """||dL/dx|| / ||dL/dy|| by the chain rule; each option is a mistake."""
    f, slope = bend
    trace, h, grad = [], x, dy
    with np.errstate(all="ignore"):  # some mistakes explode
        for W, gate_weights in layers:
            out = f(h @ W)
            take, keep = shares(kind, h, gate_weights, gate_bias)
            trace.append((W, gate_weights, h, out, take, keep))
            h = take * out + keep * h
        for W, gate_weights, h, out, take, keep in trace[::-1] if backwards else trace:
            through = grad * take * slope(out) @ (W.T if transposed else W)
            if kind == "highway":
                through = through + gate * (grad * (factor * out - h) * take * keep) @ gate_weights.T
            grad = carry * grad * keep + through
        return np.linalg.norm(grad, norm) / np.linalg.norm(dy, norm)


def ratio_slips(kind, depth, width, seed, expected):
    """What common mistakes give for the ratio."""
    stack = draw_stack(kind, depth, width, seed)
    size = np.linalg.norm(stack[2])

    def redrawn(**options):
        return lambda: by_chain_rule(kind, *draw_stack(kind, depth, width, seed, **options))

    def passed(**options):
        return lambda: by_chain_rule(kind, *stack, **options)

    def with_layers(change):
        return lambda: by_chain_rule(kind, stack[0], change(stack[1]), stack[2])

    def another(other, shorter=0):
        return lambda: by_chain_rule(other, *draw_stack(other, depth - shorter, width, seed))

    def shared_stack():
        x, layers, dy = draw_stack(kind, 1, width, seed)
        return by_chain_rule(kind, x, layers * depth, dy)

    shared = "all layers share the weights of one: draw new ones for each"
    order = "the draws come in another order: first x, then the weights of layer after layer, then dL/dy"
    inner = "in each layer W is drawn first, then the weights of its gate"
    no_slope = "tanh has no effect: its slope, 1 - tanh(z)**2, is missing on the way back, or tanh on the way forward"
    relu_pair = (relu, lambda out: (out > 0) * 1.0)
    slips = [
        (1 / expected, "the ratio is upside down: ||dL/dx|| stands above, ||dL/dy|| below"),
        (expected**2, "this is the ratio of the squared norms: take the root"),
        (expected * size, "this is ||dL/dx||: divide by ||dL/dy||"),
        (
            passed(norm=2),
            "these are largest singular values: the Frobenius norm is the root of the sum of all squares",
        ),
        (redrawn(std=0.64 / width), "the standard deviation of W is 0.64 / width: that is the variance, take the root"),
        (redrawn(std=0.8 / width), "the standard deviation of W is 0.8 / width: it is 0.8 / sqrt(width)"),
        (redrawn(std=0.8), "W is not scaled by the width: its variance is 0.64 / width"),
        (redrawn(std=1.0), "W is not scaled: its variance is 0.64 / width"),
        (redrawn(std=np.sqrt(1 / width)), "the variance of W is 1 / width: it is 0.64 / width"),
        (
            redrawn(std=0.64 / np.sqrt(width)),
            "the 0.64 is not under the root: the standard deviation is sqrt(0.64 / width)",
        ),
        (redrawn(order=("x", "dy", "layers")), order),
        (redrawn(order=("dy", "x", "layers")), order),
        (redrawn(order=("dy", "layers", "x")), order),
        (redrawn(order=("layers", "x", "dy")), order),
        (redrawn(order=("layers", "dy", "x")), order),
        (lambda: by_chain_rule(kind, *stack[:2], np.ones_like(stack[2])), "dL/dy is all ones: draw it from rng"),
        (passed(bend=(np.tanh, np.ones_like)), no_slope),
        (passed(bend=(lambda z: z, np.ones_like)), no_slope),
        (passed(bend=relu_pair), "the layers have a ReLU: here they have the tanh"),
        (passed(transposed=False), "the way back uses W where its transpose is needed"),
        (passed(backwards=False), "the layers are passed in the order of the forward pass: go back from the last"),
        (with_layers(lambda layers: layers[:1] * depth), shared),
        (shared_stack, shared),
        (with_layers(lambda layers: layers[::-1]), "the layers stand in reverse order: the first drawn is next to x"),
        (another("plain"), "this is the ratio of plain layers"),
        (another("residual"), "this is the ratio of residual layers"),
        (another("highway"), "this is the ratio of highway layers"),
        (lambda: another(kind, 1)() if depth > 1 else np.nan, "there is one layer too few"),
    ]
    slips += [(round(expected, digits), "the ratio is rounded: return it as it is") for digits in range(2, 7)]
    slips += [(redrawn(rows=rows), f"there are {rows} inputs: draw 128") for rows in (1, width, 32, 64, 100, 256)]
    if kind == "residual":
        slips.append((passed(carry=0.0), "on the way back the skip path is missing: add the gradient itself"))
    if kind == "highway":
        slips += [
            (passed(gate_bias=0.0), "the gate has no bias: here it is -2"),
            (passed(gate_bias=2.0), "the gate's bias is +2: a fresh layer mostly carries, with -2"),
            (passed(gate=0.0), "the gate is treated as a constant on the way back: T depends on h, too"),
            (passed(factor=0.0), "on the way back dT lacks H: dT = dy * (H - h)"),
            (passed(carry=0.0), "on the way back the carry path is missing: add the gradient times 1 - T"),
            (
                redrawn(gate_std=np.sqrt(0.64 / width)),
                "the weights of the gate have variance 1 / width, not 0.64 / width",
            ),
            (
                redrawn(gate_std=1 / width),
                "the standard deviation of WT is 1 / width: that is the variance, take the root",
            ),
            (redrawn(gate_std=1.0), "WT is not scaled: its variance is 1 / width"),
            (with_layers(lambda layers: [(W, W) for W, _WT in layers]), "the gate uses W: it has weights of its own"),
            (with_layers(lambda layers: [(W, 0 * WT) for W, WT in layers]), "the gate has no weights: draw them too"),
            (redrawn(order=("x", "gates first", "dy")), inner),
            (redrawn(order=("x", "gates last", "dy")), inner),
            (redrawn(order=("x", "all gates first", "dy")), inner),
        ]
    return slips


def nearest_first(slips, got):
    """The slips by how near they come: among so many, two may agree by accident in the digits that name a mistake."""

    def distance(slip):
        return np.nan_to_num(np.round(abs(slip[0] - got), 9), nan=np.inf)

    yield from sorted(((value() if callable(value) else value, sentence) for value, sentence in slips), key=distance)


def check_ratio(submission, record, kind, depth, width, seed):
    """Check the ratio of one stack, digit for digit: the order of the draws is stated."""
    for used in (seed, seed + 1):
        got = checks.number(submission.input_gradient_ratio(kind, depth, width, checks.generator(used)), name="ratio")
        stack = draw_stack(kind, depth, width, used)
        expected = float(by_complex_steps(kind, *stack) if depth < 10 else by_chain_rule(kind, *stack))
        if not 1e-5 < abs(got / expected - 1) < 1e-3:
            break  # else a mistake may have come near by accident, and shows its name in another stack
    if depth == 50:
        record(f"gradient left after 50 {kind} layers", got)
    note = (
        "compare in this order: the draws (x, then the weights of layer after layer, then dL/dy), "
        "their scales, the forward pass, the way back"
    )
    # In float64 right ways agree to 1e-12, central differences to 1e-7, float32 to some 1e-6; mistakes are off by 1e-3.
    mistakes = nearest_first(ratio_slips(kind, depth, width, used, expected), got)
    checks.close(got, expected, name="ratio", rtol=1e-5, atol=0.0, mistakes=mistakes, note=note)


class TestGradientRatio:
    def test_randomness(self, submission, seed):
        """All randomness comes from rng"""
        first, again, other = (
            checks.number(submission.input_gradient_ratio("plain", 2, 5, checks.generator(s)), name="ratio")
            for s in (seed, seed, seed + 1)
        )
        note = "two calls with generators in the same state differ: draw from rng only"
        checks.equal(again, first, name="ratio of the second call", note=note)
        note = "two generators give the same ratio: rng is not used"
        checks.that(first != other, "the ratio does not depend on rng", note=note)

    @pytest.mark.needs("TestGradientRatio::test_randomness")
    def test_next_call(self, submission, seed):
        """The next call with the same generator draws another stack"""
        ratios = checks.unpack(submission.support.two_ratios("plain", 2, 5, seed), "first", "second")
        first, second = (checks.number(ratio, name="ratio") for ratio in ratios)
        note = "the generator does not move on: draw from rng itself, not from a copy or from one made of its seed"
        checks.that(first != second, "two calls with one generator give the same ratio", note=note)

    @pytest.mark.needs("TestGradientRatio::test_randomness")
    @SIZES
    def test_plain(self, submission, record, rng, depth, width):
        """In plain layers the gradient fades"""
        check_ratio(submission, record, "plain", depth, width, int(rng.integers(1 << 31)))

    @pytest.mark.needs("TestGradientRatio::test_plain")
    @SIZES
    def test_residual(self, submission, record, rng, depth, width):
        """In residual layers the gradient does not fade"""
        check_ratio(submission, record, "residual", depth, width, int(rng.integers(1 << 31)))

    @pytest.mark.needs(
        "TestGradientRatio::test_plain",
        "TestGateBias::test_default",
        "TestHighwayForward::test_output",
        "TestHighwayBackward::test_dx",
    )
    @SIZES
    def test_highway(self, submission, record, rng, depth, width):
        """In highway layers the gradient fades with the carried share"""
        check_ratio(submission, record, "highway", depth, width, int(rng.integers(1 << 31)))

    @pytest.mark.needs("TestGradientRatio::test_randomness")
    @pytest.mark.parametrize(
        "kind",
        ["dense", "Residual", "", "plainly", " plain "],
        ids=["another word", "capital letter", "empty", "longer word", "spaces around"],
    )
    def test_unknown_kind(self, submission, kind):
        """Any other kind raises ValueError"""
        advice = {"plainly": "compare whole words", " plain ": "spaces count, too"}
        wanted = advice.get(kind, "there are three, and no default")
        note = f"a misspelt kind must not be measured as another one: {wanted}"
        generator = checks.generator(1)
        checks.raises(submission.input_gradient_ratio, kind, 2, 5, generator, error="ValueError", note=note)
