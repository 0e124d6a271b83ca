"""Hidden suite of activations-stable: values, far-out inputs without warnings, derivatives, manners."""

import numpy as np
import pytest

from grader import checks

# In float64 every right form is within 2e-14 of the exact value, but for a log-softmax that adds the maximum to the log
# of the sum: that loses as much as a rounding error of the maximum. In float32 the worst right form is off by 2e-6.
TIGHT = {"rtol": 1e-10, "atol": 1e-10}
SINGLE = {"rtol": 1e-5, "atol": 1e-5}

# Beyond 88.7 exp overflows in float32, beyond 709.8 in float64, beyond 11356 in an 80-bit long double.
FAR = np.array([100.0, 1000.0, 20000.0, np.inf])

OUTWARDS = "right near 0, off further out: a bound on x, or a limit that is taken too early"


# The definitions, for inputs that are not far out.
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def leaky(x, alpha=0.01):
    return np.where(x > 0, x, alpha * x)


def softmax(x, axis=-1):
    e = np.exp(x)
    return e / np.sum(e, axis=axis, keepdims=True)


def log_softmax(x, axis=-1):
    return x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True))


def draw(rng, *fixed):
    """A (2, 4) array in [-6, 6] that begins with the fixed values; the drawn ones stay 0.05 away from 0.

    It has both signs within 1 of 0, where a wrong threshold shows, and eight entries, which a report shows in full.
    """
    x = rng.uniform(0.05, 6, (2, 4)) * rng.permuted([-1.0, 1.0] * 4).reshape(2, 4)
    x.flat[: len(fixed)] = fixed
    x.flat[-2:] = rng.uniform(0.05, 0.9), -rng.uniform(0.05, 0.9)
    return x


def draw_outwards(rng):
    """A (2, 8) array from +-6 to +-30, where sigmoid and tanh are almost, but not yet, flat."""
    steps = np.array([6, 7, 8.5, 10, 11.5, 14, 18, 22, 30])
    return rng.uniform(steps[:-1], steps[1:], (2, 8)) * [[1], [-1]]


def of_logs(row, tolerance):
    """The tolerance of a log-softmax: the absolute part grows with the largest finite logit of the row."""
    return {**tolerance, "atol": tolerance["atol"] * max(1.0, float(np.abs(row[np.isfinite(row)]).max()))}


def check_axis(remote, function, x, axis):
    """Checks softmax or log-softmax along an axis, or along the last one by default."""
    args = () if axis == "default" else (axis,)
    right = range(x.ndim)[-1 if axis == "default" else axis]
    sentence = "the probabilities do not sum to 1 along the " + (
        "last axis, the default" if axis == "default" else f"requested axis {axis}"
    )
    checks.close(
        remote(x, *args),
        function(x, right),
        name=f"{function.__name__}(x{''.join(f', axis={k}' for k in args)})",
        **TIGHT,
        mistakes=[(function(x, k), f"{sentence}, but along axis {k}") for k in range(x.ndim) if k != right],
        note=sentence,
    )


def listen(submission, *call):
    """Calls a function of the submission: its result, what NumPy warned about, whether settings changed."""
    function = getattr(submission.support.listener(), call[0])
    return checks.unpack(function(*call[1:]), "result", "warnings", "changed")


def quiet(said, changed, name, note):
    """Fails if NumPy warned during the call, or if the call changed the settings of its caller."""
    facts = [("NumPy said", text) for text in list(dict.fromkeys(said))[:3]]
    checks.that(not said, f"`{name}` lets NumPy warn", facts=facts, note=note)
    checks.that(
        not changed,
        f"`{name}` changes settings that belong to its caller",
        note="NumPy's error settings or the warning filters differ after the call: silence lines in a block "
        "`with np.errstate(...)`, which puts them back",
    )


