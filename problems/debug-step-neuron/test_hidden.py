"""Hidden suite of `debug-step-neuron`.

Expected values: outputs and loss by their definitions, gradients by central differences of that loss, training steps from
the gradients. No two layers have the same size, so that a transposed product cannot fit.
"""

from itertools import pairwise

import numpy as np
import pytest

from grader import checks

SIZES = [3, 5, 4, 2]
XOR_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = np.array([[0.0], [1.0], [1.0], [0.0]])


def sigmoid(z):
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def draw(rng, sizes=SIZES, n=7):
    """Weights, biases, inputs and targets; the biases are not 0, so that a forgotten one can be seen."""
    weights = [rng.normal(size=pair) for pair in pairwise(sizes)]
    biases = [rng.normal(size=size) for size in sizes[1:]]
    y = (np.arange(n)[:, None] + np.arange(sizes[-1])) % 2  # both classes in each column
    return weights, biases, rng.normal(size=(n, sizes[0])), rng.permuted(y, axis=0).astype(np.float64)


def run(weights, biases, x, hidden=sigmoid, output=sigmoid):
    """The outputs of all layers, A_0 to A_L."""
    outputs = [x]
    for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
        outputs.append((output if i == len(weights) - 1 else hidden)(outputs[-1] @ w + b))
    return outputs


def draw_both_sides(rng, sizes, n):
    """As `draw`, with outputs of each hidden layer below and above 0.5: a slope of 0 or 1 is then not 1 everywhere."""
    while True:
        weights, biases, x, y = draw(rng, sizes, n)
        if all(a.min() < 0.5 < a.max() for a in run(weights, biases, x)[1:-1]):
            return weights, biases, x, y


def loss_of(weights, biases, x, y):
    z = run(weights, biases, x, output=lambda z: z)[-1]
    return float(np.mean(np.sum(np.logaddexp(0.0, z) - y * z, axis=1)))


def chain(weights, biases, x, y, slope=lambda a: a * (1.0 - a), delta=None):
    """The gradients by backpropagation: to recognise what a mistake gives, and to make steps with."""
    outputs = run(weights, biases, x)
    delta = (outputs[-1] - y) / len(x) if delta is None else delta
    grads = []
    for w, a in zip(weights[::-1], outputs[-2::-1], strict=True):
        grads.insert(0, (a.T @ delta, delta.sum(axis=0)))
        delta = (delta @ w.T) * slope(a)
    return grads


def network(submission, sizes=SIZES, seed=1):
    return is_network(submission.Network(list(sizes), checks.generator(seed)))


def is_network(value):
    """Check that an object came back, and no plain value."""
    is_object = callable(getattr(value, "predict", None))
    rows = [("type", "Network", type(value).__name__)]
    checks.that(is_object, "this is no network", rows=rows, note="a Network with its methods is asked for")
    return value


def parameters(net, sizes=SIZES):
    """The two lists of a network, checked: weights, biases."""
    lists = []
    for name, shapes in (
        ("weights", list(pairwise(sizes))),
        ("biases", [(s,) for s in sizes[1:]]),
    ):
        values = net.get(name)
        checks.that(
            isinstance(values, list | tuple) and len(values) == len(shapes),
            f"`net.{name}` is not a list with one array for each layer",
            rows=[("layers", str(len(shapes)), str(len(values)) if isinstance(values, list | tuple) else "no list")],
            note="the inputs are no layer of their own: L + 1 sizes make L layers, each with a matrix and a bias",
        )
        for i, (value, shape) in enumerate(zip(values, shapes, strict=True)):
            note = (
                "rows belong to the units below, columns to the units of the layer; a bias has one entry for each unit"
            )
            checks.array(value, name=f"net.{name}[{i}]", shape=shape, dtype=np.float64, note=note)
        lists.append(list(values))
    return lists


def made(submission, weights, biases):
    """A network of the submission with these parameters."""
    sizes = [len(weights[0]), *(len(b) for b in biases)]
    net = network(submission, sizes)
    submission.support.assign(net, weights, biases)
    return net


