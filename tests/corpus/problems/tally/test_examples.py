from solution import make_tally


def test_sum():
    tally = make_tally(1)
    tally.add(2)
    assert tally.total() == 3