def far_out(submission, call, dtype, low, high, name):
    """Checks a call far on the left, where results are `low`, and far on the right, where they are `high`.

    The two sides are called apart, so that the note can say which one overflows.
    """
    tolerance = SINGLE if dtype == "float32" else TIGHT
    far = FAR.astype(dtype)
    noisy = {side: bool(listen(submission, *call, x)[1]) for side, x in (("left", -far), ("right", far))}
    for side, x, limit in (("left", -far, low), ("right", far, high)):
        got, said, changed = listen(submission, *call, x)
        if all(noisy.values()):
            note = (
                "it overflows on both sides: either both branches are computed for every x, also the one that is "
                "thrown away (np.where does that), or one formula holds exponentials of both signs"
            )
        elif any("overflow" in text for text in said):
            note = f"overflow in {dtype} at x = {x[1]:g}: use a form whose exponent is never positive"
        else:
            note = "an operation has no result, such as inf - inf, inf / inf or 0 * inf" if said else ""
        full = np.full(len(x), limit)
        checks.close(got, full, name=f"{name}, far {side}", **tolerance, note=note)
        quiet(said, changed, name, note)
    x = np.array([-1e30, 1e30], dtype)
    got, said, changed = listen(submission, *call, x)
    overflow = any("overflow" in text for text in said)
    note = f"quiet at x = 20000, not at 1e30: a power of x overflows in {dtype}" if overflow else ""
    checks.close(got, np.array([low, high]), name=f"{name} at -1e30 and 1e30", **tolerance, note=note)
    quiet(said, changed, name, note)


class TestSigmoid:
    def test_values(self, submission, rng):
        """sigmoid(x) = 1 / (1 + exp(-x))"""
        x = draw(rng, -3.0, -1.0, 0.0, 2.0)
        s = sigmoid(x)
        checks.close(
            submission.sigmoid(x),
            s,
            name="sigmoid(x)",
            **TIGHT,
            mistakes=[
                (sigmoid(-x), "this is sigmoid(-x): the exponent has the wrong sign"),
                (sigmoid(2 * x), "this is sigmoid(2 x): with a tanh form, the argument of tanh is x / 2"),
                (np.tanh(x), "this is tanh(x), between -1 and 1; sigmoid lies between 0 and 1"),
                (np.clip(0.2 * x + 0.5, 0, 1), "this is the hard sigmoid, a piecewise linear approximation"),
                (np.clip(x / 6 + 0.5, 0, 1), "this is the hard sigmoid, a piecewise linear approximation"),
                (s * (1 - s), "this is the derivative of the sigmoid"),
                (np.log(s), "this is log(sigmoid(x))"),
            ],
        )
        x = draw_outwards(rng)
        checks.close(submission.sigmoid(x), sigmoid(x), name="sigmoid(x)", **TIGHT, note=OUTWARDS)

    @pytest.mark.needs("TestSigmoid::test_values")
    @pytest.mark.parametrize("dtype", ["float64", "float32"])
    def test_far_out(self, submission, dtype):
        """Far from 0 the sigmoid is 0 or 1, and NumPy has nothing to warn about"""
        far_out(submission, ["sigmoid"], dtype, 0.0, 1.0, "sigmoid(x)")

    @pytest.mark.needs("TestSigmoid::test_values")
    def test_left_tail(self, submission, rng):
        """On the left the sigmoid is small, and its digits are right"""
        for x in (-rng.uniform(30, 80, 7), draw_outwards(rng)[1]):
            got = submission.sigmoid(x)
            expected = sigmoid(x)
            note = "the left tail is lost: 1 - sigmoid(-x), and forms with tanh, cancel to 0; "
            note += "a bound on x, or an epsilon, cuts the tail off."
            if isinstance(got, np.ndarray) and got.shape == x.shape and np.allclose(got, expected, rtol=1e-2, atol=0):
                note = "the left tail is almost right: exp(x), for one, is not yet the sigmoid here"
            checks.close(got, expected, name="sigmoid(x)", rtol=1e-10, atol=0.0, note=note)


