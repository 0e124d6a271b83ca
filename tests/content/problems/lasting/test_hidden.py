import pytest

from grader import checks


class TestTrain:
    def test_losses(self, suite_submission):
        """There is a loss for each step"""
        model = suite_submission.train(5)
        checks.equal(len(checks.array(model.get("losses"), name="losses")), 5, name="number of losses")

    def test_same_worker(self, suite_submission):
        """The worker lasts for the suite"""
        checks.equal(suite_submission.runs(), 1, name="runs")

    def test_fresh_worker(self, submission):
        """Another worker knows nothing of it"""
        checks.equal(submission.runs(), 0, name="runs")


class TestAfter:
    @pytest.mark.needs("TestTrain::test_losses")
    def test_needs(self, suite_submission):
        """Needs a trained model"""
        checks.equal(suite_submission.runs(), 1, name="runs")

    def test_no_data(self):
        """Cannot be checked on this machine"""
        pytest.skip("there is no data")
