"""The hidden suite of batchnorm-forward-backward."""

import math
from pathlib import Path

import numpy as np
import pytest

from grader import checks

ROWS, IMAGES = (7, 5), (3, 2, 4, 5)  # (N, D) and (N, H, W, C): axes of different lengths
BOTH = pytest.mark.parametrize("shape", [ROWS, IMAGES], ids=["rows", "images"])
WITH_SINGLES = pytest.mark.parametrize(
    "shape", [ROWS, IMAGES, (7, 1), (3, 2, 4, 1)], ids=["rows", "images", "one feature", "one channel"]
)
MODES = pytest.mark.parametrize("training", [True, False], ids=["training", "inference"])

# An epsilon that no float64 result can show, for the tests in which epsilon is not the point.
TINY = 1e-14

BATCH_AT_INFERENCE = "the prediction of a sample depends on its neighbours: at inference use the running statistics"
PYTORCH_MOMENTUM = (
    "momentum is read the PyTorch way: here it is the weight of the old value, "
    "new = momentum * old + (1 - momentum) * batch"
)
EPS_OUTSIDE = "epsilon is added to the standard deviation: it belongs inside the root, sqrt(var + eps)"
NO_EPS = "eps is ignored: divide by sqrt(var + eps), with the eps of the call"
ONE_PASS = (
    "digits are lost when the mean is large: E[x^2] - E[x]^2 cancels, and float32 is too coarse; "
    "subtract the mean first, in float64"
)
PER_FEATURE = "an array with one number per feature, (F,), also for a single feature"
IN_ORDER = "the parameters are x, gamma, beta, running, momentum, eps, training, in this order"


def own_epsilon(value):
    """Mistakes: what `value(eps)` would be with an epsilon that the backward pass chose."""
    note = "the backward pass has an eps of its own: it must be that of its forward pass"
    return [(value(eps), note) for eps in (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)]


def grad_x_of(x, gamma, grad_out, eps):
    """The gradient of a batch of rows in closed form, with this epsilon; for mistakes only."""
    mean, var = batch_moments(x)
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma / std * (grad_out - grad_out.mean(0) - x_hat * (grad_out * x_hat).mean(0))


def golden(group):
    """Arrays that Keras computed, see make_golden.py."""
    with np.load(Path(__file__).with_name("golden.npz"), allow_pickle=False) as file:
        return {name.removeprefix(group): file[name] for name in file.files if name.startswith(group)}


def draw(rng, shape):
    """A batch whose features differ in mean and spread, scales of both signs, shifts, running statistics."""
    features = shape[-1]
    spread = rng.permutation(np.linspace(0.7, 3.0, features))
    x = rng.normal(size=shape) * spread + rng.normal(size=features) * 2.0
    gamma = rng.uniform(0.5, 2.0, features) * np.where(rng.permutation(features) % 2, 1.0, -1.0)
    beta = rng.uniform(0.5, 2.0, features)
    running = {"mean": rng.normal(size=features), "var": rng.uniform(4.0, 9.0, features)}
    return x, gamma, beta, running


def batch_axes(x):
    return tuple(range(x.ndim - 1))


def exact_moments(values):
    """Mean and variance (divided by the count) of some numbers, from sums with a single rounding."""
    values = [float(value) for value in values]
    mean = math.fsum(values) / len(values)
    return mean, math.fsum((value - mean) ** 2 for value in values) / len(values)


def batch_moments(x):
    """Mean and variance of each feature, one feature at a time."""
    pairs = [exact_moments(x[..., feature].ravel()) for feature in range(x.shape[-1])]
    mean, var = np.array(pairs).T
    return mean, var


def affine(x, mean, var, gamma, beta, eps):
    return gamma * ((x - mean) / np.sqrt(var + eps)) + beta


def batch_norm(x, gamma, beta, eps):
    return affine(x, *batch_moments(x), gamma, beta, eps)


def layer_norm(x, gamma, beta, eps):
    """The definition, one row at a time."""
    rows = x.reshape(-1, x.shape[-1])
    return np.stack([affine(row, *exact_moments(row), gamma, beta, eps) for row in rows]).reshape(x.shape)


def train(submission, x, gamma, beta, running, **options):
    """Call bn_forward; the cache is not looked at."""
    result = submission.bn_forward(x, gamma, beta, running, **options)
    out, _cache, new_running = checks.unpack(result, "out", "cache", "new_running")
    return out, new_running


def keep_cache(submission, x, gamma, beta, running, **options):
    """Call bn_forward; returns the cache, which stays in the worker."""
    result = submission.support.bn_forward(x, gamma, beta, running, **options)
    _out, cache, _new_running = checks.unpack(result, "out", "cache", "new_running")
    return cache


def gradients(submission, grad_out, cache):
    return checks.unpack(submission.support.bn_backward(grad_out, cache), "grad_x", "grad_gamma", "grad_beta")


def close(got, expected, name, **options):
    """`checks.close` with the dtype of the statement, and a tolerance that lets float32 rounding through.

    Every mistake that is looked for moves some value by a thousandth of the largest or more. Too few digits
    are a mistake of their own, which the tests of large means name.
    """
    allowed = 1e-5 * (np.max(np.abs(expected)) or 1.0)
    checks.close(got, expected, name=name, dtype="float64", **{"rtol": 1e-5, "atol": allowed, **options})


def close_running(got, mean, var, mean_mistakes=(), var_mistakes=()):
    new_running = checks.mapping(got, ["mean", "var"], name="new_running")
    sides = (("mean", mean, mean_mistakes), ("var", var, var_mistakes))
    for key, expected, mistakes in sides:
        value, name = new_running[key], f'new_running["{key}"]'
        checks.array(value, name=name, shape=expected.shape, note=PER_FEATURE)
        close(value, expected, name, mistakes=mistakes)


