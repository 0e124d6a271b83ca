"""The rule of timed checks on a model of noise: how often it errs, with a seed and without a clock."""

import pytest
from click.testing import CliRunner
from scipy.stats import binomtest

from grader.benchmark import decisions
from grader.benchmark.decisions import simulated, upper_bound
from grader.benchmark.noise import LOADS, Machine

ENOUGH = 3000  # decisions without an error bound its probability by 1 in 1,000, with 95 % confidence


@pytest.mark.parametrize("load", LOADS, ids=lambda load: load.name)
@pytest.mark.parametrize(("ratio", "wrong"), [(1.0, "fail"), (2.0, "pass")])
def test_the_wrong_side_is_rarer_than_one_in_a_thousand(load, ratio, wrong):
    cell = simulated(load, ratio, ENOUGH, seed=1)
    assert cell.counts[wrong] == 0
    assert cell.error_bound < 0.001


@pytest.mark.parametrize("load", LOADS[:2], ids=lambda load: load.name)
@pytest.mark.parametrize(("ratio", "right"), [(1.0, "pass"), (2.0, "fail")])
def test_what_is_clear_is_decided(load, ratio, right):
    assert simulated(load, ratio, 200, seed=2).counts[right] == 200


def test_a_model_of_noise_keeps_the_ratio():
    machine = Machine(LOADS[0], seed=3)
    times = [(mine.seconds, base.seconds) for mine, base in (machine.pair(1.5) for _ in range(4000))]
    mine, base = (sorted(side)[2000] for side in zip(*times, strict=True))
    assert mine / base == pytest.approx(1.5, rel=0.01)


@pytest.mark.parametrize(("errors", "trials"), [(0, 1), (0, 40), (3, 40), (1, 3000), (40, 40)])
def test_bound_is_that_of_clopper_and_pearson(errors, trials):
    interval = binomtest(errors, trials, alternative="less").proportion_ci(0.95, method="exact")
    assert upper_bound(errors, trials) == pytest.approx(interval.high)


def test_table():
    done = CliRunner().invoke(decisions.main, ["--simulated", "3", "--measured", "1", "--load", "idle", "--ratio", "1"])
    head, *lines = done.output.splitlines()
    assert done.exit_code == 0
    assert head.split() == ["load", "true", "ratio", "pass", "fail", "open", "pairs", "median", "error", "<"]
    assert len(lines) == len(LOADS) + 1
    assert lines[-1].startswith("measured, as the machine is")
