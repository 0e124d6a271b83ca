"""Hidden suite of `gradient-check`.

Expected values: by hand. On a quadratic the central difference is the gradient, on c x^3 it is 3 c x^2 + c h^2, and the
network's gradient comes from its backward pass, into which the mistakes are planted here.
"""

import numpy as np
import pytest

from grader import checks
from grader.failure import Failed

ENTRY = ("ok", "max_rel_error", "worst_index")


def quadratic_case(rng, shape=(3, 4)):
    """A point, and a quadratic that couples all its entries: matrix, slope."""
    size = int(np.prod(shape))
    return rng.normal(size=shape), rng.normal(size=(size, size)), rng.normal(size=size)


def quadratic_gradient(x, matrix, slope):
    return ((matrix + matrix.T) @ x.reshape(-1) + slope).reshape(x.shape)


def one_sided(x, matrix, h):
    """What a step of h to one side adds to the gradient: half the second derivative, times h."""
    return (h * np.diag(matrix)).reshape(x.shape)


def case_for_doubles(rng, h):
    """A quadratic and a point where an array in float32 shows: in one draw of ten it is right by accident."""
    for _ in range(100):
        x, matrix, slope = quadratic_case(rng)
        exact = quadratic_gradient(x, matrix, slope)
        lost = np.abs(in_single(x, matrix, slope, h) - exact)
        if (lost > 3.0 * (1e-7 * np.abs(exact) + 1e-9 * np.abs(exact).max())).any():  # three times the tolerance
            return x, matrix, slope
    raise RuntimeError("no draw is as this case needs it")


def in_single(x, matrix, slope, h):
    """Central differences around a point that is held in float32."""
    u, grad = x.reshape(-1).astype(np.float32), np.empty(x.size)

    def f(moved):
        v = moved.astype(float)
        return v @ matrix @ v + slope @ v

    for i in range(x.size):
        above, below = u.copy(), u.copy()
        above[i] += h
        below[i] -= h
        grad[i] = (f(above) - f(below)) / (2 * h)
    return grad.reshape(x.shape)


def left_behind(x, matrix, slope, shift):
    """Central differences when each entry stays where its own two calls left it."""
    point, grad = x.copy(), np.empty(x.shape)
    for index in np.ndindex(x.shape):
        grad[index] = quadratic_gradient(point, matrix, slope)[index]
        point[index] += shift
    return grad


def many_scales(rng, shape):
    """Numbers of many binary orders: some of them do not survive + h - 2h + h."""
    return rng.normal(size=shape) * 2.0 ** (np.arange(np.prod(shape)).reshape(shape) % 13 - 6)


def same_bits(name, expected, got, note):
    """Check that an argument is as it was, its dtype too; NaN is equal to NaN."""
    got = checks.array(got, name=name, shape=expected.shape, dtype=expected.dtype, note=note)
    differ = (got != expected) & ~(np.isnan(got) & np.isnan(expected))
    shown = []
    if differ.any():
        index = tuple(int(i) for i in np.argwhere(differ)[0])
        place = f"{name}[{', '.join(map(str, index))}]" if index else name
        shown = [(place, repr(float(expected[index])), repr(float(got[index])))]
    checks.that(not differ.any(), f"`{name}` is changed after the call", rows=shown, note=note)