def pairs(grads, weights, biases):
    """Check that gradients are one (dW, db) for each layer, in the right shapes."""
    checks.that(
        isinstance(grads, list | tuple) and len(grads) == len(weights),
        "`grads` is not a list with one (dW, db) for each layer",
        rows=[("items", str(len(weights)), str(len(grads)) if isinstance(grads, list | tuple) else "no list")],
        note="one tuple (dW, db) for each layer, input side first",
    )
    result = []
    for i, (pair, w, b) in enumerate(zip(grads, weights, biases, strict=True)):
        dw, db = checks.unpack(pair, f"dW of layer {i}", f"db of layer {i}")
        checks.array(dw, name=f"dW of layer {i}")
        note = f"dW of layer {i} belongs to weights[{i}]: the transpose of the layer's input times its delta"
        if i and np.shape(dw)[:1] == weights[0].shape[:1]:
            note = f"dW of layer {i} has the shape of the inputs: each layer has its own input, the outputs below it"
        elif np.shape(dw) == w.T.shape:
            note = f"dW of layer {i} is transposed"
        elif np.shape(dw) == weights[-1 - i].shape:
            note = "the gradients are in the order of the backward pass: give them input side first"
        checks.array(dw, name=f"dW of layer {i}", shape=w.shape, dtype=np.float64, note=note)
        note = f"db of layer {i} has one entry for each unit: the sum of the deltas over the rows"
        checks.array(db, name=f"db of layer {i}", shape=b.shape, dtype=np.float64, note=note)
        result.append((dw, db))
    return result


class TestForward:
    def test_outputs(self, submission, rng):
        """forward gives a row of outputs for each row of inputs"""
        outputs = network(submission).forward(rng.normal(size=(7, 3)))
        note = "forward must return all outputs of the last layer, for all rows"
        checks.array(outputs, name="outputs", shape=(7, 2), dtype=np.float64, note=note)

    @pytest.mark.needs("TestForward::test_outputs")
    def test_inputs_matter(self, submission, rng):
        """Different inputs give different outputs"""
        x = 5.0 * rng.normal(size=(40, 3))
        alike = 0
        for seed in range(
            10
        ):  # one network alone may happen to give the same class to all rows, if its outputs are steps
            outputs = network(submission, [3, 5, 2], seed).forward(x)
            checks.array(outputs, name="outputs", shape=(40, 2))
            alike += bool((outputs == outputs[0]).all())
        rows = [("networks that give all rows the same outputs", "0 of 10", f"{alike} of 10")]
        note = "forward ignores its inputs: are the weight lists empty, or zero?"
        checks.that(alike < 10, "forty different inputs have the same outputs", rows=rows, note=note)

    @pytest.mark.needs("TestForward::test_inputs_matter")
    def test_slope(self, submission, rng):
        """A small change of the input changes the outputs a little"""
        net = network(submission)
        x = rng.normal(size=(40, 3))
        # over 0.00001 each of 40 rows crosses a given threshold with a probability of about 1e-5
        moved = checks.array(net.forward(x + 1e-5), name="outputs", shape=(40, 2))
        change = moved - checks.array(net.forward(x), name="outputs", shape=(40, 2))
        still = int((change == 0).all(axis=1).sum())
        note = "numerical gradient is 0 everywhere: a step cannot be trained by gradient descent; use the sigmoid in each layer"
        rows = [("rows that change", "40", str(40 - still))]
        checks.that(still < 20, "the outputs do not react to a small change", rows=rows, note=note)

    @pytest.mark.needs("TestForward::test_slope")
    def test_parameters(self, submission):
        """weights and biases hold one array for each layer"""
        parameters(network(submission))
        parameters(network(submission, [2, 1]), [2, 1])

    @pytest.mark.needs("TestForward::test_parameters")
    def test_values(self, submission, rng):
        """Each layer is the sigmoid of its inputs times weights plus bias"""
        weights, biases, x, _y = draw(rng)
        net = network(submission)
        own = parameters(net)
        submission.support.assign(net, weights, biases)
        outputs = net.forward(x)
        zeros = [np.zeros_like(b) for b in biases]
        relu = lambda z: np.maximum(z, 0.0)  # noqa: E731
        linear = lambda z: z  # noqa: E731
        mistakes = [
            (
                run(*own, x)[-1],
                "these are the outputs before net.weights and net.biases were assigned: there is a copy",
            ),
            (
                run(weights, zeros, x)[-1],
                "there is no bias, net.biases does not count: one unit then gives 0.5 for (0, 0), and can never be NAND",
            ),
            (run(weights, [-b for b in biases], x)[-1], "the bias is subtracted"),
            (run(weights, [*zeros[:-1], biases[-1]], x)[-1], "the hidden layers have no bias"),
            (run(weights, [*biases[:-1], zeros[-1]], x)[-1], "the output layer has no bias"),
            (run(weights, biases, x, linear, linear)[-1], "there is no activation: layers without one are one layer"),
            (run(weights, biases, x, linear)[-1], "the hidden layers have no activation"),
            (run(weights, biases, x, sigmoid, linear)[-1], "the outputs are Z_L, before the sigmoid"),
            (run(weights, biases, x, np.tanh)[-1], "the hidden layers are tanh: the statement's are sigmoid"),
            (run(weights, biases, x, np.tanh, np.tanh)[-1], "the layers are tanh: the statement's are sigmoid"),
            (run(weights, biases, x, relu)[-1], "the hidden layers are ReLU: the statement's are sigmoid"),
            (run(weights, biases, x, lambda z: z > 0)[-1], "the hidden layers are steps"),
        ]
        checks.close(outputs, run(weights, biases, x)[-1], name="outputs", dtype=np.float64, mistakes=mistakes)

    @pytest.mark.needs("TestForward::test_values")
    def test_large_inputs(self, submission, rng):
        """Pre-activations of 1000 and -1000 give 1 and 0"""
        net = made(submission, [np.array([[1.0, -1.0]])], [np.zeros(2)])
        outputs = net.forward(np.array([[1000.0], [0.0], [-1000.0]]))
        note = "exp(1000) is infinite, and inf / inf is NaN: 1 / (1 + exp(-z)) or tanh do without"
        checks.close(outputs, np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]), name="outputs", note=note)

    @pytest.mark.needs("TestForward::test_values")
    def test_one_row(self, submission, rng):
        """A batch of one row is a batch"""
        weights, biases, x, _y = draw(rng, [3, 4, 1], n=1)
        outputs = made(submission, weights, biases).forward(x)
        note = "one row and one output are a (1, 1) array: is something squeezed?"
        checks.close(outputs, run(weights, biases, x)[-1], name="outputs", note=note)

    @pytest.mark.needs("TestForward::test_values")
    def test_predict(self, submission, rng):
        """predict gives 1 where the output is greater than 0.5, else 0"""
        net = made(submission, [np.eye(3)], [np.zeros(3)])
        x = np.array([[0.0, 0.3, -0.3], [4.0, -4.0, 0.0]])  # an input of 0 gives exactly 0.5
        mistakes = [
            (np.array([[1, 1, 0], [1, 0, 1]]), "an output of exactly 0.5 gives 0: greater, not greater or equal"),
            (np.array([[1, 0, 1], [0, 1, 1]]), "0 and 1 are swapped"),
            (np.zeros((2, 3), dtype=np.int64), "everything is 0: are the digits cut off? The threshold is 0.5"),
            (np.array([1, 0]), "this is the index of the largest output: each output is a class of its own, 0 or 1"),
        ]
        classes = net.predict(x)
        note = "int64 is asked for: an array of bools behaves differently in sums and as an index"
        checks.equal(classes, np.array([[0, 1, 0], [1, 0, 0]]), name="classes", mistakes=mistakes, note=note)
        checks.array(classes, name="classes", dtype=np.int64, note=note)

    @pytest.mark.needs("TestForward::test_values")
    def test_arguments(self, submission, rng):
        """forward and predict leave X alone"""
        weights, biases, x, _y = draw(rng)
        net = made(submission, weights, biases)
        checks.unchanged(net.forward, x)
        checks.unchanged(net.predict, x)


