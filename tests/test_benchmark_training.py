"""What the comparison of trainings makes of its measurements; nothing is trained here."""

import pytest

from grader.benchmark import training


def test_the_crossing_is_interpolated():
    assert training._interpolated((10.0, 20.0, 0.88), (14.0, 30.0, 0.92)) == pytest.approx((12.0, 25.0))


def test_the_ratio_is_that_of_the_median_run():
    runs = [(2.0, 4.0, 0.91), (9.0, 9.0, 0.92), (1.0, 1.0, 0.91)]
    assert training._verdict(runs, (12.0, 20.0)) == [
        "the recipe reached 90% in 3 of 3 runs",
        "time to 90%: textbook / recipe = 6.0 × (CPU 5.0 ×)",
    ]


def test_a_recipe_that_stays_below_is_no_faster():
    lines = training._verdict([(1.0, 1.0, 0.89), (1.0, 1.0, 0.91), (1.0, 1.0, 0.91)], (12.0, 20.0))
    assert lines == ["the recipe reached 90% in 2 of 3 runs, so there is no ratio"]


def test_a_textbook_network_that_never_arrives():
    assert training._verdict([(1.0, 1.0, 0.91)], None)[1] == "the textbook network did not reach 90% in 15 epochs"


def test_the_curve_is_a_table():
    rows = [("textbook", 3.0, 6.0, 0.85), ("recipe", 2.0, 3.0, 0.91), ("recipe", 1.0, 1.5, 0.88)]
    assert training._table(rows)[2:] == [
        "| recipe | 1.0 | 1.5 | 88.0% |", "| recipe | 2.0 | 3.0 | 91.0% |", "| textbook | 3.0 | 6.0 | 85.0% |", "",
    ]  # fmt: skip