class TestNumericalGradient:
    def test_quadratic(self, submission, rng):
        """On a quadratic the central difference is the gradient, whatever the step"""
        h = 0.25
        x, matrix, slope = case_for_doubles(rng, h)
        grad = submission.numerical_grad(submission.support.quadratic(matrix, slope), x, h)
        exact = quadratic_gradient(x, matrix, slope)
        forward = "the forward difference: its error shrinks like h, not like h squared; step to both sides"
        lost = "a step stays in the array while the next entry is differentiated: put the old value back"
        mistakes = [
            (exact + one_sided(x, matrix, h), forward),
            (exact - one_sided(x, matrix, h), forward.replace("forward", "backward")),
            (
                (exact + one_sided(x, matrix, h)) / 2,
                "f(x + h e) - f(x) is divided by 2 h, but one h lies between them",
            ),
            (2 * exact, "divided by h, but 2 h lie between x + h e and x - h e"),
            (2 * h * exact, "the difference is not divided by 2 h"),
            (h * h * exact, "multiplied by h where it should be divided: (above - below) / (2 * h)"),
            (-exact, "the two calls are swapped: f(x + h e) - f(x - h e)"),
            (
                np.zeros_like(x),
                "f never saw the perturbation, all differences are 0: did you write into a copy, as x.flatten() is?",
            ),
            (
                lambda: np.full(x.shape, exact.sum()),
                "all entries are moved at once: perturb one at a time",
            ),
            (lambda: left_behind(x, matrix, slope, -h), lost),
            (lambda: left_behind(x, matrix, slope, h), lost),
        ]
        note = "f may be any function of all entries; only entry i may differ from x in its two calls"
        is_near = isinstance(grad, np.ndarray) and grad.shape == x.shape and np.allclose(grad, exact, 1e-3, 1e-3)
        if is_near:
            note = "nearly right, but digits are lost on the way: is there an array in float32?"
        checks.close(grad, exact, name="grad", dtype=None, mistakes=mistakes, note=note)

    @pytest.mark.needs("TestNumericalGradient::test_quadratic")
    def test_what_f_sees(self, submission, rng):
        """f receives float64 arrays of the shape of x"""
        x, matrix, slope = quadratic_case(rng)
        f = submission.support.quadratic(matrix, slope)
        submission.numerical_grad(f, x, 0.25)
        note = "f is a function of arrays like x: give it one, not a flat or converted version of it"
        checks.equal(f.get("seen"), [(x.shape, "float64")], name="shapes and dtypes that f was called with", note=note)

    @pytest.mark.needs("TestNumericalGradient::test_what_f_sees")
    def test_order(self, submission, rng):
        """On c x^3 the error is c h^2, no more and no less"""
        x = np.concatenate([rng.uniform(-3.0, -1.5, size=(2, 3)), rng.uniform(0.2, 3.0, size=(2, 3))])
        coefficients = rng.uniform(1.0, 2.0, size=x.shape)
        f = submission.support.cubic(coefficients)
        exact = 3.0 * coefficients * x**2
        for h in (0.1, 0.01):
            scaled = "the step is scaled by |x|: h is the step itself"
            mistakes = [
                (exact + coefficients * h**2 / 4, "the step is h / 2 to each side; the statement's is h"),
                (exact + coefficients * h**2 * 4, "the step is 2 h to each side; the statement's is h"),
                (exact, "there is no error of the size c h^2: h is not used, or this is another formula"),
                (exact + coefficients * (h * np.maximum(np.abs(x), 1)) ** 2, scaled),
                (exact + coefficients * (h * (1 + np.abs(x))) ** 2, scaled),
                (exact + coefficients * (h * x) ** 2, scaled),
            ]
            note = "the error on a cubic shows which step was made: c h^2 comes from the steps +h and -h"
            grad = submission.numerical_grad(f, x, h)
            # values up to 30 and a step of 0.01: rounding is below 1e-12; h = 0.01 and h = 0.005 differ by 1e-4
            checks.close(grad, exact + coefficients * h**2, name="grad", dtype=None, mistakes=mistakes, note=note)

    @pytest.mark.needs("TestNumericalGradient::test_order")
    def test_default_step(self, submission, rng):
        """The step is 1e-5 if none is given"""
        coefficients = rng.uniform(1e10, 2e10, size=(2, 3))
        grad = submission.numerical_grad(submission.support.cubic(coefficients), np.zeros((2, 3)))
        checks.array(grad, name="grad", shape=(2, 3))
        # at 0 the central difference of c x^3 is c h^2, without any rounding
        step = float(np.sqrt(np.abs(grad / coefficients).mean()))
        if step < 5e-6:
            why = "cancellation noise: f is known to 1e-16, and that is divided by h; the check fails on a correct gradient"
        else:
            why = "truncation: the error grows like h^2"
        note = f"without h the step is about {step:.0e}. {why}"
        checks.close(grad, coefficients * 1e-10, name="grad", dtype=None, note=note)

    @pytest.mark.needs("TestNumericalGradient::test_what_f_sees")
    def test_calls(self, submission, rng):
        """f is called exactly twice for each entry"""
        x, matrix, slope = quadratic_case(rng)
        f = submission.support.quadratic(matrix, slope)
        submission.numerical_grad(f, x, 0.25)
        note = "each call may be a forward pass of a network: only f(x + h e_i) and f(x - h e_i) are needed"
        checks.equal(f.get("calls"), 2 * x.size, name="calls of f", note=note)

    @pytest.mark.needs("TestNumericalGradient::test_what_f_sees")
    @pytest.mark.parametrize("h", [1e-5, 0.1])
    def test_restored(self, submission, rng, h):
        """x is afterwards what it was, to the last bit"""
        x = many_scales(rng, (5, 8))
        f = submission.support.cubic(np.ones((5, 8)))
        _grad, (_f, after, *_rest), _keywords = submission.numerical_grad.echo(f, x, h)
        note = (
            "parameters changed after the check: keep the old value and write it back, because x + h - 2h + h is not x"
        )
        same_bits("x", x, after, note)

    @pytest.mark.needs("TestNumericalGradient::test_restored")
    def test_f_raises(self, submission, rng):
        """When f raises, the exception arrives, and x is what it was"""
        x, matrix, slope = quadratic_case(rng)
        f = submission.support.quadratic(matrix, slope, 3)
        arrived, (after,) = submission.support.after_failure("numerical_grad", f, x)
        note = "an exception of f must reach the caller: do not catch it, or raise it again"
        checks.that(arrived, "the exception of `f` is lost", note=note)
        note = "the step stayed in x because f raised before it was taken back: restore in a `finally`, or use a copy"
        same_bits("x", x, after, note)

    @pytest.mark.needs("TestNumericalGradient::test_what_f_sees")
    @pytest.mark.parametrize("dtype", ["float32", "float16"])
    def test_dtypes(self, submission, rng, dtype):
        """Half and single precision are differentiated in float64"""
        x, matrix, slope = quadratic_case(rng)
        x = x.astype(dtype)
        f = submission.support.quadratic(matrix, slope)
        exact = quadratic_gradient(x.astype(np.float64), matrix, slope)
        note = f"the step is lost in {dtype}: convert x to float64 first, and keep the result in float64"
        control = submission.numerical_grad(submission.support.quadratic(matrix, slope), x.astype(np.float64))
        shaped = isinstance(control, np.ndarray) and control.shape == x.shape
        if not (shaped and np.allclose(control, exact, rtol=1e-6, atol=1e-6)):
            note = "wrong for the same x in float64, too"
        grad = submission.numerical_grad(f, x)
        # f up to 100, rounded to 1e-16, divided by 1e-5: the error is below 1e-8
        checks.close(grad, exact, name="grad", rtol=1e-6, atol=1e-6, dtype=np.float64, note=note)
        note = "f must see float64: in a lower precision it cannot see the step, and rounds its result"
        checks.equal(f.get("seen"), [(x.shape, "float64")], name="shapes and dtypes that f was called with", note=note)

    @pytest.mark.needs("TestNumericalGradient::test_what_f_sees")
    @pytest.mark.parametrize("dtype", ["int64", "bool", "complex128", "int32", "uint8", "complex64"])
    def test_refused(self, submission, dtype):
        """Integers, bools and complex numbers raise TypeError"""
        x = np.array([[3, 0, 1], [1, 0, 2]]).astype(dtype)
        f = submission.support.cubic(np.ones(x.shape))
        note = {
            "int64": "a step of 1e-5 has no place in an integer array, and integer parameters are a mistake of the caller",
            "bool": "a bool has no neighbours to step to",
            "complex128": "a step along the real axis is half of the derivative with respect to a complex number",
        }.get(dtype, f"{dtype} is no float dtype either: ask for what is allowed, not for what is refused")
        checks.raises(submission.numerical_grad, f, x, error="TypeError", note=note)

    @pytest.mark.needs("TestNumericalGradient::test_what_f_sees")
    @pytest.mark.parametrize("layout", ["fortran", "slice", "reversed"])
    def test_layouts(self, submission, rng, layout):
        """The layout of x in memory does not matter"""
        x, matrix, slope = quadratic_case(rng)
        f = submission.support.quadratic(matrix, slope)
        exact = quadratic_gradient(x, matrix, slope)
        grad, after = checks.unpack(submission.support.numerical_grad(f, x, 0.25, layout), "grad", "x")
        copy = "ravel() and reshape(-1) copy an array that is not contiguous, so f never saw the perturbation"
        order = "the entries are in the order of memory, not in that of the indices"
        mistakes = [
            (np.zeros_like(x), copy),
            (exact.T.reshape(x.shape), order),
            (exact.reshape(x.T.shape).T, order),
            (exact[::-1, ::-1], order),
        ]
        note = "go through the indices of x, e.g. with np.ndindex, and never through its memory"
        checks.close(grad, exact, name="grad", dtype=None, mistakes=mistakes, note=note)
        same_bits("x", x, after, "x is a view of somebody else's array: it must be as it was")

    @pytest.mark.needs("TestNumericalGradient::test_what_f_sees")
    @pytest.mark.parametrize("shape", [(5,), (2, 1, 3), (), (0, 3)], ids=["1-d", "3-d", "0-d", "no entries"])
    def test_shapes(self, submission, rng, shape):
        """x has any number of axes, also none, and any number of entries, also none"""
        x, matrix, slope = quadratic_case(rng, shape)
        x = np.asarray(x)
        f = submission.support.quadratic(matrix, slope)
        grad = submission.numerical_grad(f, x, 0.25)
        note = "np.ndindex(x.shape) goes through the entries of any shape: one for (), none for (0, 3)"
        checks.close(grad, quadratic_gradient(x, matrix, slope), name="grad", dtype=np.float64, note=note)