def close_per_feature(got, expected, name, mistakes=()):
    right = isinstance(got, np.ndarray) and got.shape == expected.shape
    close(got, expected, name, mistakes=mistakes, note="" if right else PER_FEATURE)


def shifted(rng, x, running):
    """Batch and running mean, both moved by the same million or more; no digit is lost, so that nothing else changes.

    Returns:
        x and running before, on a grid of 2^-20, and x and running after.
    """
    x, mean = (np.round(values * 2.0**20) / 2.0**20 for values in (x, running["mean"]))
    shift = np.round(rng.uniform(1e6, 3e6, x.shape[-1])) * rng.choice([-1.0, 1.0], x.shape[-1])
    return x, {**running, "mean": mean}, x + shift, {**running, "mean": mean + shift}


def other_axes(x, gamma, beta, axes):
    """What out would be with the statistics over other axes."""
    return affine(x, x.mean(axes, keepdims=True), x.var(axes, keepdims=True), gamma, beta, TINY)


class TestForward:
    def test_output(self, submission, rng):
        """Each feature is normalized over the batch, then scaled by gamma and shifted by beta"""
        x, gamma, beta, running = draw(rng, ROWS)
        mean, var = batch_moments(x)
        count = len(x)
        moved = {name: 0.99 * running[name] + 0.01 * new for name, new in (("mean", mean), ("var", var))}
        expected = affine(x, mean, var, gamma, beta, TINY)
        out, _new_running = train(submission, x, gamma, beta, running, eps=TINY)
        close(
            out,
            expected,
            "out",
            mistakes=[
                (
                    lambda: other_axes(x, gamma, beta, 1),
                    "the statistics are those of each row: batch norm takes them per feature, over the batch",
                ),
                (
                    lambda: other_axes(x, gamma, beta, None),
                    "one mean and one variance for the whole array: each feature has its own",
                ),
                (
                    affine(x, mean, var * count / (count - 1), gamma, beta, TINY),
                    "the variance is divided by N - 1: normalization divides by N",
                ),
                (
                    gamma * (x - mean) / var + beta,
                    "divided by the variance: divide by its square root, the standard deviation",
                ),
                (
                    affine(x, running["mean"], running["var"], gamma, beta, TINY),
                    "in training the statistics of the batch are used, not the running ones",
                ),
                (
                    affine(x, moved["mean"], moved["var"], gamma, beta, TINY),
                    "normalized with the updated running statistics: in training use those of the batch",
                ),
                (affine(x, mean, var, 1.0, 0.0, TINY), "gamma and beta are not applied"),
                (affine(x, mean, var, gamma, 0.0, TINY), "beta is not added"),
                (affine(x, mean, var, 1.0, beta, TINY), "gamma is not applied"),
                (
                    affine(x, mean, var, gamma, gamma * beta, TINY),
                    "beta is scaled by gamma: shift after scaling",
                ),
                (affine(x, mean, var, beta, gamma, TINY), "gamma and beta are swapped"),
                (affine(x, mean, var, gamma, beta, 1e-3), "the default eps is used in place of the argument"),
                (affine(x, 0.0, var, gamma, beta, TINY), "the mean is not subtracted"),
                (
                    affine(x, mean, 1.0, gamma, beta, TINY),
                    "the centred values are not divided by the deviation",
                ),
            ],
        )

    @pytest.mark.needs("TestForward::test_output")
    def test_epsilon(self, submission, rng):
        """Epsilon is added to the variance, inside the square root"""
        x, gamma, beta, running = draw(rng, ROWS)
        mean, var = batch_moments(x)
        eps = 2.0  # of the size of the variances, so that its place is visible
        out, _new_running = train(submission, x, gamma, beta, running, eps=eps)
        close(
            out,
            affine(x, mean, var, gamma, beta, eps),
            "out",
            mistakes=[
                (gamma * (x - mean) / (np.sqrt(var) + eps) + beta, EPS_OUTSIDE),
                (affine(x, mean, var, gamma, beta, 0.0), NO_EPS),
                (affine(x, mean, var, gamma, beta, 1e-3), "a fixed eps is used in place of the argument"),
                (affine(x, mean, var, gamma, beta, eps**2), "eps is squared: the root is sqrt(var + eps)"),
                (
                    affine(x, mean, np.maximum(var, eps), gamma, beta, 0.0),
                    "eps is a lower limit of the variance: add it, sqrt(var + eps)",
                ),
            ],
        )

    @pytest.mark.needs("TestForward::test_epsilon")
    def test_default_epsilon(self, submission):
        """With the default epsilon, outputs equal those of Keras"""
        stored = golden("dense_")
        x, gamma, beta = stored["x"][0], stored["gamma"], stored["beta"]
        running = {"mean": stored["start_mean"], "var": stored["start_var"]}
        out, _new_running = train(submission, x, gamma, beta, running)
        close(
            out,
            stored["out"][0],
            "out",
            mistakes=[
                (batch_norm(x, gamma, beta, eps), f"the default of eps is 1e-3, not {eps:.0e}")
                for eps in (1e-5, 1e-4, 1e-6, 1e-7, 1e-8, 1e-12, 1e-2)
            ],
        )

    @pytest.mark.needs("TestForward::test_output")
    def test_images(self, submission, rng):
        """Images have one mean and one variance per channel, over the batch and both spatial axes"""
        x, gamma, beta, running = draw(rng, IMAGES)
        out, _new_running = train(submission, x, gamma, beta, running, eps=TINY)
        per_image = "each image is normalized by itself: reduce over batch and both spatial axes"
        close(
            out,
            batch_norm(x, gamma, beta, TINY),
            "out",
            mistakes=[
                (
                    lambda: other_axes(x, gamma, beta, 0),
                    "statistics per pixel: reduce over batch and both spatial axes",
                ),
                (lambda: other_axes(x, gamma, beta, (1, 2)), per_image),
                (lambda: other_axes(x, gamma, beta, (1, 2, 3)), per_image),
                (
                    lambda: other_axes(x, gamma, beta, 3),
                    "each pixel is normalized over its channels: layer norm",
                ),
                (
                    lambda: other_axes(x, gamma, beta, (0, 1)),
                    "the width is left out: reduce over axes 0, 1 and 2",
                ),
                (
                    lambda: other_axes(x, gamma, beta, (0, 2)),
                    "the height is left out: reduce over axes 0, 1 and 2",
                ),
                (
                    lambda: other_axes(x, gamma, beta, None),
                    "one mean for all channels: each channel has its own",
                ),
            ],
        )

    @pytest.mark.needs("TestForward::test_images")
    @pytest.mark.parametrize("shape", [(1, 5), (1, 2, 4, 5)], ids=["one row", "one image"])
    def test_batch_of_one(self, submission, rng, shape):
        """A training batch of one follows the same formula"""
        x, gamma, beta, running = draw(rng, shape)
        with_running = affine(x, running["mean"], running["var"], gamma, beta, 0.25)
        instead = "a batch of one is normalized with the running statistics: the formula has no special case"
        out, _new_running = train(submission, x, gamma, beta, running, eps=0.25)
        close(out, batch_norm(x, gamma, beta, 0.25), "out", mistakes=[(with_running, instead)])

    @pytest.mark.needs("TestForward::test_default_epsilon", "TestForward::test_images")
    @pytest.mark.parametrize("shape", [(7, 9), (3, 2, 4, 9)], ids=["rows", "images"])
    def test_large_mean(self, submission, rng, shape):
        """A feature whose mean is a million times its spread keeps its digits"""
        x, gamma, beta, running = draw(rng, shape)
        x = x + rng.uniform(1e6, 3e6, shape[-1]) * rng.choice([-1.0, 1.0], shape[-1])
        out, _new_running = train(submission, x, gamma, beta, running)
        # The statement asks for six decimals. Over 200 seeds right ways were off by 4e-9 at most (24 terms of
        # 3e6, rounded at 1e-16), and E[x^2] - E[x]^2 by 4e-4 at least: it loses (3e6)^2 * 1e-16 of a variance.
        close(out, batch_norm(x, gamma, beta, 1e-3), "out", rtol=0.0, atol=1e-6, note=ONE_PASS)