class TestTanh:
    def test_values(self, submission, rng):
        """tanh(x) = (exp(x) - exp(-x)) / (exp(x) + exp(-x))"""
        x = draw(rng, -3.0, -1.0, 0.0, 2.0)
        t = np.tanh(x)
        checks.close(
            submission.tanh(x),
            t,
            name="tanh(x)",
            **TIGHT,
            mistakes=[
                (np.tanh(x / 2), "this is tanh(x / 2): tanh(x) is 2 sigmoid(2 x) - 1, with 2 x inside"),
                (np.tanh(2 * x), "this is tanh(2 x)"),
                (sigmoid(x), "this is sigmoid(x); tanh lies between -1 and 1"),
                (sigmoid(2 * x), "this is sigmoid(2 x), before it is stretched to the range from -1 to 1"),
                (np.abs(t), "this is |tanh(x)|: tanh is odd, it has the sign of x"),
                (np.clip(x, -1, 1), "this is the hard tanh, a piecewise linear approximation"),
                (1 - t**2, "this is the derivative of tanh"),
            ],
        )
        x = draw_outwards(rng)
        checks.close(submission.tanh(x), np.tanh(x), name="tanh(x)", **TIGHT, note=OUTWARDS)

    @pytest.mark.needs("TestTanh::test_values")
    @pytest.mark.parametrize("dtype", ["float64", "float32"])
    def test_far_out(self, submission, dtype):
        """Far from 0 tanh is -1 or 1, and NumPy has nothing to warn about"""
        far_out(submission, ["tanh"], dtype, -1.0, 1.0, "tanh(x)")


class TestRelu:
    def test_relu(self, submission, rng):
        """relu(x) keeps what is positive and puts 0 elsewhere"""
        x = draw(rng, -3.0, 0.0, 2.0, 8.0)
        out = np.where(x > 0, x, 0.0)
        got = submission.relu(x)
        reduced = "np.max takes the largest entry along an axis; np.maximum compares elementwise"
        checks.close(
            got,
            out,
            name="relu(x)",
            **TIGHT,
            mistakes=[
                (x.max(axis=0), reduced),
                (x.max(axis=-1), reduced),
                (x.max(), reduced),
                (np.abs(x), "this is |x|"),
                (np.minimum(x, 0), "this keeps the negative half"),
                (np.minimum(out, 6), "this is ReLU6: relu has no upper bound"),
                (np.minimum(out, 1), "this is cut off at 1: relu has no upper bound"),
                (leaky(x), "this is the leaky ReLU"),
                ((x > 0).astype(float), "this is the derivative of relu"),
            ],
        )

    @pytest.mark.needs("TestRelu::test_relu")
    def test_relu_infinite(self, submission):
        """At minus infinity relu is 0, at infinity it is infinite"""
        x = np.array([-np.inf, -1000.0, 1000.0, np.inf])
        got, said, changed = listen(submission, "relu", x)
        note = "relu(-inf) is NaN when x is multiplied by a mask: -inf * 0; use a maximum"
        if isinstance(got, np.ndarray) and not np.isnan(got).any():
            note = "relu has no upper bound, and is 0 on the left"
        checks.close(got, np.array([0.0, 0.0, 1000.0, np.inf]), name="relu(x)", **TIGHT, note=note)
        quiet(said, changed, "relu", "relu needs no operation that NumPy could warn about: use a maximum")

    def test_leaky(self, submission, rng):
        """leaky_relu(x) is x on the right and alpha x on the left"""
        x = draw(rng, -3.0, 0.0, 2.0)
        alpha = round(rng.uniform(0.1, 0.4), 2)
        for args, name in (((), "leaky_relu(x)"), ((alpha,), f"leaky_relu(x, {alpha})")):
            slope = args[0] if args else 0.01
            mistakes = [
                (np.maximum(x, 0), "this is relu: on the left it should have the slope alpha"),
                (slope * x, "this is alpha x everywhere: on the right it should be x"),
                (np.where(x > 0, x, -slope * x), "on the left the sign is wrong: alpha x is negative there"),
                (np.where(x > 0, x, slope), "on the left this is alpha, not alpha x"),
                (np.where(x > 0, x, slope * np.expm1(x)), "this is the ELU: on the left, alpha (exp(x) - 1)"),
                (np.where(x > 0, slope * x, x), "the two sides are exchanged"),
                (np.where(x > 0, x, x / slope), "on the left this is x / alpha, not alpha x"),
            ]
            if args:
                mistakes.append((leaky(x), "the argument alpha is ignored: the slope is still 0.01"))
            else:
                mistakes += [
                    (leaky(x, other), f"alpha is {other} by default here; the statement says 0.01")
                    for other in (0.1, 0.2, 0.3, 0.001)
                ]
            got = submission.leaky_relu(x, *args)
            checks.close(got, leaky(x, slope), name=name, **TIGHT, mistakes=mistakes)

    @pytest.mark.needs("TestRelu::test_leaky")
    def test_leaky_infinite(self, submission):
        """leaky_relu is infinite at both ends, with the sign of x"""
        x = np.array([-np.inf, -1000.0, 1000.0, np.inf])
        got, said, changed = listen(submission, "leaky_relu", x)
        expected = np.array([-np.inf, -10.0, 1000.0, np.inf])
        note = "leaky_relu is NaN at infinity when masked parts are added: inf * 0; choose x or alpha x instead"
        if isinstance(got, np.ndarray) and not np.isnan(got).any():
            note = "leaky_relu has no bound on either side"
        checks.close(got, expected, name="leaky_relu(x)", **TIGHT, note=note)
        quiet(said, changed, "leaky_relu", "leaky_relu needs no operation that NumPy could warn about")


