"""The examples of the statement: run them with `pytest`, or in your IDE's debugger."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from solution import adam, adamw, clip_by_global_norm, clip_by_value, cosine_schedule, momentum, sgd

W = np.array([1.0, -2.0])
GRADS = [np.array([0.5, -4.0]), np.array([0.5, 4.0])]

CASES = [
    (sgd, {}, [0.95, -1.6], [0.9, -2.0]),
    (momentum, {}, [0.95, -1.6], [0.855, -1.64]),
    (momentum, {"convention": "ema"}, [0.995, -1.96], [0.9855, -1.964]),
    (adam, {}, [0.9, -1.9], [0.8, -1.905263]),
    (adamw, {"weight_decay": 0.1}, [0.89, -1.88], [0.7811, -1.866463]),
]


@pytest.mark.parametrize(("rule", "options", "first", "second"), CASES)
def test_two_steps(rule, options, first, second):
    state = {}
    w1 = rule(W.copy(), GRADS[0].copy(), state, 0.1, **options)
    assert_allclose(w1, first, atol=1e-6)
    assert_allclose(rule(w1, GRADS[1].copy(), state, 0.1, **options), second, atol=1e-6)


def test_the_two_kinds_of_momentum():
    """With a constant lr, "ema" is "classic" with lr * (1 - beta)."""
    one, other, state_one, state_other = W, W, {}, {}
    for g in GRADS:
        one = momentum(one, g, state_one, 0.1, beta=0.8, convention="ema")
        other = momentum(other, g, state_other, 0.1 * (1 - 0.8), beta=0.8, convention="classic")
        assert_allclose(one, other)


def test_momentum_in_a_narrow_valley():
    """Steps until w1^2 + 100 w2^2 is below 1e-6: with the best constant lr, SGD needs 348, momentum far fewer."""
    curvature = np.array([1.0, 100.0])
    w, state, steps = np.array([1.0, 1.0]), {}, 0
    while np.sum(curvature * w**2) >= 1e-6 and steps < 348:
        w = momentum(w, curvature * w, state, lr=(2 / 11) ** 2, beta=(9 / 11) ** 2)
        steps += 1
    assert steps < 100


def test_clipping():
    clipped, norm = clip_by_global_norm([np.array([[3.0, 0.0]]), np.array([4.0])], 1.0)
    assert_allclose(norm, 5.0)
    assert_allclose(clipped[0], [[0.6, 0.0]])
    assert_allclose(clipped[1], [0.8])
    assert_allclose(clip_by_value(np.array([0.5, -4.0]), 1.0), [0.5, -1.0])


def test_a_gradient_with_nan():
    with pytest.raises(FloatingPointError):
        clip_by_global_norm([np.array([1.0, np.nan])], 1.0)


def test_schedule():
    rates = [cosine_schedule(step, 10, 2, 0.4, 0.1) for step in (0, 1, 2, 6, 10, 11)]
    assert_allclose(rates, [0.0, 0.2, 0.4, 0.25, 0.1, 0.1], atol=1e-12)