class TestRunning:
    @pytest.mark.parametrize(
        "case",
        [
            "rows",
            "images",
            "one row",
            "one feature",
            "one channel",
            "momentum 0",
            pytest.param("arguments by position", marks=pytest.mark.needs("TestForward::test_epsilon")),
        ],
    )
    def test_update(self, submission, rng, case):
        """New statistics are momentum times the old, plus 1 - momentum times those of the batch"""
        shapes = {"images": IMAGES, "one row": (1, 5), "one feature": (7, 1), "one channel": (3, 2, 4, 1)}
        x, gamma, beta, running = draw(rng, shapes.get(case, ROWS))
        mean, var = batch_moments(x)
        count = x[..., 0].size
        momentum, eps = 0.0 if case == "momentum 0" else 0.8, 0.5

        def mix(old, new):
            return momentum * old + (1 - momentum) * new

        old_mean, old_var = running["mean"], running["var"]
        kept, replaced = "the running statistics did not move in training", "the old statistics are forgotten"
        default = "the default momentum is used in place of the argument"
        if case == "arguments by position":
            result = submission.bn_forward(x, gamma, beta, running, momentum, eps, True)
            out, _cache, new_running = checks.unpack(result, "out", "cache", "new_running")
            close(out, batch_norm(x, gamma, beta, eps), "out", note=IN_ORDER)
        else:
            _out, new_running = train(submission, x, gamma, beta, running, momentum=momentum, eps=eps)
        close_running(
            new_running,
            mix(old_mean, mean),
            mix(old_var, var),
            mean_mistakes=[
                (mix(mean, old_mean), PYTORCH_MOMENTUM),
                (old_mean, kept),
                (mean, replaced),
                (0.99 * old_mean + 0.01 * mean, default),
                (momentum * old_mean + mean, "the batch mean is not weighted by 1 - momentum"),
            ],
            var_mistakes=[
                (
                    mix(old_var, var * count / max(count - 1, 1)),
                    "the variance in the update is divided by count - 1, off by N/(N-1): divide by the count",
                ),
                (
                    mix(old_var, var + eps),
                    "the running variance contains eps: it is added only where one divides",
                ),
                (mix(old_var, np.sqrt(var)), "the running variance is updated with the standard deviation"),
                (
                    mix(old_var, np.sqrt(var + eps)),
                    "the running variance is updated with the standard deviation",
                ),
                (mix(var, old_var), PYTORCH_MOMENTUM),
                (old_var, kept),
                (var, replaced),
                (0.99 * old_var + 0.01 * var, default),
                (
                    mix(old_var, ((x - mix(old_mean, mean)) ** 2).mean(batch_axes(x))),
                    "the variance is taken around the running mean: take it around the mean of the batch",
                ),
            ],
        )

    def test_prediction_alone(self, submission, rng):
        """At inference, the output of a sample does not depend on its neighbours"""
        x, gamma, beta, running = draw(rng, ROWS)
        together, _new = train(submission, x, gamma, beta, running, training=False)
        alone, _new = train(submission, x[2:3], gamma, beta, running, training=False)
        together = checks.array(together, name="out", shape=x.shape, dtype=np.float64)
        checks.array(alone, name="out of one row", shape=(1, ROWS[1]), note="out has the shape of x, also for one row")
        close(alone, together[2:3], "out of one row", note=BATCH_AT_INFERENCE)

    @BOTH
    @pytest.mark.needs("TestForward::test_epsilon", "TestRunning::test_prediction_alone")
    def test_prediction(self, submission, rng, shape):
        """At inference, the running statistics normalize"""
        x, gamma, beta, running = draw(rng, shape)
        mean, var, eps = running["mean"], running["var"], 0.5
        out, _new_running = train(submission, x, gamma, beta, running, eps=eps, training=False)
        close(
            out,
            affine(x, mean, var, gamma, beta, eps),
            "out",
            mistakes=[
                (batch_norm(x, gamma, beta, eps), BATCH_AT_INFERENCE),
                (
                    gamma * (x - mean) / (var + eps) + beta,
                    "divided by the running variance: divide by its square root",
                ),
                (affine(x, mean, var, gamma, beta, 0.0), NO_EPS),
                (gamma * (x - mean) / (np.sqrt(var) + eps) + beta, EPS_OUTSIDE),
                (affine(x, mean, var, 1.0, 0.0, eps), "gamma and beta are not applied at inference"),
                (x, "at inference the layer does nothing: it still normalizes, with the running statistics"),
                (gamma * x + beta, "at inference the layer still normalizes, with the running statistics"),
            ],
        )

    @pytest.mark.needs("TestForward::test_large_mean", "TestRunning::test_update", "TestRunning::test_prediction")
    @pytest.mark.parametrize("case", ["update", "prediction"])
    def test_large_mean(self, submission, rng, case):
        """A mean that is a million times the spread keeps its digits in the update and at inference, too"""
        x, gamma, beta, running = draw(rng, (7, 9))
        _x, _running, x, running = shifted(rng, x, running)
        if case == "prediction":
            out, _new_running = train(submission, x, gamma, beta, running, training=False)
            expected = affine(x, running["mean"], running["var"], gamma, beta, 1e-3)
            # As in training. Over 200 seeds right ways were off by 6e-10 at most, float32 by 0.05 at least.
            close(out, expected, "out", rtol=0.0, atol=1e-6, note=ONE_PASS)
            return
        _out, new_running = train(submission, x, gamma, beta, running, momentum=0.0)
        new_var = checks.mapping(new_running, ["mean", "var"], name="new_running")["var"]
        _mean, var = batch_moments(x)
        # Over 400 seeds right ways were off by 5e-10 of a variance at most, E[x^2] - E[x]^2 by 3e-4 at least.
        close(new_var, var, 'new_running["var"]', rtol=1e-5, atol=0.0, note=ONE_PASS)

    def test_prediction_keeps_state(self, submission, rng):
        """Inference does not change the running statistics"""
        x, gamma, beta, running = draw(rng, ROWS)
        mean, var = batch_moments(x)
        moved = "the running statistics moved with training=False: inference must not change state"
        _out, new_running = train(submission, x, gamma, beta, running, momentum=0.8, training=False)
        close_running(
            new_running,
            running["mean"],
            running["var"],
            mean_mistakes=[(0.8 * running["mean"] + 0.2 * mean, moved)],
            var_mistakes=[(0.8 * running["var"] + 0.2 * var, moved)],
        )

    @pytest.mark.needs("TestForward::test_default_epsilon", "TestForward::test_images", "TestRunning::test_update")
    @pytest.mark.parametrize("group", ["dense_", "images_"], ids=["rows", "images"])
    def test_keras(self, submission, group):
        """Three training steps with the default momentum, then a prediction, equal those of Keras"""
        stored = golden(group)
        gamma, beta = stored["gamma"], stored["beta"]
        running = {"mean": stored["start_mean"], "var": stored["start_var"]}
        for x, keras_mean, keras_var in zip(stored["x"], stored["mean"], stored["var"], strict=True):
            mean, var = batch_moments(x)

            def other_default(old, new):
                return [
                    (
                        momentum * old + (1 - momentum) * new,
                        f"the default of momentum is 0.99, not {momentum}",
                    )
                    for momentum in (0.9, 0.1, 0.01, 0.999, 0.95)
                ]

            _out, new_running = train(submission, x, gamma, beta, running)
            close_running(
                new_running,
                keras_mean,
                keras_var,
                mean_mistakes=other_default(running["mean"], mean),
                var_mistakes=other_default(running["var"], var),
            )
            running = new_running
        out, _new_running = train(submission, stored["x_new"], gamma, beta, running, training=False)
        close(out, stored["out_new"], "out")