class TestRelativeError:
    def test_value(self, submission, rng):
        """The largest of |a - b| / (|a| + |b|)"""
        first = rng.uniform(1.0, 3.0, size=(4, 3))
        second = first * rng.uniform(0.98, 1.02, size=first.shape)
        first[1, 2], second[1, 2] = 0.1, 0.13  # the worst, if the denominator is right
        first[2, 1], second[2, 1] = 0.14, 0.11  # the worst, if it is |b|
        first[3, 0], second[3, 0] = 50.0, 52.0  # the largest difference
        for a, b in ((first, second), (second, first)):
            wide = np.abs(a - b)
            errors = wide / (np.abs(a) + np.abs(b))
            mistakes = [
                (wide.max(), "this is the absolute error: a gradient of 1e-9 that is 100 % wrong would pass"),
                (
                    (wide / np.maximum(np.abs(a), np.abs(b))).max(),
                    "the denominator is |a| + |b|, not the larger of the two",
                ),
                (
                    (wide / np.abs(a)).max(),
                    "the denominator is |a| + |b|, so that no side is special; here it is |a|",
                ),
                (
                    (wide / np.abs(b)).max(),
                    "the denominator is |a| + |b|, so that no side is special; here it is |b|",
                ),
                (2 * errors.max(), "the denominator is |a| + |b|, not half of it"),
                (
                    errors.mean(),
                    "this is the mean over the entries: many right ones hide a wrong one; take the maximum",
                ),
                (errors.sum(), "this is the sum over the entries: take the maximum"),
                (np.median(errors), "this is the median over the entries: take the maximum"),
                (
                    np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b)),
                    "this is the ratio of norms of the whole arrays: large entries hide the wrong ones",
                ),
                (
                    wide.max() / (np.abs(a) + np.abs(b)).max(),
                    "the largest difference is divided by the largest size: divide entry by entry, then take the maximum",
                ),
                (
                    wide.sum() / (np.abs(a) + np.abs(b)).sum(),
                    "sums are divided: divide entry by entry, then take the maximum",
                ),
                (((a - b) / (np.abs(a) + np.abs(b))).max(), "the sign of a - b is kept: take |a - b|"),
                (((b - a) / (np.abs(a) + np.abs(b))).max(), "the sign of b - a is kept: take |a - b|"),
                (1.0, "this says that the arrays differ, and not by how much"),
            ]
            got = checks.number(submission.relative_error(a, b), name="relative_error")
            checks.close(got, errors.max(), name="relative_error", mistakes=mistakes)

    @pytest.mark.needs("TestRelativeError::test_value")
    def test_signs(self, submission, rng):
        """Opposite signs are an error of 1"""
        a = rng.uniform(1.0, 3.0, size=(4, 3))
        b = a.copy()
        b[2, 1] = -0.5 * a[2, 1]
        got = checks.number(submission.relative_error(a, b), name="relative_error")
        note = "the denominator is |a| + |b|: in |a + b| opposite signs cancel"
        lost = "the signs are lost before the difference is taken: it is |a - b|, not the difference of |a| and |b|"
        checks.close(got, 1.0, name="relative_error", mistakes=[(1 / 3, lost)], note=note)

    @pytest.mark.needs("TestRelativeError::test_value")
    @pytest.mark.parametrize("size", [1e-9, 1e-30, 1e-306])
    def test_tiny(self, submission, size):
        """Small numbers are compared like large ones"""
        got = checks.number(submission.relative_error(np.array([0.7, size]), np.array([0.7, 3 * size])), name="error")
        note = f"a gradient of {size:g} that is three times too large would pass: no floor and no epsilon in the denominator"
        checks.close(got, 0.5, name="relative_error", note=note)

    @pytest.mark.needs("TestRelativeError::test_value")
    def test_zeros(self, submission):
        """0 against 0 is right, 0 against anything else is not"""
        zeros = np.zeros((2, 3))
        note = "NaN for a zero gradient: 0 / 0 stands for an entry where both sides agree, so its error is 0"
        got = checks.number(submission.relative_error(zeros, zeros), name="relative_error")
        checks.close(got, 0.0, name="relative_error of zeros", atol=0.0, note=note)
        a, b = np.array([0.0, 1.0, 0.0]), np.array([0.0, 1.5, 0.0])
        got = checks.number(submission.relative_error(a, b), name="relative_error")
        checks.close(
            got,
            0.2,
            name="relative_error with some zeros",
            mistakes=[
                (0.0, "entries that are 0 on both sides hide the others: their error is 0, and that of the rest counts")
            ],
            note=note,
        )
        b = np.array([0.0, 1.0, 1e-3])
        for pair in ((a, b), (b, a)):
            got = checks.number(submission.relative_error(*pair), name="relative_error")
            note = "only 0 on both sides is right: 0 against 0.001 is an error of 1, a gradient that is missing"
            checks.close(got, 1.0, name="relative_error of 0 and 0.001", note=note)

    @pytest.mark.needs("TestRelativeError::test_zeros")
    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_not_finite(self, submission, value):
        """NaN and infinity are an infinite error"""
        right, wrong = np.array([1.0, 2.0, 3.0]), np.array([1.0, value, 4.0])
        note = f"an entry with {value} has the error inf, or a gradient that has it would pass the check"
        for a, b in ((right, wrong), (wrong, right), (wrong, wrong)):
            got = checks.number(submission.relative_error(a, b), name="relative_error")
            checks.close(got, np.inf, name="relative_error", note=note)

    @pytest.mark.needs("TestRelativeError::test_value")
    def test_shapes(self, submission):
        """Numbers, arrays without axes and arrays without entries"""
        got = checks.number(submission.relative_error(1.0, 3.0), name="relative_error")
        checks.close(got, 0.5, name="relative_error of two floats", note="two floats are compared like two entries")
        got = checks.number(submission.relative_error(np.array(3.0), np.array(1.0)), name="relative_error")
        checks.close(got, 0.5, name="relative_error of arrays of shape ()")
        got = checks.number(submission.relative_error(np.zeros((0, 3)), np.zeros((0, 3))), name="relative_error")
        checks.close(got, 0.0, name="relative_error without entries", atol=0.0)

    @pytest.mark.needs("TestRelativeError::test_value")
    @pytest.mark.parametrize(
        ("one", "other"),
        [((3,), (3, 1)), ((3,), ()), ((3,), (4,)), ((0, 3), (3,)), ((0,), (0, 3)), ((0,), (1,))],
        ids=str,
    )
    def test_different_shapes(self, submission, one, other):
        """Arrays of different shapes raise ValueError"""
        note = "NumPy broadcasts (3,) against (3, 1) and (): compare the shapes before the values"
        if 0 in one:
            note = "an array without entries has a shape, too: compare the shapes before you count the entries"
        for a, b in ((one, other), (other, one)):
            checks.raises(submission.relative_error, np.ones(a), np.ones(b), error="ValueError", note=note)

    @pytest.mark.needs("TestRelativeError::test_value")
    def test_single_precision(self, submission):
        """The error is computed in float64"""
        a, b = np.array([1e38, 1.0], dtype=np.float32), np.array([3e38, 1.0], dtype=np.float32)
        got = checks.number(submission.relative_error(a, b), name="relative_error")
        note = "|a| + |b| overflows in float32, so that a wrong gradient passes: convert to float64 first"
        checks.close(got, 0.5, name="relative_error", rtol=1e-6, note=note)

    @pytest.mark.needs("TestRelativeError::test_value")
    def test_arguments(self, submission, rng):
        """The arrays that are compared are left alone"""
        a, b = rng.normal(size=(2, 4, 3))
        b[0, 0], b[1, 0] = 0.0, a[1, 0]
        checks.unchanged(submission.relative_error, a, b)
        a[2, 1], b[3, 2] = np.nan, np.inf
        checks.unchanged(submission.relative_error, a, b)