class TestSoftmax:
    def test_values(self, submission, rng):
        """softmax(x) = exp(x) / sum(exp(x)) in each row"""
        x = rng.normal(0, 2, (2, 4))
        e = np.exp(x)
        checks.close(
            submission.softmax(x),
            softmax(x),
            name="softmax(x)",
            **TIGHT,
            mistakes=[
                (e / e.sum(), "rows do not sum to 1: the sum runs over the whole array, not over each row"),
                (softmax(x, 0), "rows do not sum to 1: the columns do; the default axis is the last one"),
                (e, "this is exp(x), not divided by its sum"),
                (np.exp(x - x.max(-1, keepdims=True)), "this is exp(x - max), not divided by its sum"),
                (x / x.sum(-1, keepdims=True), "the exponential is missing"),
                (log_softmax(x), "this is log(softmax(x))"),
                (sigmoid(x), "this is the sigmoid of each entry: rows do not sum to 1"),
                (softmax(-x), "this is softmax(-x): the largest logit should get the largest probability"),
            ],
        )

    @pytest.mark.needs("TestSoftmax::test_values")
    @pytest.mark.parametrize("axis", [0, 1, -2, 2, "default"])
    def test_axis(self, submission, rng, axis):
        """Probabilities sum to 1 along the axis that the caller names, by default the last"""
        check_axis(submission.softmax, softmax, rng.normal(0, 2, (2, 3, 5)), axis)

    @pytest.mark.needs("TestSoftmax::test_values")
    @pytest.mark.parametrize("dtype", ["float64", "float32"])
    def test_large_logits(self, submission, rng, dtype):
        """A constant added to a row changes nothing, however large it is"""
        tolerance = SINGLE if dtype == "float32" else TIGHT
        x = rng.integers(-256, 256, (4, 2)) / 64  # adding a whole number to these is exact, in float32 as well
        level = np.array([[1000.0], [-1000.0], [0.0], [20000.0]])
        got, said, changed = listen(submission, "softmax", (x + level).astype(dtype))
        alike = isinstance(got, np.ndarray) and got.shape == x.shape
        added_back = "the maximum is added to the log of the sum, and swallows its digits: subtract it from x first"
        if alike and np.isnan(got[3]).any():
            note = "NaN at logits 1000: shift by the row maximum first"
        elif alike and np.allclose(got, softmax(x), rtol=0, atol=0.01):
            note = added_back
        else:
            note = (
                "subtract the maximum of each row: minus that of the whole array, or minus the largest |x|, "
                "a low row underflows to 0 / 0"
            )
        checks.close(got, softmax(x), name="softmax(x)", **tolerance, note=note)
        quiet(said, changed, "softmax", "overflow at logits 1000: shift by the row maximum first")
        for row, expected, note in (
            ([1000, 0, -1000, -1000], [1, 0, 0, 0], "subtract the maximum: a logit far above the mean still overflows"),
            ([-1e30, -5e29, -1e30], [0, 1, 0], "logits may be as low as -1e30: a mask of -1e9 lies above them"),
            ([1e30, -1e30, 1e30], [0.5, 0, 0.5], added_back),
        ):
            got, said, changed = listen(submission, "softmax", np.array([row], dtype))
            name = f"softmax([{row}])"
            mistakes = [(np.array([[1.0, 0.0, 1.0]]), added_back)]
            checks.close(got, np.array([expected], float), name=name, **tolerance, mistakes=mistakes, note=note)
            quiet(said, changed, "softmax", note)

    @pytest.mark.needs("TestSoftmax::test_large_logits")
    def test_masked(self, submission, rng):
        """A logit of minus infinity gets probability 0, and the rest of its row stays right"""
        x = rng.normal(0, 2, (2, 4))
        x[[0, 1, 1], [2, 0, 3]] = -np.inf
        got, said, changed = listen(submission, "softmax", x)
        note = "the row with -inf is NaN: subtract the maximum, which is finite; the mean is not"
        checks.close(got, softmax(x), name="softmax(x)", **TIGHT, note=note)
        quiet(said, changed, "softmax", "-inf - (-inf) is invalid: subtract the maximum, which is finite")