@pytest.mark.needs("TestForward::test_parameters")
class TestInit:
    def test_normal(self, submission, seed):
        """The weights are drawn from N(0, 1), the biases are 0"""
        sizes = [40, 60, 50]
        weights, biases = parameters(network(submission, sizes, seed), sizes)
        for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
            note = "the biases start at 0"
            checks.close(b, np.zeros_like(b), name=f"net.biases[{i}]", atol=0.0, note=note)
            spread = float(w.std())
            # 2400 draws: the mean is known to 0.02, the standard deviation to 0.015; six times as much is allowed
            notes = {
                0.0: "all weights are alike, so that all units of a layer stay alike for ever",
                0.577: "uniform between -1 and 1",
                0.289: "uniform between 0 and 1",
                0.1: "N(0, 0.01)",
                0.01: "N(0, 0.0001)",
            }
            scaled = {
                np.sqrt(2 / len(w)): "scaled by sqrt(2 / fan_in)",
                np.sqrt(1 / len(w)): "scaled by sqrt(1 / fan_in)",
            }
            found = [text for value, text in {**notes, **scaled}.items() if abs(spread - value) < 0.006 + 0.05 * value]
            note = (
                f"this looks like: {found[0]}. The statement asks for N(0, 1)"
                if found
                else "rng.normal with mean 0 and standard deviation 1"
            )
            checks.between(spread, 0.91, 1.09, name=f"standard deviation of net.weights[{i}]", note=note)
            checks.between(float(w.mean()), -0.12, 0.12, name=f"mean of net.weights[{i}]", note="their mean is 0")
            # of normal draws 4.6 % lie beyond two standard deviations, of uniform ones none; 0.43 % is the standard error
            beyond = float(np.mean(np.abs(w) > 2.0))
            checks.between(
                beyond, 0.02, 0.075, name=f"share of net.weights[{i}] beyond 2", note="the distribution is not normal"
            )
        # of 5400 normal draws none lies beyond 2.8 with a probability of 1e-12
        largest = max(float(np.abs(w).max()) for w in weights)
        checks.that(
            largest > 2.8,
            "the distribution of the weights is cut off",
            rows=[("largest |weight| of 5400", "more than 2.8", f"{largest:.4g}")],
            note=f"draws beyond {largest:.4g} are missing: N(0, 1) has no bounds, so neither clip nor draw again",
        )

    @pytest.mark.needs("TestInit::test_normal")
    def test_generator(self, submission):
        """All randomness comes from rng"""
        first, again, other = (parameters(network(submission, SIZES, seed))[0] for seed in (5, 5, 6))
        for i, (w, same, different) in enumerate(zip(first, again, other, strict=True)):
            note = "two generators in the same state give different weights: draw from rng only"
            checks.equal(same, w, name=f"net.weights[{i}]", note=note)
            note = "two different generators give the same weights: rng is not used"
            checks.that(not np.array_equal(w, different), f"`net.weights[{i}]` does not depend on rng", note=note)

    @pytest.mark.needs("TestInit::test_normal")
    def test_independent(self, submission, seed):
        """The weights of two layers, and of two units, are independent"""
        sizes = [12, 12, 12]
        weights, _biases = parameters(network(submission, sizes, seed), sizes)
        note = "the same numbers are drawn again: use one generator for all layers and units, without seeding it again"
        checks.that(not np.array_equal(weights[0], weights[1]), "both layers have the same weights", note=note)
        for i, w in enumerate(weights):
            alike = any(np.array_equal(w[:, 0], w[:, k]) or np.array_equal(w[0], w[k]) for k in range(1, 12))
            checks.that(not alike, f"units of `net.weights[{i}]` have the same weights", note=note)