class TestBackward:
    @WITH_SINGLES
    @pytest.mark.needs("TestForward::test_output")
    def test_grad_beta(self, submission, rng, shape):
        """The gradient of beta is the sum of grad_out over the batch"""
        x, gamma, beta, running = draw(rng, shape)
        grad_out = rng.normal(size=shape) + 0.5
        cache = keep_cache(submission, x, gamma, beta, running, eps=TINY)
        _grad_x, _grad_gamma, grad_beta = gradients(submission, grad_out, cache)
        count = x[..., 0].size
        expected = [math.fsum(grad_out[..., feature].ravel()) for feature in range(shape[-1])]
        mistakes = [
            (
                np.array(expected) / count,
                "grad_beta is a mean over the batch: every use of beta adds, so sum",
            ),
            (
                lambda: (grad_out * batch_norm(x, 1.0, 0.0, TINY)).sum(batch_axes(x)),
                "grad_beta is the gradient of gamma: return grad_x, grad_gamma, grad_beta in this order",
            ),
            (grad_out, "grad_beta is not summed over the batch: beta is shared by all rows"),
            (np.array(expected) / shape[0], "grad_beta is divided by N: every use of beta adds, so sum"),
        ]
        close_per_feature(grad_beta, np.array(expected), "grad_beta", mistakes)

    @WITH_SINGLES
    @pytest.mark.needs("TestForward::test_images", "TestBackward::test_grad_beta")
    def test_grad_gamma(self, submission, rng, shape):
        """The gradient of gamma is the sum of grad_out times the normalized input"""
        x, gamma, beta, running = draw(rng, shape)
        grad_out = rng.normal(size=shape) + 0.5
        cache = keep_cache(submission, x, gamma, beta, running, eps=TINY)
        _grad_x, grad_gamma, _grad_beta = gradients(submission, grad_out, cache)
        mean, var = batch_moments(x)
        axes = batch_axes(x)
        # out is linear in gamma: its derivative is out at gamma = 1, beta = 0.
        expected = (grad_out * batch_norm(x, 1.0, 0.0, TINY)).sum(axes)
        count = x[..., 0].size
        close_per_feature(
            grad_gamma,
            expected,
            "grad_gamma",
            [
                (expected / count, "grad_gamma is a mean over the batch: every use of gamma adds, so sum"),
                ((grad_out * x).sum(axes), "grad_gamma uses x: gamma multiplies the normalized input x_hat"),
                ((grad_out * (x - mean)).sum(axes), "grad_gamma uses x - mean: gamma multiplies x_hat"),
                (
                    (grad_out * batch_norm(x, gamma, beta, TINY)).sum(axes),
                    "grad_gamma uses out: gamma multiplies the normalized input x_hat",
                ),
                (
                    (grad_out * batch_norm(x, gamma, 0.0, TINY)).sum(axes),
                    "grad_gamma is multiplied by gamma itself",
                ),
                (
                    (grad_out * (x - mean) / var).sum(axes),
                    "grad_gamma divides by the variance, not by its root",
                ),
                *own_epsilon(lambda eps: (grad_out * batch_norm(x, 1.0, 0.0, eps)).sum(axes)),
            ],
        )

    @pytest.mark.needs("TestBackward::test_grad_gamma")
    def test_zero_gamma(self, submission, rng):
        """Where gamma is 0, it still has a gradient"""
        x, gamma, beta, running = draw(rng, ROWS)
        gamma[1] = 0.0
        grad_out = rng.normal(size=ROWS)
        cache = keep_cache(submission, x, gamma, beta, running, eps=TINY)
        _grad_x, grad_gamma, _grad_beta = gradients(submission, grad_out, cache)
        note = "x_hat cannot be recovered from out by dividing by gamma: gamma may be 0, keep x_hat in the cache"
        mistakes = own_epsilon(lambda eps: (grad_out * batch_norm(x, 1.0, 0.0, eps)).sum(0))
        close(grad_gamma, (grad_out * batch_norm(x, 1.0, 0.0, TINY)).sum(0), "grad_gamma", mistakes=mistakes, note=note)

    @pytest.mark.needs("TestForward::test_output")
    def test_shift(self, submission, rng):
        """Adding a constant to a feature changes nothing, so grad_x sums to 0 over the batch"""
        x, gamma, beta, running = draw(rng, ROWS)
        grad_out = rng.normal(size=ROWS) + 0.5
        cache = keep_cache(submission, x, gamma, beta, running, eps=TINY)
        grad_x, _grad_gamma, _grad_beta = gradients(submission, grad_out, cache)
        grad_x = checks.array(grad_x, name="grad_x", shape=ROWS)
        _mean, var = batch_moments(x)
        missing = "grad_x misses the path through the batch mean: the mean depends on x too"
        # 7 terms of size 10 at most: rounding stays below 1e-13, in float32 1e-5; the missing path is of order 1.
        close(
            grad_x.sum(0),
            np.zeros(ROWS[1]),
            "grad_x.sum(0)",
            rtol=0.0,
            atol=1e-4,
            mistakes=[((gamma / np.sqrt(var) * grad_out).sum(0), missing)],
            note="the path of the gradient through the batch mean is missing or has a wrong size",
        )

    @pytest.mark.needs("TestBackward::test_shift")
    def test_scale(self, submission, rng):
        """Scaling a feature changes nothing, so grad_x is orthogonal to x - mean"""
        x, gamma, beta, running = draw(rng, ROWS)
        grad_out = rng.normal(size=ROWS) + 0.5
        cache = keep_cache(submission, x, gamma, beta, running, eps=TINY)
        grad_x, _grad_gamma, _grad_beta = gradients(submission, grad_out, cache)
        grad_x = checks.array(grad_x, name="grad_x", shape=ROWS)
        mean, var = batch_moments(x)
        centred = x - mean
        alone = (gamma / np.sqrt(var) * grad_out * centred).sum(0)  # without the path through the variance
        # 7 terms of size 30 at most: rounding stays below 1e-12, in float32 1e-5; the missing path is of order 1.
        close(
            (grad_x * centred).sum(0),
            np.zeros(ROWS[1]),
            "(grad_x * (x - mean)).sum(0)",
            rtol=0.0,
            atol=1e-4,
            mistakes=[
                (alone, "grad_x misses the path through the batch variance: the variance depends on x too"),
                (-alone, "the path through the variance has twice its size: the root brings a factor 1/2"),
                *own_epsilon(lambda eps: (grad_x_of(x, gamma, grad_out, eps) * centred).sum(0)),
            ],
            note="the path of the gradient through the batch variance is missing or has a wrong size",
        )

    @pytest.mark.needs("TestBackward::test_scale")
    def test_grad_x(self, submission, rng):
        """The gradient of x agrees with central differences"""
        x, gamma, beta, running = draw(rng, ROWS)
        grad_out = rng.normal(size=ROWS) + 0.5
        cache = keep_cache(submission, x, gamma, beta, running, eps=TINY)
        grad_x, _grad_gamma, _grad_beta = gradients(submission, grad_out, cache)
        mean, var = batch_moments(x)
        x_hat, std = (x - mean) / np.sqrt(var), np.sqrt(var)
        bracket = grad_out - grad_out.mean(0) - x_hat * (grad_out * x_hat).mean(0)
        count = len(x)

        checks.gradient(
            lambda point: float((grad_out * batch_norm(point, gamma, beta, TINY)).sum()),
            x,
            grad_x,
            name="grad_x",
            mistakes=[
                (bracket / std, "grad_x is not multiplied by gamma"),
                (gamma * bracket, "grad_x is not divided by the standard deviation"),
                (gamma * bracket / var, "grad_x is divided by the variance, not by the standard deviation"),
                (gamma / std * bracket * count, "grad_x is N times too large"),
                (gamma / std * bracket / count, "grad_x is divided by N: the loss is a sum over out"),
                (gamma**2 * bracket / std, "grad_x is multiplied by gamma twice"),
                *own_epsilon(lambda eps: grad_x_of(x, gamma, grad_out, eps)),
            ],
        )

    @pytest.mark.needs("TestForward::test_epsilon", "TestBackward::test_grad_gamma", "TestBackward::test_grad_x")
    @pytest.mark.parametrize("rows", [7, 1], ids=["seven rows", "one row"])
    def test_epsilon(self, submission, rng, rows):
        """The backward pass has the epsilon of the forward pass, also for a constant feature"""
        x, gamma, beta, running = draw(rng, (rows, 5))
        x[:, 3] = -1.5  # short in binary: the variance is exactly 0
        eps = 0.2
        grad_out = rng.normal(size=x.shape) + 0.5
        cache = keep_cache(submission, x, gamma, beta, running, eps=eps)
        grad_x, grad_gamma, _grad_beta = gradients(submission, grad_out, cache)
        note = "the backward pass must use sqrt(var + eps), as its forward pass did, without special cases"
        close(grad_gamma, (grad_out * batch_norm(x, 1.0, 0.0, eps)).sum(0), "grad_gamma", note=note)
        mean, var = batch_moments(x)
        x_hat = (x - mean) / np.sqrt(var + eps)
        bracket = grad_out - grad_out.mean(0) - x_hat * (grad_out * x_hat).mean(0)
        with np.errstate(divide="ignore", invalid="ignore"):
            x_hat0 = np.nan_to_num((x - mean) / np.sqrt(var))
            bracket0 = grad_out - grad_out.mean(0) - x_hat0 * (grad_out * x_hat0).mean(0)
            mistakes = [
                (gamma * bracket0 / np.sqrt(var), note),
                (gamma * bracket / np.sqrt(var), note),
                (gamma * bracket0 / np.sqrt(var + eps), note),
                (gamma * bracket / np.sqrt(var + 1e-3), note),
                (np.where(var == 0, 0.0, gamma * bracket / np.sqrt(var + eps)), note),
            ]
        checks.gradient(
            lambda point: float((grad_out * batch_norm(point, gamma, beta, eps)).sum()),
            x,
            grad_x,
            name="grad_x",
            mistakes=mistakes,
            note=note,
        )

    @pytest.mark.needs("TestForward::test_images", "TestBackward::test_grad_x", "TestBackward::test_epsilon")
    @pytest.mark.parametrize("source", ["differences", "keras"], ids=["central differences", "keras"])
    def test_images(self, submission, rng, source):
        """For images, the means in the backward pass run over batch, height and width"""
        if source == "keras":
            stored = golden("images_")
            x, grad_out, gamma, beta = stored["x"][0], stored["grad_out"][0], stored["gamma"], stored["beta"]
            running = {"mean": stored["start_mean"], "var": stored["start_var"]}
        else:
            x, gamma, beta, running = draw(rng, IMAGES)
            grad_out = rng.normal(size=IMAGES) + 0.5
        cache = keep_cache(submission, x, gamma, beta, running)
        grad_x, _grad_gamma, _grad_beta = gradients(submission, grad_out, cache)
        mean, var = batch_moments(x)
        std = np.sqrt(var + 1e-3)
        x_hat = (x - mean) / std
        sums = grad_out.sum((0, 1, 2)), (grad_out * x_hat).sum((0, 1, 2))
        pixel_means = grad_out.mean(0), (grad_out * x_hat).mean(0)
        image_means = grad_out.mean((1, 2), keepdims=True), (grad_out * x_hat).mean((1, 2), keepdims=True)

        def with_means(mean_grad, mean_product):
            return gamma / std * (grad_out - mean_grad - x_hat * mean_product)

        mistakes = [
            (
                with_means(sums[0] / len(x), sums[1] / len(x)),
                "the sums are divided by the batch size: divide by the count of values, N*H*W",
            ),
            (
                with_means(*pixel_means),
                "the means in the backward pass are per pixel: they run over N, H and W",
            ),
            (
                with_means(*image_means),
                "the means in the backward pass are per image: they run over N, H and W",
            ),
        ]
        if source == "keras":
            close(grad_x, stored["grad_x"][0], "grad_x", mistakes=mistakes)
        else:
            checks.gradient(
                lambda point: float((grad_out * batch_norm(point, gamma, beta, 1e-3)).sum()),
                x,
                grad_x,
                name="grad_x",
                mistakes=mistakes,
            )

    @BOTH
    @pytest.mark.needs("TestRunning::test_prediction", "TestBackward::test_grad_beta")
    def test_inference(self, submission, rng, shape):
        """After a forward pass at inference, the running statistics are constants"""
        x, gamma, beta, running = draw(rng, shape)
        grad_out = rng.normal(size=shape) + 0.5
        eps, axes = 0.5, batch_axes(x)
        cache = keep_cache(submission, x, gamma, beta, running, eps=eps, training=False)
        grad_x, grad_gamma, grad_beta = gradients(submission, grad_out, cache)
        mean, var = running["mean"], running["var"]
        std, x_hat = np.sqrt(var + eps), (x - mean) / np.sqrt(var + eps)
        batch_mean, batch_var = batch_moments(x)
        batch_std = np.sqrt(batch_var + eps)
        batch_hat = (x - batch_mean) / batch_std

        def training_formula(hat, deviation):
            return gamma / deviation * (grad_out - grad_out.mean(axes) - hat * (grad_out * hat).mean(axes))

        note = "grad_x is that of training: with training=False the statistics are constants"
        close(
            grad_x,
            grad_out * gamma / std,
            "grad_x",
            mistakes=[
                (training_formula(x_hat, std), note),
                (training_formula(batch_hat, batch_std), note),
                (
                    grad_out * gamma / batch_std,
                    "the statistics of the batch are used: with training=False use running",
                ),
                (grad_out * gamma / np.sqrt(var), NO_EPS),
            ],
        )
        close_per_feature(
            grad_gamma,
            (grad_out * x_hat).sum(axes),
            "grad_gamma",
            [((grad_out * batch_hat).sum(axes), "grad_gamma uses the statistics of the batch at inference")],
        )
        close_per_feature(grad_beta, grad_out.sum(axes), "grad_beta")

    @MODES
    @pytest.mark.needs("TestForward::test_large_mean", "TestBackward::test_epsilon", "TestBackward::test_inference")
    def test_large_mean(self, submission, rng, training):
        """Moving a feature and its running mean by a million changes no gradient"""
        x, gamma, beta, running = draw(rng, ROWS)
        grad_out = rng.normal(size=ROWS) + 0.5
        x, running, far_x, far_running = shifted(rng, x, running)
        cache = keep_cache(submission, far_x, gamma, beta, far_running, training=training)
        grad_x, grad_gamma, grad_beta = gradients(submission, grad_out, cache)

        def out(x, gamma, beta):
            moments = batch_moments(x) if training else (running["mean"], running["var"])
            return affine(x, *moments, gamma, beta, 1e-3)

        # The expected values come from the batch that was not moved. Over 200 seeds right ways were off by 3e-9 of the
        # largest value at most, float32 by 4e-3 at least.
        close(grad_gamma, (grad_out * out(x, 1.0, 0.0)).sum(0), "grad_gamma", note=ONE_PASS)
        close(grad_beta, grad_out.sum(0), "grad_beta", note=ONE_PASS)
        checks.gradient(
            lambda point: float((grad_out * out(point, gamma, beta)).sum()), x, grad_x, name="grad_x", note=ONE_PASS
        )

    @pytest.mark.needs("TestBackward::test_grad_beta", "TestBackward::test_grad_gamma")
    def test_cache(self, submission, rng):
        """A cache belongs to its forward call, and can be used twice"""
        x, gamma, beta, running = draw(rng, ROWS)
        other_x, other_gamma, *_rest = draw(rng, ROWS)
        grad_out = rng.normal(size=ROWS) + 0.5
        cache = keep_cache(submission, x, gamma, beta, running, eps=TINY)
        first = gradients(submission, grad_out, cache)
        keep_cache(submission, other_x, other_gamma, beta, running, eps=0.5, training=False)
        again = gradients(submission, grad_out, cache)
        note = "the same cache gave another gradient the second time: do not change it, and keep no globals"
        for name, value, second in zip(("grad_x", "grad_gamma", "grad_beta"), first, again, strict=True):
            value = checks.array(value, name=name)
            close(second, value, name, note=note)
        other = gradients(submission, -2.0 * grad_out, cache)
        memo = "another grad_out got the gradients of the first: compute them anew in each call"
        for name, value, third in zip(("grad_x", "grad_gamma", "grad_beta"), first, other, strict=True):
            close(third, -2.0 * value, name, mistakes=[(value, memo)], note=note)


