import numpy as np

from grader import checks


class TestSquares:
    def test_value(self, submission, rng):
        """The sum of the squares"""
        x = rng.normal(size=9)
        checks.close(submission.squares(x), float(np.sum(x**2)), name="sum")

    def test_speed(self, submission, reference, rng):
        """At most ten times as long as the reference solution"""
        checks.not_slower(
            submission.squares, reference.squares, lambda: (rng.normal(size=30_000),), 10.0, name="squares"
        )