@pytest.mark.needs("TestForward::test_values")
class TestGradients:
    def test_shapes(self, submission, rng):
        """There is one (dW, db) for each layer, in the shapes of its parameters"""
        weights, biases, x, y = draw(rng)
        pairs(made(submission, weights, biases).gradients(x, y), weights, biases)

    @pytest.mark.needs("TestGradients::test_shapes")
    @pytest.mark.parametrize(
        ("sizes", "n"), [(SIZES, 7), ([2, 1], 7), (SIZES, 1)], ids=["two outputs", "one unit", "one row"]
    )
    def test_last_layer(self, submission, rng, sizes, n):
        """The gradient of the last layer is that of the mean cross-entropy"""
        weights, biases, x, y = draw(rng, sizes, n)
        grads = pairs(made(submission, weights, biases).gradients(x, y), weights, biases)
        out = run(weights, biases, x)[-1]
        error = out - y

        def named(sign, delta):
            return chain(weights, biases, x, y, delta=sign * delta)[-1]

        wrong = [
            (-1, error / n, "the sign is flipped: the delta of the outputs is (A - Y) / n"),
            (1, error, "this is the gradient of the sum over the rows: the loss is their mean"),
            (
                1,
                error / n / len(out[0]),
                "averaged over the outputs, too: the loss adds them up and averages over the rows",
            ),
            (
                1,
                error * out * (1 - out) / n,
                "the factor A (1 - A) belongs to the squared error: for the cross-entropy it cancels",
            ),
            (
                1,
                error * out * (1 - out),
                "the factor A (1 - A) belongs to the squared error; and the mean over the rows is missing",
            ),
            (2, error * out * (1 - out) / n, "this is the gradient of the squared error, not of the cross-entropy"),
            (2, error / n, "twice too large: the cross-entropy has no factor 2"),
            (1, out / n, "the targets are missing: the delta of the outputs is (A - Y) / n"),
        ]
        for k, (name, values) in enumerate((("dW", weights), ("db", biases))):
            mistakes = [(named(sign, delta)[k], text) for sign, delta, text in wrong]
            if k:
                mistakes.append(
                    (error.mean(axis=0) / n, "db is the sum of the deltas over the rows: here it is their mean")
                )

            def loss(value, k=k):
                changed = [[*weights[:-1], value], biases] if k == 0 else [weights, [*biases[:-1], value]]
                return loss_of(*changed, x, y)

            last = len(weights) - 1
            note = "the delta of the outputs is (A - Y) / n; dW is the transpose of the layer's input times it"
            checks.gradient(
                loss, values[-1], grads[-1][k], name=f"{name} of layer {last}", mistakes=mistakes, note=note
            )

    @pytest.mark.needs("TestGradients::test_last_layer")
    @pytest.mark.parametrize(
        ("sizes", "n"),
        [([2, 4, 1], 7), (SIZES, 7), (SIZES, 1)],
        ids=["one hidden layer", "two hidden layers", "one row"],
    )
    def test_hidden_layers(self, submission, rng, sizes, n):
        """The gradients of the hidden layers come through the weights above them"""
        weights, biases, x, y = draw_both_sides(rng, sizes, n)
        grads = pairs(made(submission, weights, biases).gradients(x, y), weights, biases)
        outputs = run(weights, biases, x)
        error = (outputs[-1] - y) / len(x)
        for i in reversed(range(len(weights) - 1)):
            inputs, a = outputs[i], outputs[i + 1]
            reused = error.sum(axis=1, keepdims=True)
            deltas = [
                (reused * a * (1 - a), "the error of the outputs is used, not what comes through the weights above"),
                (
                    reused * np.ones_like(a),
                    "the error of the outputs is used, not what comes through the weights above",
                ),
            ]
            chains = [
                (
                    chain(weights, biases, x, y, lambda a: np.ones_like(a)),
                    "the slope A (1 - A) of the hidden units is missing",
                ),
                (
                    chain(weights, biases, x, y, lambda a: sigmoid(a) * (1 - sigmoid(a))),
                    "the slope is taken of A as if it were Z: it is A (1 - A)",
                ),
                (chain(weights, biases, x, y, lambda a: a), "the slope of a sigmoid unit is A (1 - A), not A"),
                (chain(weights, biases, x, y, lambda a: 1 - a), "the slope of a sigmoid unit is A (1 - A), not 1 - A"),
                (
                    chain(weights, biases, x, y, lambda a: 1 - a**2),
                    "1 - A^2 is the slope of tanh; that of the sigmoid is A (1 - A)",
                ),
                (
                    chain(weights, biases, x, y, lambda a: a > 0.5),
                    "the slope is 1 or 0, as of a step or a ReLU; that of the sigmoid is A (1 - A)",
                ),
            ]
            for k, (name, values) in enumerate((("dW", weights), ("db", biases))):
                failed = f"gradient check fails in layer {i}"
                mistakes = [((inputs.T @ d, d.sum(axis=0))[k], f"{failed}: {text}") for d, text in deltas]
                mistakes += [(g[i][k], f"{failed}: {text}") for g, text in chains]
                mistakes.append(
                    (np.zeros_like(values[i]), f"{failed}: all zeros, nothing comes back through the layers above")
                )

                def loss(value, i=i, k=k):
                    changed = [list(weights), list(biases)]
                    changed[k][i] = value
                    return loss_of(*changed, x, y)

                note = f"{failed}: D_(l-1) = (D_l W_l^T) * A_(l-1) (1 - A_(l-1))"
                checks.gradient(loss, values[i], grads[i][k], name=f"{name} of layer {i}", mistakes=mistakes, note=note)

    @pytest.mark.needs("TestGradients::test_hidden_layers")
    def test_side_effects(self, submission, rng):
        """gradients leaves its arguments and the network as they are"""
        weights, biases, x, y = draw(rng)
        net = made(submission, weights, biases)
        checks.unchanged(net.gradients, x, y)
        after = parameters(net)
        note = "gradients only computes: the update belongs to train"
        for name, before, now in (("weights", weights, after[0]), ("biases", biases, after[1])):
            for i, (old, new) in enumerate(zip(before, now, strict=True)):
                checks.equal(new, old, name=f"net.{name}[{i}] after gradients", note=note)

    @pytest.mark.needs("TestGradients::test_hidden_layers")
    def test_data_of_the_call(self, submission, rng):
        """The gradients belong to the X of their own call"""
        weights, biases, x, y = draw(rng)
        net = made(submission, weights, biases)
        net.forward(rng.normal(size=x.shape))
        grads = pairs(net.gradients(x, y), weights, biases)
        note = "they use the layer outputs of an earlier forward: gradients must run its own forward pass"
        checks.close(grads[0][0], chain(weights, biases, x, y)[0][0], name="dW of layer 0", note=note)


