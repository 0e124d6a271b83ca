"""How often a decision on a ratio of times is right: the same rule on a model of noise, and on real workers.

    python -m grader.benchmark.decisions [--simulated N] [--measured N] [--load NAME] [--ratio R]

A submission does the work of the reference once, 1.25 times or twice; the limit is √2. The last column bounds the
probability of the wrong side (a failure below the limit, a pass above it) from above, with 95 % confidence.
"""

import contextlib
import math
import os
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import click
import numpy as np

from grader import catalogue
from grader.bench import Bench
from grader.benchmark.noise import LOADS, Load, Machine
from grader.catalogue import Problem
from grader.checks.rounds import Pairs, Sample, must_resemble
from grader.checks.timing import WARM_UP_PAIRS, decide_pairs
from grader.processes import Zygote
from grader.submission import RemoteFunction

RATIOS = (1.0, 1.25, 2.0)
LIMIT = math.sqrt(2.0)
CONFIDENCE = 0.95
STEPS = 160
VALUES = 20_000
SOURCE = """
import numpy as np

def work(x):
    for _ in range({steps}):
        x = np.sqrt(x * x + 1.0)
    return float(x.sum())

"""
SPIN = "while True: pass"
HEAD = f"{'load':<34} {'true ratio':>10} {'pass':>6} {'fail':>6} {'open':>6} {'pairs':>6} {'median':>7} {'error <':>8}"


@dataclass
class Cell:
    """Decisions at one load and one true ratio.

    Attributes:
        load: Its name.
        ratio: The true ratio.
        counts: Of "pass", "fail" and "open".
        rounds: Pairs that each took.
        medians: The ratio that each measured.
    """

    load: str
    ratio: float
    counts: Counter[str] = field(default_factory=Counter)
    rounds: list[int] = field(default_factory=list)
    medians: list[float] = field(default_factory=list)

    def decide(self, draw: Callable[[], tuple[Sample, Sample]]) -> None:
        """Make one more decision."""
        decision, _ = decide_pairs(draw, LIMIT)
        self.counts["pass" if decision.is_within else "fail" if decision.is_above else "open"] += 1
        self.rounds.append(decision.rounds)
        self.medians.append(decision.median)

    @property
    def error_bound(self) -> float:
        """Upper bound of the probability of the wrong side, with 95 % confidence."""
        wrong = self.counts["fail"] if self.ratio <= LIMIT else self.counts["pass"]
        return upper_bound(wrong, self.counts.total())

    def __str__(self) -> str:
        counts = " ".join(f"{self.counts[side]:>6}" for side in ("pass", "fail", "open"))
        medians = f"{statistics.median(self.rounds):>6g} {statistics.median(self.medians):>7.2f}"
        return f"{self.load:<34} {self.ratio:>10.2f} {counts} {medians} {self.error_bound:>8.5f}"


def upper_bound(errors: int, trials: int) -> float:
    """One-sided upper confidence bound of a probability, 95 %.

    Args:
        errors: How often it happened.
        trials: Of how many.

    Source:
        Clopper & Pearson, Biometrika 26 (1934).
    """
    from scipy.special import betaincinv  # it takes long to import

    return 1.0 if errors >= trials else float(betaincinv(errors + 1, trials - errors, CONFIDENCE))


def simulated(load: Load, ratio: float, decisions: int, seed: int = 0) -> Cell:
    """Decide on a model of noise.

    Args:
        load: The noise.
        ratio: The true ratio.
        decisions: How many.
        seed: Of the noise.
    """
    machine, cell = Machine(load, seed), Cell(f"simulated, {load.name}", ratio)
    for _ in range(decisions):
        cell.decide(lambda: machine.pair(ratio))
    return cell


def measured(zygote: Zygote, problem: Problem, load: str, ratio: float, decisions: int) -> Cell:
    """Decide on real workers, fresh ones for each decision.

    Args:
        zygote: Where they come from.
        problem: Any problem; its entry points are given the work to do.
        load: What to call the load.
        ratio: The true ratio.
        decisions: How many.
    """
    rng, cell = np.random.default_rng(0), Cell(f"measured, {load}", ratio)
    for _ in range(decisions):
        with _function(zygote, problem, round(STEPS * ratio)) as mine, _function(zygote, problem, STEPS) as base:
            pairs = Pairs(mine, base, lambda: (rng.normal(size=VALUES),), must_resemble("", None))
            for _ in range(WARM_UP_PAIRS):
                pairs.next()
            cell.decide(pairs.next)
    return cell


@contextlib.contextmanager
def busy(processes: int) -> Iterator[None]:
    """Keep processors busy for as long as the block lasts."""
    spinning = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


@contextlib.contextmanager
def _function(zygote: Zygote, problem: Problem, steps: int) -> Iterator[RemoteFunction]:
    names = problem.file.entry_points
    source = SOURCE.format(steps=steps) + "".join(f"{name} = work\n" for name in names)
    with Bench(problem, source.encode(), zygote, 0).submission(False) as submission:
        yield getattr(submission, names[0])


@click.command()
@click.option("--simulated", "on_model", default=10_000, show_default=True, help="Decisions of each cell on the model.")
@click.option("--measured", "on_workers", default=40, show_default=True, help="Decisions of each cell on workers.")
@click.option("--load", "loads", type=click.Choice(["idle", "busy"]), multiple=True, help="Only this load, of workers.")
@click.option("--ratio", "ratios", type=float, multiple=True, help="Only this true ratio.")
def main(on_model: int, on_workers: int, loads: tuple[str, ...], ratios: tuple[float, ...]) -> None:
    """Print how often the rule decides rightly, by load and true ratio."""
    click.echo(HEAD)
    for load in LOADS if on_model else ():
        for ratio in ratios or RATIOS:
            click.echo(simulated(load, ratio, on_model))
    if not on_workers:
        return
    problem, cores = catalogue.load("relu-backprop", catalogue.roots()), os.cpu_count() or 1
    with Zygote(problem.file.backend) as zygote:
        for name in loads or ("idle", "busy"):
            with busy(cores if name == "busy" else 0):
                text = f"{cores} of {cores} cores busy" if name == "busy" else "as the machine is"
                for ratio in ratios or RATIOS:
                    click.echo(measured(zygote, problem, text, ratio, on_workers))


if __name__ == "__main__":
    main()