class TestLogSoftmax:
    def test_values(self, submission, rng):
        """log_softmax(x) = x - log(sum(exp(x))) in each row"""
        x = rng.normal(0, 2, (2, 4))
        top = x.max(-1, keepdims=True)
        checks.close(
            submission.log_softmax(x),
            log_softmax(x),
            name="log_softmax(x)",
            **TIGHT,
            mistakes=[
                (log_softmax(x) + top, "the maximum left the sum but not x: subtract it on both sides"),
                (log_softmax(x) - top, "the maximum is subtracted twice"),
                (x - top, "the log of the sum is missing"),
                (np.log2(softmax(x)), "this is the logarithm to base 2"),
                (np.log10(softmax(x)), "this is the logarithm to base 10"),
                (softmax(x), "this is softmax(x), not its logarithm"),
                (x - np.log(np.exp(x).sum()), "the sum runs over the whole array, not along the last axis"),
                (log_softmax(x, 0), "the sum runs along the first axis; the default axis is the last one"),
                (np.broadcast_to(x - log_softmax(x), x.shape), "this is the log of the sum alone, without x"),
            ],
            note="no epsilon belongs into the logarithm, and no bound on the result",
        )

    @pytest.mark.needs("TestLogSoftmax::test_values")
    @pytest.mark.parametrize("axis", [0, 1, -2, 2, "default"])
    def test_axis(self, submission, rng, axis):
        """The probabilities behind it sum to 1 along the axis that the caller names, by default the last"""
        check_axis(submission.log_softmax, log_softmax, rng.normal(0, 2, (2, 3, 5)), axis)

    @pytest.mark.needs("TestLogSoftmax::test_values")
    @pytest.mark.parametrize("dtype", ["float64", "float32"])
    def test_large_logits(self, submission, dtype):
        """Logits far apart, and far from 0, give finite logarithms"""
        tolerance = SINGLE if dtype == "float32" else TIGHT
        x = np.array([[1000.0, 0.0], [-1000.0, -1000.0], [1001.0, 1000.0], [0.0, -20000.0]])
        rest = -np.log1p(np.exp(-1))
        expected = np.array([[0.0, -1000.0], [-np.log(2)] * 2, [rest, rest - 1], [0.0, -20000.0]])
        got, said, changed = listen(submission, "log_softmax", x.astype(dtype))
        note = "log of an underflowed 0: compute log-softmax directly with log-sum-exp"
        if isinstance(got, np.ndarray) and got.shape == x.shape:
            if np.isfinite(got).all():
                note = "the logarithm is cut off: an epsilon or a bound hides an underflowed 0"
            elif not np.isfinite(got[0]).any():
                note = "not finite at logits 1000: shift by the row maximum first"
            elif not np.isfinite(got[1]).any():
                note = "minus the maximum of the whole array a low row underflows: each row has its own maximum"
            elif any("overflow" in text for text in said):
                note = "exp overflows in a row that is far apart: subtract its maximum, not its mean"
        checks.array(got, name="log_softmax(x)", shape=x.shape, note=note)
        for i, row in enumerate(x):
            checks.close(got[i], expected[i], name=f"log_softmax(x)[{i}]", **of_logs(row, tolerance), note=note)
        quiet(said, changed, "log_softmax", note)
        tie = np.log(2)
        lost = np.array([[-tie, -tie, -1000]])
        for row, expected, note in (
            ([1000, 1000, 0], [-tie, -tie, -1000 - tie], "the log of the sum belongs to each logit of its row"),
            ([-1e30, -5e29, -1e30], [-5e29, 0, -5e29], "logits may be as low as -1e30: a mask of -1e9 lies above them"),
            ([1e30, -1e30, 1e30], [-tie, -2e30, -tie], "logits of 1e30 are legal, so -2e30 is a log-probability"),
        ):
            x = np.array([row], dtype)
            got, said, changed = listen(submission, "log_softmax", x)
            mistakes = [(lost, "where the probability underflows to 0, the log of the sum is missing")]
            allowed = of_logs(x, tolerance)
            checks.close(
                got, np.array([expected]), name=f"log_softmax([{row}])", **allowed, mistakes=mistakes, note=note
            )
            quiet(said, changed, "log_softmax", note)

    @pytest.mark.needs("TestLogSoftmax::test_large_logits")
    def test_masked(self, submission, rng):
        """A logit of minus infinity stays minus infinity, and the rest of its row stays right"""
        x = rng.normal(0, 2, (2, 4))
        x[[0, 1, 1], [2, 0, 3]] = -np.inf
        expected = x - np.log(np.exp(x).sum(-1, keepdims=True))
        got, said, changed = listen(submission, "log_softmax", x)
        note = "a logit of -inf has log-probability -inf: shift by the maximum, which stays finite"
        checks.close(got, expected, name="log_softmax(x)", **TIGHT, note=note)
        quiet(said, changed, "log_softmax", note)