def losses_of(net, x, y, epochs, lr, note="train returns the list of the losses, one for each epoch"):
    """Train, and check that one number for each epoch comes back."""
    losses = net.train(x, y, epochs, lr)
    is_list = isinstance(losses, list | tuple) or (isinstance(losses, np.ndarray) and losses.ndim == 1)
    checks.that(
        is_list and len(losses) == epochs,
        "`losses` is not a list with one loss for each epoch",
        rows=[("losses", f"list of {epochs}", f"list of {len(losses)}" if is_list else type(losses).__name__)],
        note=note,
    )
    return [checks.number(value, name=f"losses[{k}]") for k, value in enumerate(losses)]


@pytest.mark.needs("TestForward::test_values")
class TestTrain:
    @pytest.mark.parametrize(
        ("sizes", "n"), [(SIZES, 7), ([2, 4, 1], 7), (SIZES, 1)], ids=["two outputs", "one output", "one row"]
    )
    def test_losses(self, submission, rng, sizes, n):
        """The losses are the cross-entropies before each update"""
        weights, biases, x, y = draw(rng, sizes, n)
        net = made(submission, weights, biases)
        got = losses_of(net, x, y, 3, 0.0)[0]
        expected = loss_of(weights, biases, x, y)
        out = run(weights, biases, x)[-1]
        averaged = "averaged over the outputs, too: they are added, and averaged over the rows"
        if n == 1:
            averaged = "one row is squeezed: its outputs are averaged as if they were rows"
        mistakes = [
            (loss_of(weights, biases, x, y[:1]), "all rows are compared with the first row of Y"),
            (loss_of(weights, biases, x, y[::-1]), "the rows of Y belong to the rows of X in the same order"),
            (expected * len(x), "this is the sum over the rows, not the mean"),
            (expected / out.shape[1], averaged),
            (-expected, "the sign is wrong: the loss is minus the logarithm of the probability"),
            (np.mean((out - y) ** 2), "this is the mean squared error: the loss is the cross-entropy"),
            (np.mean(np.sum((out - y) ** 2, axis=1)), "this is the squared error: the loss is the cross-entropy"),
            (np.mean(np.abs(out - y)), "this is the mean absolute error: the loss is the cross-entropy"),
            (-np.mean(np.sum(y * np.log(out), axis=1)), "the second part of the loss, (1 - Y) log(1 - A), is missing"),
            (loss_of(weights, biases, x, 1 - y), "Y and 1 - Y are swapped"),
        ]
        # room for an epsilon in the logarithm
        checks.close(got, expected, name="losses[0]", rtol=1e-6, mistakes=mistakes)

    @pytest.mark.needs("TestTrain::test_losses")
    def test_sure_and_wrong(self, submission):
        """An output that is nearly 0 or 1 and wrong costs what the formula says"""
        x = np.array([[24.0], [-24.0], [24.0]])  # outputs of 4e-11: far from 0 to the last digit, and above 1e-12
        y = np.array([[0.0], [1.0], [0.0]])
        net = made(submission, [np.array([[1.0]])], [np.zeros(1)])
        mistakes = []
        for bound in (1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10):
            clip = f"the loss clips the outputs to [{bound:g}, 1 - {bound:g}]: no narrower than [1e-12, 1 - 1e-12]"
            add = f"the loss adds {bound:g} to the outputs, which is more than an output of 4e-11"
            mistakes += [(-np.log(bound), clip), (-np.log(bound + np.exp(-24.0)), add)]
        got = losses_of(net, x, y, 1, 0.0)[0]
        note = "are the outputs clipped at more than 1e-12?"
        # an epsilon of 1e-12 in the logarithm changes the loss by 0.1 %, a bound of 1e-10 by 4 %
        checks.close(got, 24.0, name="losses[0]", rtol=0.01, mistakes=mistakes, note=note)

    @pytest.mark.needs("TestTrain::test_losses", "TestGradients::test_hidden_layers")
    @pytest.mark.parametrize("scale", [1.0, 1000.0], ids=["inputs near 1", "inputs near 1000"])
    def test_step(self, submission, rng, scale):
        """One epoch subtracts lr times the gradient from every parameter"""
        weights, biases, x, y = draw(rng)
        x, weights[0] = scale * x, weights[0] / scale  # the same outputs, and a gradient as much larger
        net = made(submission, weights, biases)
        lr = 0.7
        losses_of(net, x, y, 1, lr)
        after = parameters(net)
        grads = chain(weights, biases, x, y)
        out = run(weights, biases, x)[-1]
        known = [
            (
                lr,
                chain(weights, biases, x, out - y),
                "train passes the error where the targets belong: the loss does not go to 0 on AND",
            ),
            (
                lr,
                chain(weights, biases, x, y - out),
                "train passes the error where the targets belong: the loss does not go to 0 on AND",
            ),
            (
                lr,
                updated_on_the_way(weights, biases, x, y, lr),
                "it was computed with already updated weights: all gradients come first, then the update",
            ),
            (-lr, grads, "the loss rises: subtract the gradient"),
            (1.0, grads, "lr is not used"),
            (lr / len(x), grads, "divided by n once more: the mean is in the gradient already"),
            (lr * len(x), grads, "n times too far: the gradient of the mean is meant, not of the sum"),
            (2 * lr, grads, "two steps in one epoch"),
            *clipped(grads, lr),
            (0.0, grads, "it is not trained: without a bias one unit gives 0.5 for (0, 0), and can never be NAND"),
        ]
        for i in reversed(range(len(weights))):
            for k, name in enumerate(("weights", "biases")):
                old = (weights, biases)[k][i]
                mistakes = [(old - factor * wrong[i][k], f"layer {i}: {text}") for factor, wrong, text in known]
                note = f"layer {i} must move by -lr times its gradient before the update"
                checks.close(after[k][i], old - lr * grads[i][k], name=f"net.{name}[{i}]", mistakes=mistakes, note=note)

    @pytest.mark.needs("TestTrain::test_step")
    def test_epochs(self, submission, rng):
        """Each epoch begins where the last one ended"""
        weights, biases, x, y = draw(rng)
        net = made(submission, weights, biases)
        got = losses_of(net, x, y, 6, 0.5)
        expected, weights, biases = descended(weights, biases, x, y, 6, 0.5)
        mistakes = [
            (
                np.array([*expected[1:], loss_of(weights, biases, x, y)]),
                "losses[k] is the loss before update k: these are those after it",
            ),
            (np.full(6, expected[0]), "the loss of the first epoch six times: compute it anew in each epoch"),
        ]
        note = "outputs and gradients must be computed anew in each epoch, with the parameters of the last one, and plain steps"
        checks.close(np.array(got), np.array(expected), name="losses", rtol=1e-6, mistakes=mistakes, note=note)
        after = parameters(net)
        for i, (w, b) in enumerate(zip(weights, biases, strict=True)):
            checks.close(after[0][i], w, name=f"net.weights[{i}]", rtol=1e-6, note=note)
            checks.close(after[1][i], b, name=f"net.biases[{i}]", rtol=1e-6, note=note)

    @pytest.mark.needs("TestTrain::test_epochs")
    def test_all_epochs(self, submission):
        """A network that is right already is trained for all epochs, too"""
        weights, biases = [np.array([[14.0]])], [np.zeros(1)]
        x, y = np.array([[1.0], [-1.5], [1.5]]), np.array([[1.0], [0.0], [1.0]])
        net = made(submission, weights, biases)
        lr = 1e6  # the gradient is of the order of 1e-6
        note = "the training stops early: epochs is the number of updates, however small the loss is"
        got = losses_of(net, x, y, 5, lr, note=note)
        expected, weights, biases = descended(weights, biases, x, y, 5, lr)
        updates = note = "every epoch makes its update, however small the loss is"
        if not np.isclose(got[0], expected[0], rtol=1e-4, atol=1e-11):
            note = "the loss before the first update is wrong already: outputs are nearly 0 and 1 here"
        # the errors are differences of numbers near 1; room for an epsilon in the logarithm
        checks.close(np.array(got), np.array(expected), name="losses", rtol=1e-4, atol=1e-11, note=note)
        weight, bias = (values[0] for values in parameters(net, [1, 1]))
        checks.close(weight, weights[0], name="net.weights[0]", rtol=1e-4, note=updates)
        checks.close(bias, biases[0], name="net.biases[0]", rtol=1e-4, note=updates)

    @pytest.mark.needs("TestTrain::test_losses")
    def test_finite_loss(self, submission):
        """An output of 0 or 1 that is wrong gives a finite loss"""
        net = made(submission, [np.array([[1.0]])], [np.zeros(1)])
        x, y = np.array([[900.0], [-900.0], [900.0], [-900.0]]), np.array([[0.0], [1.0], [1.0], [0.0]])
        got = losses_of(net, x, y, 1, 0.0)[0]
        note = "log(0) is infinite, and 0 times infinity is NaN: clip the output, or compute the loss from Z"
        checks.finite(got, name="losses[0]", note=note)
        # clipping at 1e-12 gives 13.8; from Z it is 450
        checks.between(
            got, 5.0, 451.0, name="losses[0]", note="two of four answers are as wrong as can be: the loss is large"
        )

    @pytest.mark.needs("TestTrain::test_step")
    def test_arguments(self, submission, rng):
        """train leaves X and Y alone"""
        weights, biases, x, y = draw(rng)
        checks.unchanged(made(submission, weights, biases).train, x, y, 3, 0.5)