def linear_case(rng):
    """Parameters of different shapes and the slopes of a linear function of them, which are its gradients."""
    shapes = {"W": (3, 4), "b": (5,), "scale": ()}
    params = {name: np.asarray(rng.normal(size=shape)) for name, shape in shapes.items()}
    slopes = {name: rng.uniform(0.5, 2.0, size=shape) * rng.choice([-1, 1]) for name, shape in shapes.items()}
    return params, {name: np.asarray(value) for name, value in slopes.items()}


def scaled_case(rng, dtype):
    """As `linear_case`, with parameters of many binary orders and slopes of both signs, so that any change shows."""
    _params, slopes = linear_case(rng)
    slopes["b"][:2] *= [1, -1]
    return {name: np.asarray(many_scales(rng, slope.shape), dtype) for name, slope in slopes.items()}, slopes


def arrays(values):
    """Fresh arrays, also where NumPy has made a number of an array of shape ()."""
    return {name: np.array(value) for name, value in values.items()}


LOW = pytest.mark.parametrize("dtype", ["float32", "float16"])
UNSEEN = "ravel() and reshape(-1) copy an array that is not contiguous, so f never sees the step"


def low_case(rng, dtype):
    """As `linear_case`, with parameters and gradients that are exact in a dtype of fewer digits."""
    return tuple({name: value.astype(dtype) for name, value in values.items()} for values in linear_case(rng))


def float64(values):
    return {name: value.astype(np.float64) for name, value in values.items()}


def sees_float64(f, params):
    """Check that f was called with all parameters in float64."""
    seen = f.get("seen")
    note = "f receives all parameters in float64, also those that are not moved: convert all of them first"
    for name in params:
        dtypes = sorted({dtype for key, _shape, dtype in seen if key == name})
        checks.equal(dtypes, ["float64"], name=f"dtypes of params['{name}'] that f was called with", note=note)


def same_dicts(params, grads, params_after, grads_after):
    """Check that both dicts are as they were: names, dtypes, bits."""
    note = "parameters changed after the check: keep the old value and write it back, or work on copies"
    for word, before, after, why in (
        ("params", params, params_after, note),
        ("grads", grads, grads_after, "the gradients are only to be read"),
    ):
        checks.equal(sorted(map(str, after)), sorted(before), name=f"names in {word}", note=why)
        for name in before:
            same_bits(f"{word}['{name}']", before[name], after[name], why)


def failure_leaves(submission, function, params, slopes):
    """Check that an exception of f comes through, and leaves the parameters as they were."""
    f = submission.support.linear(slopes, 0.0, 3)
    arrived, (after, _grads) = submission.support.after_failure(function, f, params, slopes)
    note = "an exception of f must reach the caller: do not catch it, or raise it again"
    checks.that(arrived, "the exception of `f` is lost", note=note)
    for name in params:
        note = "f raised before the step was taken back: restore in a `finally`, or use a copy"
        same_bits(f"params['{name}']", params[name], checks.mapping(after, params, name="params")[name], note)


def report_of(submission, f, params, grads, *tol):
    """The report, with all its parts in place."""
    report = checks.mapping(submission.check_gradients(f, arrays(params), arrays(grads), *tol), params, name="report")
    return {name: checks.mapping(report[name], ENTRY, name=f"report['{name}']") for name in params}


def curved_case(rng):
    """Parameters, and the gradients there of the sum of sin(50 x)."""
    params, _slopes = linear_case(rng)
    # no maximum nearby, where the gradient is 0
    params = {
        name: (rng.integers(-9, 9, size=p.shape) * np.pi + rng.uniform(-1, 1, size=p.shape)) / 50
        for name, p in params.items()
    }
    return params, {name: 50.0 * np.cos(50.0 * p) for name, p in params.items()}


def reports_one_sided(report, params, grads, h):
    """Whether the errors in the report of a `curved_case` are those of a step of h to one side."""
    for name, p in params.items():
        numeric = (np.sin(50.0 * (p + h)) - np.sin(50.0 * p)) / h
        expected = np.max(np.abs(numeric - grads[name]) / (np.abs(numeric) + np.abs(grads[name])))
        error = checks.number(report[name]["max_rel_error"], name=f"report['{name}']['max_rel_error']")
        if not np.isclose(error, expected, rtol=1e-2, atol=0.0):
            return False
    return True


