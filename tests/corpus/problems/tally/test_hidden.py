import pytest

from grader import checks


def made(submission, start):
    return checks.handle(submission.make_tally(start), name="tally")


@pytest.fixture(scope="session")
def lasting(suite_submission):
    return made(suite_submission, 100)


class TestTally:
    def test_sum(self, submission, rng):
        """A tally adds up"""
        start, *parts = rng.integers(1, 1000, size=5).tolist()
        tally = made(submission, start)
        for part in parts:
            tally.add(part)
        checks.equal(tally.total(), start + sum(parts), name="total")

    def test_two(self, submission, rng):
        """Two tallies do not disturb each other"""
        first, second = (made(submission, n) for n in (1, 2))
        first.add(10)
        second.add(20)
        checks.equal([first.total(), second.total()], [11, 22], name="totals")


class TestLasting:
    def test_begun(self, lasting):
        """A tally that lasts for the suite begins right"""
        lasting.add(1)
        checks.equal(lasting.total(), 101, name="total")

    def test_kept(self, lasting):
        """It is still there in a later test"""
        lasting.add(2)
        checks.equal(lasting.total(), 103, name="total")