def descended(weights, biases, x, y, epochs, lr):
    """Gradient descent: the losses before the updates, and the parameters after them."""
    losses = []
    for _ in range(epochs):
        losses.append(loss_of(weights, biases, x, y))
        grads = chain(weights, biases, x, y)
        weights = [w - lr * dw for w, (dw, _db) in zip(weights, grads, strict=True)]
        biases = [b - lr * db for b, (_dw, db) in zip(biases, grads, strict=True)]
    return losses, weights, biases


def clipped(grads, lr):
    """What the step becomes if the gradients are clipped: by value, by the norm of each, by the norm of all."""
    norms = [np.sqrt(np.sum(g**2)) for pair in grads for g in pair]
    everything = float(np.sqrt(np.sum(np.square(norms))))
    results = []
    for bound in (1.0, 5.0, 10.0):
        text = f"the gradients are clipped at {bound:g}: a step is lr times the gradient, however large"
        each = [tuple(np.clip(g, -bound, bound) for g in pair) for pair in grads]
        own = [tuple(g * min(1.0, bound / np.sqrt(np.sum(g**2))) for g in pair) for pair in grads]
        results += [(lr, each, text), (lr, own, text), (lr * min(1.0, bound / everything), grads, text)]
    return results


def updated_on_the_way(weights, biases, x, y, lr):
    """What the gradients are if each layer is updated before the delta goes through it."""
    outputs = run(weights, biases, x)
    delta = (outputs[-1] - y) / len(x)
    grads = []
    for w, a in zip(weights[::-1], outputs[-2::-1], strict=True):
        grads.insert(0, (a.T @ delta, delta.sum(axis=0)))
        delta = (delta @ (w - lr * grads[0][0]).T) * a * (1.0 - a)
    return grads