def fails_where_curved(submission, rng):
    """Whether a right gradient fails the check although no entry depends on another."""
    params, grads = curved_case(rng)
    report = report_of(submission, submission.support.waves(50.0, list(params)), params, grads)
    try:
        passes(report, "")
    except Failed:
        return True
    return False


def passes(report, note, tol=1e-6):
    """Check that a right gradient is found right."""
    for name, entry in report.items():
        error = checks.number(entry["max_rel_error"], name=f"report['{name}']['max_rel_error']")
        bound = f"at most {tol:.0e}"
        rows = [(f"report['{name}']['max_rel_error']", bound, f"{error:.2g}")]
        checks.that(error <= tol, "the check fails on a correct gradient", rows=rows, note=note)
        checks.equal(entry["ok"], True, name=f"report['{name}']['ok']", note="ok means max_rel_error <= tol")


def network_case(rng):
    """A small network in the order of its forward pass, a batch, targets.

    Two axes have the same length as the batch, because a forgotten transpose and a sum over the wrong axis can only be
    planted where they fit.
    """
    shapes = {"W1": (3, 4), "b1": (4,), "W2": (4, 4), "b2": (4,), "W3": (4, 2), "b3": (2,)}
    while True:
        params = {name: rng.normal(size=shape) for name, shape in shapes.items()}
        x, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
        z1 = x @ params["W1"] + params["b1"]
        mixed = ((z1 > 0).any(axis=0) & (z1 < 0).any(axis=0)).all()
        grads = gradients(params, x, y)
        # no kink within a hundred steps, and no entry so small that rounding would drown it: 1e-11 against 1e-3
        if not mixed or np.abs(z1).min() < 1e-3 or min(np.abs(g).min() for g in grads.values()) < 1e-3:
            continue
        if all(is_wrong(grads, gradients(params, x, y, bug)) == set(PLANTED[bug]) for bug in PLANTED):
            return params, x, y


# mistake: the gradients that it spoils
PLANTED = {
    "the mean over the rows is missing": ("W1", "b1", "W2", "b2", "W3", "b3"),
    "the slope of the sigmoid is missing": ("W1", "b1", "W2", "b2"),
    "W2 is not transposed": ("W1", "b1"),
    "the mask of the ReLU is missing": ("W1", "b1"),
    "b2 is summed over the wrong axis": ("b2",),
}


def gradients(params, x, y, bug=""):
    """The backward pass of `network` in support.py, with one mistake planted."""
    n = len(x)
    z1 = x @ params["W1"] + params["b1"]
    h1 = np.maximum(z1, 0.0)
    h2 = 1.0 / (1.0 + np.exp(-(h1 @ params["W2"] + params["b2"])))
    d3 = h2 @ params["W3"] + params["b3"] - y
    d3 = d3 if bug == "the mean over the rows is missing" else d3 / n
    d2 = d3 @ params["W3"].T
    d2 = d2 if bug == "the slope of the sigmoid is missing" else d2 * h2 * (1.0 - h2)
    d1 = d2 @ (params["W2"] if bug == "W2 is not transposed" else params["W2"].T)
    d1 = d1 if bug == "the mask of the ReLU is missing" else d1 * (z1 > 0)
    axis = 1 if bug == "b2 is summed over the wrong axis" else 0
    return {
        "W1": x.T @ d1,
        "b1": d1.sum(axis=0),
        "W2": h1.T @ d2,
        "b2": d2.sum(axis=axis),
        "W3": h2.T @ d3,
        "b3": d3.sum(axis=0),
    }


def is_wrong(right, planted):
    """Names whose gradients differ by at least 0.1 %."""
    errors = {k: np.max(np.abs(right[k] - planted[k]) / (np.abs(right[k]) + np.abs(planted[k]))) for k in right}
    return {name for name, error in errors.items() if error > 1e-3}