class TestLayerNorm:
    def test_rows_alone(self, submission, rng):
        """The output of a row does not depend on the other rows"""
        x, gamma, beta, _running = draw(rng, ROWS)
        together = checks.array(submission.ln_forward(x, gamma, beta), name="out", shape=ROWS, dtype=np.float64)
        alone = submission.ln_forward(x[2:3], gamma, beta)
        checks.array(alone, name="out of one row", shape=(1, ROWS[1]), note="out has the shape of x, also for one row")
        note = "a row depends on the other rows: layer norm takes mean and variance over the last axis, per row"
        close(alone, together[2:3], "out of one row", note=note)

    @pytest.mark.needs("TestLayerNorm::test_rows_alone")
    def test_output(self, submission, rng):
        """Each row is normalized over its features, then scaled by gamma and shifted by beta"""
        x, gamma, beta, _running = draw(rng, ROWS)
        mean, var = x.mean(1, keepdims=True), x.var(1, keepdims=True)
        features = x.shape[1]
        close(
            submission.ln_forward(x, gamma, beta, eps=TINY),
            layer_norm(x, gamma, beta, TINY),
            "out",
            mistakes=[
                (
                    affine(x, mean, var * features / (features - 1), gamma, beta, TINY),
                    "the variance is divided by D - 1: normalization divides by D",
                ),
                (
                    affine(x, 0.0, (x**2).mean(1, keepdims=True), gamma, beta, TINY),
                    "the mean is not subtracted",
                ),
                (
                    affine(x, 0.0, (x**2).mean(1, keepdims=True), gamma, 0.0, TINY),
                    "this is RMS norm, without mean",
                ),
                (affine(x, mean, var, 1.0, 0.0, TINY), "gamma and beta are not applied"),
                (gamma * (x - mean) / var + beta, "divided by the variance: divide by its square root"),
                (
                    affine(x, mean, var, gamma, gamma * beta, TINY),
                    "beta is scaled by gamma: shift after scaling",
                ),
            ],
        )

    @pytest.mark.needs("TestLayerNorm::test_output")
    def test_epsilon(self, submission, rng):
        """Epsilon is added to the variance of the row, inside the square root"""
        x, gamma, beta, _running = draw(rng, ROWS)
        mean, var, eps = x.mean(1, keepdims=True), x.var(1, keepdims=True), 0.5
        close(
            submission.ln_forward(x, gamma, beta, eps=eps),
            layer_norm(x, gamma, beta, eps),
            "out",
            mistakes=[
                (gamma * (x - mean) / (np.sqrt(var) + eps) + beta, EPS_OUTSIDE),
                (affine(x, mean, var, gamma, beta, 0.0), NO_EPS),
                (affine(x, mean, var, gamma, beta, 1e-5), "the default eps is used in place of the argument"),
            ],
        )

    @pytest.mark.needs("TestLayerNorm::test_output")
    @pytest.mark.parametrize("shape", [(5,), (3, 4, 5), (2, 3, 4, 6)], ids=["one row", "sequences", "images"])
    def test_leading_axes(self, submission, rng, shape):
        """Any number of leading axes: the statistics are those of the last axis"""
        x, gamma, beta, _running = draw(rng, shape)
        rest = tuple(range(1, x.ndim)) or None
        first = "mean and variance are taken over all axes but the first: layer norm here uses the last axis only"
        second = "mean and variance are taken over axis 1: layer norm uses the last axis"
        mistakes = [(lambda: other_axes(x, gamma, beta, rest), first)]
        if x.ndim > 2:
            mistakes.append((lambda: other_axes(x, gamma, beta, 1), second))
        close(
            submission.ln_forward(x, gamma, beta, eps=TINY),
            layer_norm(x, gamma, beta, TINY),
            "out",
            mistakes=mistakes,
        )

    @pytest.mark.needs("TestLayerNorm::test_output")
    def test_one_feature(self, submission, rng):
        """With one feature the output is beta: the formula has no special case"""
        x, gamma, beta, _running = draw(rng, (7, 1))
        note = "the mean of one feature is its value, so that x - mean is 0"
        close(submission.ln_forward(x, gamma, beta), np.broadcast_to(beta, x.shape), "out", note=note)

    @pytest.mark.needs("TestLayerNorm::test_epsilon", "TestLayerNorm::test_leading_axes")
    def test_default_epsilon(self, submission):
        """With the default epsilon, outputs equal those of Keras with epsilon 1e-5"""
        stored = golden("layer_")
        x, gamma, beta = stored["x"], stored["gamma"], stored["beta"]
        close(
            submission.ln_forward(x, gamma, beta),
            stored["out"],
            "out",
            mistakes=[
                (layer_norm(x, gamma, beta, eps), f"the default of eps is 1e-5 in layer norm, not {eps:.0e}")
                for eps in (1e-3, 1e-6, 1e-8, 1e-12, 1e-4, 1e-7)
            ],
        )

    @pytest.mark.needs("TestLayerNorm::test_epsilon")
    def test_large_mean(self, submission, rng):
        """A row whose mean is a million times its spread keeps its digits"""
        x, gamma, beta, _running = draw(rng, (9, 5))
        x = x + rng.uniform(1e6, 3e6, (9, 1)) * rng.choice([-1.0, 1.0], (9, 1))
        out = submission.ln_forward(x, gamma, beta, eps=1e-5)
        # As in batch norm: over 200 seeds right ways were off by 2e-9 at most, E[x^2] - E[x]^2 by 6e-5 at least.
        close(out, layer_norm(x, gamma, beta, 1e-5), "out", rtol=0.0, atol=1e-6, note=ONE_PASS)