@pytest.mark.needs("TestTrain::test_epochs", "TestForward::test_predict")
class TestXor:
    def test_solved(self, submission):
        """The network computes XOR, for every generator"""
        failed, hidden = [], []
        for seed in range(12):  # the same twelve for everybody: a network that often gets stuck must not pass by luck
            net = is_network(submission.xor_network(checks.generator(seed)))
            classes = net.predict(XOR_X)
            checks.array(classes, name="net.predict(XOR_X)", shape=(4, 1))
            if not np.array_equal(classes, XOR_Y):
                failed.append(classes.ravel().tolist())
            hidden = [len(w[0]) for w in first_arrays(net)[:-1]]
        words = {
            0: "a network without a hidden layer draws one straight line, and no line parts XOR",
            1: "one hidden unit draws one straight line, and no line parts XOR: it needs two or more",
            2: "two hidden units are enough for XOR, but about one start in four gets stuck: take more, or start again",
            3: "with three hidden units about one start in twenty gets stuck: take more, or start again",
        }
        width = min(hidden, default=0)
        note = words.get(width, "is it trained for long enough, with a learning rate that is not too small?")
        rows = [("networks that compute XOR", "12 of 12", f"{12 - len(failed)} of 12")]
        facts = [
            ("first wrong one", f"{failed[0] if failed else ''}, expected [0, 1, 1, 0]"),
            ("hidden units", str(hidden)),
        ]
        checks.that(not failed, "XOR is not learned", rows=rows, facts=facts, note=note)

    def test_generator(self, submission):
        """All randomness comes from rng"""
        nets = [is_network(submission.xor_network(checks.generator(seed))) for seed in (3, 3, 4)]
        first, again, other = (first_arrays(net)[0] for net in nets)
        note = "two generators in the same state give different networks: draw from rng only"
        checks.equal(again, first, name="net.weights[0]", note=note)
        note = "two generators give the same network: rng is not used"
        checks.that(not np.array_equal(first, other), "the network does not depend on rng", note=note)


def first_arrays(net):
    """The weights of a network of unknown size."""
    weights = net.get("weights")
    fine = isinstance(weights, list | tuple) and weights and all(np.ndim(w) == 2 and np.size(w) for w in weights)
    checks.that(fine, "`net.weights` is not a list of matrices")
    return weights