@pytest.mark.needs("TestNumericalGradient::test_quadratic", "TestRelativeError::test_value")
class TestCheck:
    def test_linear(self, submission, rng):
        """The right gradient of a linear function passes"""
        params, slopes = linear_case(rng)
        report = report_of(submission, submission.support.linear(slopes, 1.0), params, slopes)
        # a line has no truncation error; rounding, 1e-15 / 2e-5, is 1e-10
        note = (
            "cancellation noise: the step is too small, the rounding of f divided by h drowns the gradient. h is 1e-5"
        )
        passes(report, note)

    @pytest.mark.needs("TestCheck::test_linear")
    def test_curved(self, submission, rng):
        """The right gradient of a strongly curved function passes"""
        params, grads = curved_case(rng)
        report = report_of(submission, submission.support.waves(50.0, list(params)), params, grads)
        # truncation is h^2 50^2 / 12, 2e-8 for h = 1e-5 and 2e-6 for h = 1e-4
        note = "truncation: the step is too large, the error grows like h^2. h is 1e-5"
        if any(reports_one_sided(report, params, grads, h) for h in (1e-5, -1e-5)):
            note = "truncation: the step is made to one side only, so the error grows like h and not like h^2"
        passes(report, note)

    @pytest.mark.needs("TestCheck::test_linear")
    def test_step(self, submission, rng):
        """The step of the check is 1e-5"""
        coefficients = rng.uniform(1e10, 2e10, size=(3, 4))
        f = submission.support.cubic({"W": coefficients})
        # at 0 the central difference of c x^3 is c h^2, without any rounding
        report = report_of(submission, f, {"W": np.zeros((3, 4))}, {"W": 3e-10 * coefficients})
        mistakes = [
            (abs(3e-10 - h * h) / (3e-10 + h * h), f"the step of the check is {h:.0e}: it is 1e-5")
            for h in (1e-7, 1e-6, 1e-4, 1e-3)
        ]
        note = "at 0 the central difference of c x^3 is c h^2: it shows the step, which is 1e-5"
        where = "report['W']['max_rel_error']"
        got = checks.number(report["W"]["max_rel_error"], name=where)
        checks.close(got, 0.5, name=where, mistakes=mistakes, note=note)

    @pytest.mark.needs("TestCheck::test_linear")
    def test_network(self, submission, rng):
        """The right gradients of a network pass"""
        params, x, y = network_case(rng)
        report = report_of(submission, submission.support.network(x, y), params, gradients(params, x, y))
        note = "the parameters depend on each other here: all but the one entry must have their own values when f is called"
        if fails_where_curved(submission, rng):
            note = "a right gradient fails where no entry depends on another, too"
        passes(report, note)

    @pytest.mark.needs("TestCheck::test_network")
    @pytest.mark.parametrize("bug", PLANTED)
    def test_planted_mistakes(self, submission, rng, bug):
        """A mistake in a backward pass is found in the parameters that it spoils, and nowhere else"""
        params, x, y = network_case(rng)
        report = report_of(submission, submission.support.network(x, y), params, gradients(params, x, y, bug))
        for name in params:
            wrong = name in PLANTED[bug]
            note = f"planted: {bug}, which {'spoils' if wrong else 'does not touch'} {name}"
            checks.equal(report[name]["ok"], not wrong, name=f"report['{name}']['ok']", note=note)

    @pytest.mark.needs("TestCheck::test_planted_mistakes")
    def test_worst(self, submission, rng):
        """A wrong gradient is reported with its largest relative error and the place"""
        params, slopes = linear_case(rng)
        slopes["W"][1, 2], slopes["W"][2, 0] = 0.05, 8.0
        grads = arrays(slopes)
        grads["W"][1, 2] = 0.075  # an error of 0.025, 20 %
        grads["W"][2, 0] = 8.1  # an error of 0.1, 0.6 %
        grads["scale"] = 1.02 * slopes["scale"]
        report = report_of(submission, submission.support.linear(slopes), params, grads)
        expected = {"W": (False, 0.2, (1, 2)), "b": (True, None, None), "scale": (False, 0.02 / 2.02, ())}
        for name, (ok, error, index) in expected.items():
            checks.equal(
                report[name]["ok"],
                ok,
                name=f"report['{name}']['ok']",
                note=f"only W and scale are wrong, not {name}" if ok else f"{name} is wrong by more than tol",
            )
            if ok:
                continue
            where = f"report['{name}']['max_rel_error']"
            size = {key: np.linalg.norm(grads[key]) + np.linalg.norm(slopes[key]) for key in grads}
            mistakes = [
                (0.2, "this is the error of another parameter: each has its own"),
                (0.1, "this is the largest absolute error"),
                (0.1 / 16.1, "this is the relative error at the place of the largest absolute one"),
                (np.linalg.norm(grads[name] - slopes[name]) / size[name], "this is a ratio of norms"),
            ]
            got = checks.number(report[name]["max_rel_error"], name=where)
            # the numerical gradient is known to 1e-9
            checks.close(got, error, name=where, rtol=1e-5, mistakes=mistakes)
            note = "worst_index is a tuple with one int for each axis: np.unravel_index turns a flat index into it"
            mistakes = [
                ((2, 0), "this is where the absolute error is largest: the relative one counts"),
                ((0, 2), "the index is counted in Fortran order: np.unravel_index(i, shape)"),
                ((2, 1), "the axes are swapped"),
            ]
            checks.equal(
                report[name]["worst_index"],
                index,
                name=f"report['{name}']['worst_index']",
                mistakes=mistakes,
                note=note,
            )

    @pytest.mark.needs("TestCheck::test_worst", "TestRelativeError::test_signs")
    def test_first_of_equals(self, submission, rng):
        """Among equal errors the first counts"""
        params, slopes = linear_case(rng)
        grads = arrays(slopes)
        for index in [(1, 3), (2, 1), (2, 2)]:
            grads["W"][index] *= -1.0  # an error of exactly 1
        report = report_of(submission, submission.support.linear(slopes), params, grads)
        mistakes = [
            ((2, 2), "this is the last of them: use > and not >= while you search"),
            ((2, 1), "this is the first in Fortran order"),
        ]
        note = "the first in the order of np.ndindex, where the last axis runs fastest"
        checks.equal(
            report["W"]["worst_index"],
            (1, 3),
            name="report['W']['worst_index']",
            mistakes=mistakes,
            note=note,
        )

    @pytest.mark.needs("TestCheck::test_worst")
    @pytest.mark.parametrize("where", ["first", "any", "last"])
    def test_every_entry(self, submission, rng, where):
        """One wrong entry among many is found, wherever it is"""
        w = rng.normal(size=(6, 7))
        slopes = {"W": rng.uniform(0.5, 2.0, size=w.shape)}
        index = {"first": (0, 0), "any": (int(rng.integers(1, 5)), int(rng.integers(0, 7))), "last": (5, 6)}[where]
        grads = arrays(slopes)
        grads["W"][index] *= 1.01
        report = report_of(submission, submission.support.linear(slopes), {"W": w}, grads)
        note = "one entry is off by 1 %, and the check has not seen it: check all of them, not a sample"
        checks.equal(report["W"]["ok"], False, name="report['W']['ok']", note=note)
        checks.equal(report["W"]["worst_index"], index, name="report['W']['worst_index']", note=note)

    @pytest.mark.needs("TestCheck::test_worst")
    def test_tolerance(self, submission, rng):
        """A gradient is ok up to the tolerance, by default 1e-6"""
        params, slopes = linear_case(rng)
        f = submission.support.linear(slopes)
        for error, tol, ok in (
            (1.5e-6, None, False),
            (7e-7, None, True),
            (5e-3, 1e-2, True),
            (5e-3, 1e-3, False),
            (0.6, 0.7, True),
        ):
            grads = {name: slope * (1 + 2 * error / (1 - error)) for name, slope in slopes.items()}
            report = report_of(submission, f, params, grads, *([] if tol is None else [tol]))
            given = "tol is not given, so it is 1e-6" if tol is None else f"tol = {tol:g}"
            note = f"the relative error is {error:.1e} and {given}: ok means max_rel_error <= tol"
            for name in params:
                checks.equal(report[name]["ok"], ok, name=f"report['{name}']['ok']", note=note)

    @pytest.mark.needs("TestCheck::test_tolerance")
    def test_zero_gradient(self, submission, rng):
        """A parameter without influence, with the gradient 0, passes at any tolerance"""
        params, slopes = linear_case(rng)
        slopes["b"][:] = 0.0
        slopes["W"][1] = 0.0
        report = report_of(submission, submission.support.linear(slopes), params, slopes, 0.0)
        note = "f does not change with b, so its numerical gradient is 0; 0 against 0 is an error of 0, and 0 <= tol also for tol = 0"
        checks.close(
            checks.number(report["b"]["max_rel_error"], name="error"),
            0.0,
            name="report['b']['max_rel_error']",
            atol=0.0,
            note=note,
        )
        checks.equal(report["b"]["ok"], True, name="report['b']['ok']", note=note)
        checks.equal(
            report["b"]["worst_index"],
            (0,),
            name="report['b']['worst_index']",
            note="all errors are 0: the first place counts",
        )

    @pytest.mark.needs("TestCheck::test_worst")
    def test_tiny_gradient(self, submission, rng):
        """A tiny gradient that is wrong is found"""
        params, slopes = linear_case(rng)
        params = {name: np.zeros_like(p) for name, p in params.items()}  # so that f is tiny, too, and has no rounding
        tiny = {name: 1e-9 * slope for name, slope in slopes.items()}
        grads = arrays(tiny)
        grads["b"][3] *= 2.0
        report = report_of(submission, submission.support.linear(tiny), params, grads)
        note = "a gradient of 1e-9 that is 100 % wrong passed: compare the relative error with tol"
        checks.equal(report["b"]["ok"], False, name="report['b']['ok']", note=note)
        note = "a right gradient of 1e-9 fails: is something added to a difference or to a size?"
        checks.equal(report["W"]["ok"], True, name="report['W']['ok']", note=note)

    @pytest.mark.needs("TestCheck::test_worst")
    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_not_finite(self, submission, rng, value):
        """A gradient with NaN or infinity is wrong"""
        params, slopes = linear_case(rng)
        grads = arrays(slopes)
        grads["W"][1, 2] = value
        grads["b"][3] *= 1.5
        report = report_of(submission, submission.support.linear(slopes), params, grads)
        note = (
            f"a gradient with {value} passed: every comparison with NaN is false, so ask `error <= tol`, with error inf"
        )
        checks.equal(report["W"]["ok"], False, name="report['W']['ok']", note=note)
        where = "report['W']['max_rel_error']"
        note = f"an entry with {value} has the error inf here, too, as in relative_error"
        checks.close(checks.number(report["W"]["max_rel_error"], name=where), np.inf, name=where, note=note)
        checks.equal(
            report["W"]["worst_index"],
            (1, 2),
            name="report['W']['worst_index']",
            note=f"{value} is the worst error",
        )

    @pytest.mark.needs("TestCheck::test_worst")
    @pytest.mark.parametrize("case", ["missing", "(5, 1)", "()"])
    def test_refused(self, submission, rng, case):
        """A gradient that is missing or has another shape raises ValueError before f is called"""
        params, slopes = linear_case(rng)
        params = {name: params[name] for name in ("scale", "W", "b")}
        grads = arrays(slopes)
        if case == "missing":
            del grads["b"]
            note = "a parameter without gradient passes unseen if you go through the names of grads: go through params"
        elif case == "()":
            grads["b"] = np.array(0.7)
            note = "NumPy would broadcast it: compare the shapes first"
        else:
            grads["b"] = grads["b"][:, None]
            note = "NumPy would broadcast it: compare the shapes first"
        f = submission.support.linear(slopes)
        checks.raises(submission.check_gradients, f, params, grads, error="ValueError", note=note)
        note = "b comes last, and the others were differentiated first: look at all names and shapes, then call f"
        checks.equal(f.get("calls"), 0, name="calls of f", note=note)

    @pytest.mark.needs("TestCheck::test_worst", "TestNumericalGradient::test_refused")
    def test_integers(self, submission, rng):
        """Integer parameters raise TypeError here, too"""
        params, slopes = linear_case(rng)
        params["b"] = np.arange(5)
        f = submission.support.linear(slopes)
        note = "parameters follow the rules of x in numerical_grad: integers are a mistake of the caller"
        checks.raises(submission.check_gradients, f, params, slopes, error="TypeError", note=note)

    @pytest.mark.needs("TestCheck::test_worst")
    def test_other_names(self, submission, rng):
        """Names that only grads has are ignored"""
        params, slopes = linear_case(rng)
        grads = {"x": np.ones((2, 2)), **slopes}
        report = checks.mapping(
            submission.check_gradients(submission.support.linear(slopes), params, grads),
            params,
            name="report",
        )
        note = "one entry for each parameter: grads may hold more, such as the gradient of the input"
        checks.equal(sorted(map(str, report)), sorted(params), name="names in the report", note=note)

    @pytest.mark.needs("TestCheck::test_network")
    @LOW
    def test_single_precision(self, submission, rng, dtype):
        """Parameters in half and single precision are checked in float64"""
        params, slopes = low_case(rng, dtype)
        f = submission.support.linear(float64(slopes))
        report = report_of(submission, f, params, slopes)
        passes(report, f"the step is lost in {dtype}: each parameter must be float64 while it is differentiated")
        sees_float64(f, params)

    @pytest.mark.needs("TestCheck::test_worst", "TestNumericalGradient::test_layouts")
    @pytest.mark.parametrize("layout", ["fortran", "slice"])
    def test_layouts(self, submission, rng, layout):
        """The layout of the parameters in memory does not matter"""
        params, slopes = linear_case(rng)
        grads = arrays(slopes)
        grads["W"][1, 2] *= 2.0
        f = submission.support.linear(slopes)
        report = submission.support.with_layout("check_gradients", f, params, grads, layout)
        report = checks.mapping(report, params, name="report")
        for name, expected in {"W": 1 / 3, "b": 0.0}.items():
            where = f"report['{name}']"
            error = checks.mapping(report[name], ENTRY, name=where)["max_rel_error"]
            error = checks.number(error, name=f"{where}['max_rel_error']")
            # the numerical gradient is known to 1e-9
            checks.close(error, expected, name=f"{where}['max_rel_error']", atol=1e-6, mistakes=[(1.0, UNSEEN)])
        note = "the place is counted in the order of memory, not in that of the indices"
        checks.equal(report["W"]["worst_index"], (1, 2), name="report['W']['worst_index']", note=note)

    @pytest.mark.needs("TestCheck::test_linear", "TestNumericalGradient::test_calls")
    def test_calls(self, submission, rng):
        """f is called exactly twice for each entry of each parameter"""
        params, slopes = linear_case(rng)
        f = submission.support.linear(slopes)
        report_of(submission, f, params, slopes)
        note = "each call is a forward pass: one numerical gradient for each parameter is enough"
        checks.equal(f.get("calls"), 2 * sum(p.size for p in params.values()), name="calls of f", note=note)

    @pytest.mark.needs("TestCheck::test_linear", "TestNumericalGradient::test_restored")
    @pytest.mark.parametrize("dtype", ["float64", "float32"])
    def test_restored(self, submission, rng, dtype):
        """Parameters and gradients are afterwards what they were, to the last bit"""
        params, slopes = scaled_case(rng, dtype)
        grads = {name: slope.astype(dtype) for name, slope in slopes.items()}
        grads["W"][1, 2], grads["b"][3] = np.nan, np.inf
        f = submission.support.linear(slopes)
        _report, (_f, *after), _keywords = submission.check_gradients.echo(f, params, grads)
        same_dicts(params, grads, *after)

    @pytest.mark.needs("TestCheck::test_restored")
    def test_f_raises(self, submission, rng):
        """When f raises, the exception arrives, and the parameters are what they were"""
        failure_leaves(submission, "check_gradients", *linear_case(rng))


