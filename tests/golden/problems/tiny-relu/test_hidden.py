"""Hidden suite of `tiny-relu`; its inputs are fixed, so that what it says can be compared letter by letter."""

import numpy as np
import pytest

from grader import checks

X = np.array([[-1.0, 0.5, 2.0], [3.0, -0.25, 1.5]])
GRAD_OUT = np.array([[4.0, -3.0, 2.0], [-1.0, 5.0, 0.5]])
GRAD_X = GRAD_OUT * (X > 0)


class TestForward:
    def test_values(self, submission):
        """Negative entries become 0, the others stay"""
        checks.close(
            submission.relu(X), np.maximum(X, 0), name="out", mistakes=[(np.abs(X), "this is the absolute value")]
        )


class TestBackward:
    def test_gate(self, submission):
        """The gate opens by the sign of x, not of grad_out"""
        mistakes = [
            (GRAD_OUT * (GRAD_OUT > 0), "the gate opens by the sign of grad_out"),
            (GRAD_OUT, "the gradient flows through where x is negative"),
        ]
        checks.close(submission.relu_grad(X, GRAD_OUT), GRAD_X, name="grad_x", mistakes=mistakes)

    @pytest.mark.needs("TestBackward::test_gate")
    def test_zero(self, submission):
        """The gradient at exactly 0 is 0"""
        checks.close(submission.relu_grad(np.zeros(2), np.ones(2)), np.zeros(2), name="grad_x")


class TestManners:
    @pytest.mark.needs("TestBackward::test_gate")
    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    def test_dtype(self, submission, dtype):
        """Results have the dtype of x"""
        grad = submission.relu_grad(X.astype(dtype), GRAD_OUT.astype(dtype))
        checks.array(grad, name="grad_x", shape=(2, 3), dtype=dtype, note="Cast the mask to the dtype of x.")

    @pytest.mark.needs("TestForward::test_values")
    def test_unchanged(self, submission):
        """The forward pass leaves its argument alone"""
        checks.unchanged(submission.relu, X)
