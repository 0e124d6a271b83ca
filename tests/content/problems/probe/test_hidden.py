from grader import checks


class TestDouble:
    def test_three(self, submission, rng):
        """Three values are doubled"""
        x = rng.normal(size=3)
        checks.close(submission.double(x), 2 * x, name="doubled")

    def test_four(self, submission, rng):
        """Four values are doubled"""
        x = rng.normal(size=4)
        checks.close(submission.double(x), 2 * x, name="doubled")