FIRST = {
    "the mean over the rows is missing": "b3",
    "the slope of the sigmoid is missing": "b2",
    "W2 is not transposed": "b1",
    "the mask of the ReLU is missing": "b1",
    "b2 is summed over the wrong axis": "b2",
}


@pytest.mark.needs("TestCheck::test_network", "TestCheck::test_worst")
class TestFirstWrong:
    def test_all_right(self, submission, rng):
        """None if every gradient is right"""
        params, x, y = network_case(rng)
        got = submission.first_wrong(submission.support.network(x, y), params, gradients(params, x, y))
        checks.equal(got, None, name="first_wrong", note="every gradient is within the tolerance: the answer is None")

    @pytest.mark.parametrize("bug", FIRST)
    def test_planted_mistakes(self, submission, rng, bug):
        """The first wrong gradient on the way back is the last one in the order of the parameters"""
        params, x, y = network_case(rng)
        planted = gradients(params, x, y, bug)
        got = submission.first_wrong(submission.support.network(x, y), params, planted)
        mistakes = [
            (None, "nothing is found, although gradients are wrong"),
            (
                PLANTED[bug][0],
                "this is the first wrong one in the order of the forward pass: backpropagation starts at the last parameter",
            ),
        ]
        note = (
            f"planted: {bug}; backpropagation starts at the last parameter, so the last wrong one in params was first"
        )
        checks.equal(got, FIRST[bug], name="first_wrong", mistakes=mistakes, note=note)

    @pytest.mark.needs("TestFirstWrong::test_planted_mistakes")
    def test_order_of_params(self, submission, rng):
        """The order is that of params, not of grads and not of the alphabet"""
        params, slopes = linear_case(rng)
        params = {name: params[name] for name in ("scale", "W", "b")}
        grads = {name: 1.5 * slopes[name] for name in ("b", "scale", "W")}
        f = submission.support.linear(slopes)
        note = "look at the names of params, from the last to the first"
        mistakes = [
            ("W", "this is the last in grads: the order is that of params"),
            ("scale", "this is the last in the alphabet: the order is that of params"),
        ]
        checks.equal(
            submission.first_wrong(f, params, arrays(grads)), "b", name="first_wrong", mistakes=mistakes, note=note
        )

    @pytest.mark.needs("TestFirstWrong::test_all_right", "TestFirstWrong::test_planted_mistakes")
    def test_tolerance(self, submission, rng):
        """What is within the tolerance is not wrong"""
        params, slopes = linear_case(rng)
        f = submission.support.linear(slopes)
        grads = {**slopes, "b": 1.002 * slopes["b"], "W": 1.2 * slopes["W"]}
        note = "b is off by 0.1 %, W by 9 %: tol decides which of them is wrong; without it, it is 1e-6"
        checks.equal(submission.first_wrong(f, params, arrays(grads)), "b", name="first_wrong without tol", note=note)
        checks.equal(
            submission.first_wrong(f, params, arrays(grads), 0.01), "W", name="first_wrong with tol 0.01", note=note
        )
        checks.equal(
            submission.first_wrong(f, params, arrays(grads), 0.2), None, name="first_wrong with tol 0.2", note=note
        )
        grads = {**slopes, "b": (1 + 1.4e-6) * slopes["b"], "W": (1 + 3e-6) * slopes["W"]}
        note = "the errors are 7e-7 in b and 1.5e-6 in W, and tol is 1e-6 if it is not given"
        checks.equal(submission.first_wrong(f, params, arrays(grads)), "W", name="first_wrong without tol", note=note)
        zeros = {name: np.zeros_like(slope) for name, slope in slopes.items()}
        got = submission.first_wrong(submission.support.linear(zeros), params, zeros, 0.0)
        note = "0 against 0 is an error of 0, and 0 <= tol also for tol = 0: an error equal to tol is not wrong"
        checks.equal(got, None, name="first_wrong with tol 0", note=note)

    @pytest.mark.needs("TestFirstWrong::test_planted_mistakes", "TestCheck::test_calls")
    def test_stops(self, submission, rng):
        """The search stops at the first wrong gradient"""
        params, slopes = linear_case(rng)
        grads = {**slopes, "b": 1.5 * slopes["b"]}
        f = submission.support.linear(slopes)
        checks.equal(submission.first_wrong(f, params, arrays(grads)), "b", name="first_wrong")
        note = "the rest cannot change the answer: differentiate scale, then b, and not W"
        checks.equal(f.get("calls"), 2 * (1 + 5), name="calls of f", note=note)

    @pytest.mark.needs("TestFirstWrong::test_all_right", "TestFirstWrong::test_planted_mistakes")
    @LOW
    def test_single_precision(self, submission, rng, dtype):
        """The search, too, is made in float64"""
        params, slopes = low_case(rng, dtype)
        f = submission.support.linear(float64(slopes))
        note = f"every gradient is right; the step is lost in {dtype}, unless the parameter is float64"
        checks.equal(submission.first_wrong(f, params, slopes), None, name="first_wrong", note=note)
        sees_float64(f, params)

    @pytest.mark.needs(
        "TestFirstWrong::test_all_right",
        "TestFirstWrong::test_planted_mistakes",
        "TestNumericalGradient::test_layouts",
    )
    @pytest.mark.parametrize("layout", ["fortran", "slice"])
    def test_layouts(self, submission, rng, layout):
        """The search, too, takes any layout in memory"""
        params, slopes = linear_case(rng)
        got = submission.support.with_layout("first_wrong", submission.support.linear(slopes), params, slopes, layout)
        checks.equal(got, None, name="first_wrong", note=f"every gradient is right. {UNSEEN}")

    @pytest.mark.needs("TestFirstWrong::test_planted_mistakes")
    @pytest.mark.parametrize("dtype", ["float64", "float32"])
    def test_restored(self, submission, rng, dtype):
        """The search leaves its arguments alone"""
        params, slopes = scaled_case(rng, dtype)
        f = submission.support.linear(slopes)
        _name, (_f, *after), _keywords = submission.first_wrong.echo(f, params, slopes)
        same_dicts(params, slopes, *after)

    @pytest.mark.needs("TestFirstWrong::test_restored")
    def test_f_raises(self, submission, rng):
        """When f raises in the search, the exception arrives, and the parameters are what they were"""
        failure_leaves(submission, "first_wrong", *linear_case(rng))