class TestManners:
    @MODES
    def test_forward_leaves_arguments(self, submission, rng, training):
        """The forward pass does not change x, gamma, beta or running"""
        x, gamma, beta, running = draw(rng, ROWS)
        checks.unchanged(submission.bn_forward, x, gamma, beta, running, 0.8, 1e-3, training)

    @MODES
    @pytest.mark.needs("TestManners::test_forward_leaves_arguments")
    def test_backward_leaves_arguments(self, submission, rng, training):
        """The backward pass changes neither grad_out nor what the forward pass was given"""
        x, gamma, beta, running = draw(rng, ROWS)
        grad_out = rng.normal(size=ROWS)
        cache = keep_cache(submission, x, gamma, beta, running, training=training)
        checks.unchanged(submission.support.bn_backward, grad_out, cache)
        names, given = ("x", "gamma", "beta"), (x, gamma, beta)
        *after, running_after = submission.support.after_both(x, gamma, beta, running, training, grad_out)
        note = "the backward pass writes into an array that the caller gave to the forward pass"
        for name, before, now in zip(names, given, after, strict=True):
            checks.equal(now, before, name=f"{name} after the backward pass", note=note)
        for key, before in running.items():
            checks.equal(running_after[key], before, name=f'running["{key}"] after the backward pass', note=note)

    def test_layer_norm_leaves_arguments(self, submission, rng):
        """Layer norm does not change its arguments"""
        x, gamma, beta, _running = draw(rng, ROWS)
        checks.unchanged(submission.ln_forward, x, gamma, beta)
