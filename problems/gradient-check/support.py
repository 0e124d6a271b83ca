"""Runs in the worker: the functions whose gradients are taken, and calls that cannot be made from outside."""

import numpy as np
import solution


class Counted:
    """A scalar function of an array or of a dict of arrays that remembers how it was called.

    Attributes:
        calls: How often.
        seen: The different (shape, dtype) of the arrays, in the order of their first appearance; in a dict (name, shape,
            dtype).
    """

    def __init__(self, function, fail_at=0):
        self.calls = 0
        self.seen = []
        self._function = function
        self._fail_at = fail_at

    def __call__(self, x):
        self.calls += 1
        if self.calls == self._fail_at:
            raise FloatingPointError("f has no value here")
        kinds = [(name, *kind_of(value)) for name, value in x.items()] if isinstance(x, dict) else [kind_of(x)]
        self.seen += [kind for kind in kinds if kind not in self.seen]
        return float(self._function(x))


def kind_of(x):
    """Shape and dtype."""
    return np.shape(x), str(np.asarray(x).dtype)


def quadratic(matrix, slope, fail_at=0):
    """u' M u + s' u, with the entries of x as the vector u."""
    matrix, slope = np.array(matrix), np.array(slope)

    def function(x):
        u = np.reshape(x, -1)
        return np.sum(u * np.sum(matrix * u, axis=1)) + np.sum(slope * u)

    return Counted(function, fail_at)


def cubic(coefficients):
    """Sum of c x^3, over an array or over all arrays of a dict."""
    if isinstance(coefficients, dict):
        return Counted(lambda params: sum(np.sum(c * params[name] ** 3) for name, c in coefficients.items()))
    coefficients = np.array(coefficients)
    return Counted(lambda x: np.sum(coefficients * np.asarray(x) ** 3))


def linear(slopes, offset=0.0, fail_at=0):
    """Sum of s x over all arrays of a dict, plus an offset."""
    return Counted(lambda params: offset + sum(np.sum(slopes[name] * params[name]) for name in slopes), fail_at)


def waves(frequency, names):
    """Sum of sin(frequency x) over all arrays of a dict."""
    return Counted(lambda params: sum(np.sum(np.sin(frequency * params[name])) for name in names))


def network(x, y):
    """Half the squared error, averaged over the rows, of a network with a ReLU and a sigmoid layer."""

    def affine(a, weights, bias):
        return (a[:, :, None] * weights).sum(axis=1) + bias

    def function(params):
        h1 = np.maximum(affine(x, params["W1"], params["b1"]), 0.0)
        h2 = 1.0 / (1.0 + np.exp(-affine(h1, params["W2"], params["b2"])))
        return 0.5 * np.mean(np.sum((affine(h2, params["W3"], params["b3"]) - y) ** 2, axis=1))

    return Counted(function)


def laid_out(x, layout):
    """The array, with another layout in memory."""
    if layout == "fortran":
        view = np.zeros(x.shape, order="F")
    elif layout == "slice":
        view = np.full([3 * length for length in x.shape], 7.0)[..., *[slice(1, None, 3)] * x.ndim]
    elif layout == "reversed":
        view = np.zeros(x.shape)[..., *[slice(None, None, -1)] * x.ndim]
    view[...] = x
    return view


def numerical_grad(f, x, h, layout):
    """The submission's gradient at x laid out in memory in another way, and x afterwards."""
    view = laid_out(x, layout)
    return solution.numerical_grad(f, view, h), view


def with_layout(name, f, params, grads, layout):
    """What a function of the submission says of parameters and gradients that are laid out in memory in another way."""
    params, grads = ({key: laid_out(x, layout) for key, x in arrays.items()} for arrays in (params, grads))
    return getattr(solution, name)(f, params, grads)


def after_failure(name, f, *args):
    """Call a function of the submission with an f that fails: did its exception arrive, and the arguments then."""
    try:
        getattr(solution, name)(f, *args)
    except FloatingPointError:
        return True, args
    return False, args
