import numpy as np
import pytest

from grader import checks

N, M = 300, 400
LEAST = 0.85


def points(rng, direction, n):
    x = rng.normal(size=(n, 4))
    y = (x @ direction > 0).astype(np.int64)
    return x, np.where(rng.random(n) < 0.05, 1 - y, y)


def accuracy(model, x, y):
    labels = checks.array(model.predict(x), name="labels", shape=(len(x),), dtype=np.int64)
    return float(np.mean(labels == y))


class TestHidden:
    def test_accuracy(self, submission, rng):
        """Hidden labels are predicted"""
        direction = rng.normal(size=4)
        x, y = points(rng, direction, N)
        hidden_x, hidden_y = points(rng, direction, M)
        model = checks.handle(submission.fit(x, y), name="model")
        checks.between(accuracy(model, hidden_x, hidden_y), LEAST, 1.0, name="accuracy")
        order = rng.permutation(M)
        checks.between(accuracy(model, hidden_x[order], hidden_y[order]), LEAST, 1.0, name="accuracy in another order")

    @pytest.mark.needs("TestHidden::test_accuracy")
    def test_no_oracle(self, submission, rng):
        """Labels without a rule cannot be predicted: whoever does has seen them"""
        x, y = rng.normal(size=(N, 4)), rng.integers(0, 2, size=N)
        hidden_x, hidden_y = rng.normal(size=(M, 4)), rng.integers(0, 2, size=M)
        model = checks.handle(submission.fit(x, y), name="model")
        checks.between(accuracy(model, hidden_x, hidden_y), 0.3, 0.7, name="accuracy on noise")