class TestGradients:
    def test_sigmoid(self, submission, rng):
        """The derivative of the sigmoid, at the pre-activation"""
        x = draw(rng, 0.0, -3.0, 2.0)
        s = sigmoid(x)
        ss = sigmoid(s)
        checks.close(
            submission.activation_grad("sigmoid", x),
            0.25 / np.cosh(x / 2) ** 2,  # the same derivative by another identity; 0.25 at 0
            name='activation_grad("sigmoid", x)',
            **TIGHT,
            mistakes=[
                (x * (1 - x), "derivative is taken at the output; the contract passes the pre-activation"),
                (ss * (1 - ss), "the sigmoid is applied twice before the derivative is taken"),
                (s, "this is sigmoid(x), not its derivative"),
                (1 - s, "this is 1 - s, a factor s = sigmoid(x) is missing"),
                (s * (1 + s), "the sign is wrong: s (1 - s), not s (1 + s)"),
                (1 - s**2, "this is the rule of tanh, 1 - s^2; the sigmoid has s (1 - s)"),
                (s - s**3, "this is s (1 - s^2); the sigmoid has s (1 - s)"),
            ],
        )
        x = draw_outwards(rng)
        got = submission.activation_grad("sigmoid", x)
        checks.close(got, 0.25 / np.cosh(x / 2) ** 2, name='activation_grad("sigmoid", x)', **TIGHT, note=OUTWARDS)

    def test_tanh(self, submission, rng):
        """The derivative of tanh, at the pre-activation"""
        x = draw(rng, 0.0, -3.0, 2.0)
        t = np.tanh(x)
        s = sigmoid(x)
        checks.close(
            submission.activation_grad("tanh", x),
            1 / np.cosh(x) ** 2,
            name='activation_grad("tanh", x)',
            **TIGHT,
            mistakes=[
                (1 - x**2, "tanh: derivative is taken at the output; the contract passes the pre-activation"),
                (1 - np.tanh(t) ** 2, "tanh is applied twice before the derivative is taken"),
                (t, "this is tanh(x), not its derivative"),
                (1 - t, "the square is missing: 1 - t^2 with t = tanh(x)"),
                (1 + t**2, "the sign is wrong: 1 - t^2, not 1 + t^2"),
                (t * (1 - t), "this is the rule of the sigmoid, t (1 - t); tanh has 1 - t^2"),
                (s * (1 - s), "this is the derivative of the sigmoid"),
            ],
        )
        x = draw_outwards(rng)
        got = submission.activation_grad("tanh", x)
        checks.close(got, 1 / np.cosh(x) ** 2, name='activation_grad("tanh", x)', **TIGHT, note=OUTWARDS)

    def test_slopes(self, submission, rng):
        """On each side of 0, relu and leaky_relu have one slope"""
        x = draw(rng, -3.0, 2.0)
        for name, low in (("relu", 0.0), ("leaky_relu", 0.01)):
            got = submission.activation_grad(name, x)
            is_mask = isinstance(got, np.ndarray) and got.dtype.kind in "biu"
            checks.close(
                got,
                np.where(x > 0, 1.0, low),
                name=f'activation_grad("{name}", x)',
                **TIGHT,
                note="a mask is not yet a slope: give it the dtype of x" if is_mask else "",
                mistakes=[
                    (leaky(x, low), f"this is {name}(x), not its derivative"),
                    (np.where(x > 0, x, low), "on the right this is x, not the slope 1"),
                    (np.where(x > 0, 1.0, 0.01 - low), f"on the left the slope of {name} is {low:g}"),
                    (np.where(x > 0, 1.0, -low), "on the left the sign of the slope is wrong"),
                    (np.where(x > 0, 1.0, low * x), "on the left this is alpha x, not the slope alpha"),
                    (np.where(x > 0, low, 1.0), "the two sides are exchanged"),
                    (np.ones_like(x), "the slope on the left is missing"),
                    (np.sign(x), "this is the sign of x"),
                ],
            )

    @pytest.mark.needs("TestGradients::test_slopes")
    def test_at_zero(self, submission):
        """At 0, relu and leaky_relu have the slope of their left side"""
        x = np.array([0.0, -0.0])
        for name, low in (("relu", 0.0), ("leaky_relu", 0.01)):
            checks.close(
                submission.activation_grad(name, x),
                np.full(2, low),
                name=f'activation_grad("{name}", x)',
                **TIGHT,
                mistakes=[
                    (np.ones(2), f"at x = 0 the slope is {low:g}, not 1: compare with >, not with >="),
                    (np.full(2, 0.5), f"at x = 0 the slope is {low:g}, not 0.5"),
                    (np.full(2, (1 + low) / 2), f"at x = 0 the slope is {low:g}, not the mean of both sides"),
                    (np.zeros(2), f"at x = 0 the slope of {name} is {low:g}, not 0"),
                ],
            )

    @pytest.mark.parametrize("dtype", ["float64", "float32"])
    @pytest.mark.parametrize(
        "name",
        [
            pytest.param("sigmoid", marks=pytest.mark.needs("TestGradients::test_sigmoid")),
            pytest.param("tanh", marks=pytest.mark.needs("TestGradients::test_tanh")),
            pytest.param("relu", marks=pytest.mark.needs("TestGradients::test_slopes")),
            pytest.param("leaky_relu", marks=pytest.mark.needs("TestGradients::test_slopes")),
        ],
    )
    def test_far_out(self, submission, name, dtype):
        """Far from 0 the derivatives are flat, and NumPy has nothing to warn about"""
        low = 0.01 if name == "leaky_relu" else 0.0
        high = 0.0 if name in ("sigmoid", "tanh") else 1.0
        call = ["activation_grad", name]
        far_out(submission, call, dtype, low, high, f'activation_grad("{name}", x)')

    def test_unknown_name(self, submission):
        """Another name is a ValueError"""
        for name in ("gelu", "Sigmoid", "softmax"):
            note = f'"{name}": a name that is none of the four must raise ValueError'
            checks.raises(submission.activation_grad, name, np.array([-1.0, 2.0]), error="ValueError", note=note)


