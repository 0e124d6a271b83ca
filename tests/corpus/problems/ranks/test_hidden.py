
from grader import checks


class TestRanks:
    def test_value(self, submission, rng):
        """The count of smaller values"""
        x = rng.integers(0, 5, size=9).astype(float)
        checks.equal(submission.ranks(x), (x[None, :] < x[:, None]).sum(1), name="ranks")

    def test_memory(self, submission, reference, rng):
        """At most ten times the memory of the reference solution"""
        checks.not_larger(submission.ranks, reference.ranks, lambda: (rng.normal(size=50_000),), 10.0, name="ranks")

    def test_growth(self, submission, reference, rng, record):
        """Time grows slower than n^1.5"""
        exponent = checks.not_steeper(
            submission.ranks, lambda n: (rng.normal(size=n),), (1000, 2000, 4000, 8000), 1.5, name="ranks",
            baseline=reference.ranks,
        )  # fmt: skip
        record("exponent of ranks", exponent)