ELEMENTWISE = [
    ("sigmoid",),
    ("tanh",),
    ("relu",),
    ("leaky_relu",),
    ("activation_grad", "sigmoid"),
    ("activation_grad", "tanh"),
    ("activation_grad", "relu"),
    ("activation_grad", "leaky_relu"),
]
ALL = [*ELEMENTWISE, ("softmax",), ("log_softmax",)]
INTEGERS = ["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"]


def apply(submission, call, x):
    return getattr(submission, call[0])(*call[1:], x)


def label(call, x="x"):
    return f'activation_grad("{call[1]}", {x})' if len(call) > 1 else f"{call[0]}({x})"


class TestManners:
    @pytest.mark.parametrize("dtype", ["float32", "float64", *INTEGERS])
    def test_dtype(self, submission, rng, dtype):
        """float32 stays float32, and any integers give float64, with the same values"""
        x = rng.uniform(1, 5, (2, 3)) * [1, 1 if dtype.startswith("u") else -1, 1]
        x = x.astype(dtype)
        if dtype in INTEGERS:
            x[1, :2] = np.iinfo(dtype).min, np.iinfo(dtype).max
        tolerance = SINGLE if dtype == "float32" else TIGHT
        kept = dtype in ("float32", "float64")
        result = np.dtype(dtype if kept else "float64")
        for call in ALL:
            # The yardstick is the submission itself in float64, so that a mistake is not explained twice.
            wide = checks.array(apply(submission, call, x.astype(np.float64)), name=label(call))
            note = f"{dtype} should stay {dtype}" if kept else f"convert {dtype} to float64 before you compute"
            if not kept and wide.dtype != np.float64:
                note = f"of float64 this gives {wide.dtype}: the result has the dtype of x, and float64 for integers"
            got = apply(submission, call, x)
            checks.close(got, wide, name=label(call), dtype=result, **tolerance, note=note)

    @pytest.mark.parametrize("rank", ["rank 0", "rank 0, float32", "rank 1", "a transpose", "no entries"])
    def test_shape(self, submission, rng, rank):
        """The result has the shape of x, also when x is one number, one row, a transpose, or holds nothing"""
        if rank.startswith("rank 0"):
            dtype, tolerance = ("float32", SINGLE) if "float32" in rank else ("float64", TIGHT)
            for call in ELEMENTWISE:
                one = checks.array(apply(submission, call, np.array([-1.5], dtype)), name=label(call), shape=(1,))
                got = apply(submission, call, np.array(-1.5, dtype))
                note = f"one number in, one number out, and {dtype} stays {dtype}."
                checks.close(got, one[0], name=label(call), dtype=dtype, **tolerance, note=note)
        elif rank == "rank 1":
            x = rng.uniform(1, 3, 5) * [1, -1, 1, -1, 1]
            for call in ALL:
                row = checks.array(apply(submission, call, x[None]), name=label(call), shape=(1, 5))
                note = "rank 1: one row alone gives what it gives as the row of a matrix"
                checks.close(apply(submission, call, x), row[0], name=label(call), **TIGHT, note=note)
        elif rank == "a transpose":
            x = rng.uniform(1, 3, (2, 3)) * [1, -1, 1]
            for call in ALL:
                plain = checks.array(apply(submission, call, x), name=label(call), shape=x.shape)
                note = "x is a transpose: reshape and ravel of it, and of arrays made like it, give copies, no views"
                got = submission.support.of_transpose(*call, x)
                checks.close(got, plain, name=label(call), **TIGHT, note=note)
        else:
            x = np.zeros((0, 3))
            for call in ALL:
                note = "an array of shape (0, 3) gives floats of shape (0, 3)"
                checks.close(apply(submission, call, x), x, name=label(call), note=note)

    @pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
    def test_unchanged(self, submission, rng, dtype):
        """The input is left as it was"""
        for call in ALL:
            x = draw(rng, -3.0, 0.0, 2.0).astype(dtype)
            checks.unchanged(getattr(submission, call[0]), *call[1:], x)
