"""How much faster than the textbook a recipe reaches 90 % on Fashion-MNIST: both trained in turn, in this session.

    python -m grader.benchmark.training [--backend NAME] [--recipe FILE] [--runs N] [--curve]

The textbook network is trained in eighths of an epoch until it recognises 90 % of the test images, and the recipe runs
as a whole before each of its epochs. Predictions are made outside of the clock. Time is wall time and CPU time of the
worker; that of the first crossing is interpolated. The points of the recipe's curve are runs of their own, which were
given less time: its schedule ends with the time, so that it has no curve within a run.
"""

import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from grader import catalogue, data, roots
from grader.bench import Bench
from grader.checks.rounds import Side
from grader.processes import Zygote
from grader.report.plain import say

if TYPE_CHECKING:
    from grader.catalogue import Problem
    from grader.submission import Submission

TARGET = 0.9
SLICES = 8  # of an epoch
MOST_EPOCHS = 15
SECONDS = 600.0  # that the recipe may take: its own schedule ends it
SHARES = (0.25, 0.5, 0.75)  # of the time of a whole run, given to shorter ones
TEXTBOOK = b"""
import keras
import numpy as np

def preprocess(x_uint8):
    return x_uint8[..., None].astype(np.float32) / 255.0

def augment(batch, rng):
    return batch

def build_model(input_shape, n_classes):
    layers = keras.layers
    model = keras.Sequential([
        keras.Input(input_shape),
        layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Flatten(), layers.Dense(128, activation="relu"), layers.Dense(n_classes, activation="softmax"),
    ])
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy")
    return model

def train(model, x, y, seconds):
    model.fit(preprocess(x), y, batch_size=32, verbose=0)

def predict(model, x_uint8):
    return model.predict(preprocess(x_uint8), batch_size=500, verbose=0).argmax(axis=1)
"""


class Runner:
    """A solution in a worker, trained by the clock.

    Attributes:
        wall: Seconds so far of the network in training.
        cpu: CPU seconds of the worker meanwhile.
    """

    def __init__(self, submission: "Submission", images: Any) -> None:
        self._submission, self._images = submission, images
        self._side = Side(submission.train)
        warm_up = submission.build_model((28, 28, 1), 10)  # what the first network of a process costs once
        submission.train(warm_up, images.x_train[:256], images.y_train[:256], SECONDS)
        self.begin()

    def begin(self) -> None:
        """Take a new network."""
        self._model = self._submission.build_model((28, 28, 1), 10)
        self.wall = self.cpu = 0.0

    def train(self, rows: Any, seconds: float = SECONDS) -> float:
        """Train on these images for so long at most; gives the accuracy on the test images afterwards."""
        labels = self._images.y_train[rows].astype(np.int64)
        self._side.prepare((self._model, self._images.x_train[rows], labels, seconds))
        sample = self._side.run()
        self.wall += sample.wall_seconds
        self.cpu += sample.cpu_seconds
        answers = np.asarray(self._submission.predict(self._model, self._images.x_test))
        return float(np.mean(answers == self._images.y_test))


@click.command()
@click.option("--backend", default="tensorflow", help="What Keras runs on.")
@click.option("--recipe", type=click.Path(exists=True, path_type=Path), help="Default the reference.")
@click.option("--runs", type=click.IntRange(1), default=3, help="How often the recipe is run at most.")
@click.option("--curve", is_flag=True, help="Print accuracy against time, too.")
@click.option("--seed", type=int, default=0)
def main(backend: str, recipe: Path | None, runs: int, curve: bool, seed: int) -> None:
    """Train textbook and recipe in turn to 90 % on Fashion-MNIST, and print how many times faster the recipe is."""
    problem = catalogue.load("cnn-classifier", roots.roots(()))
    file = recipe or problem.reference
    images = data.load("fashion-mnist")
    with Zygote(problem.file.backend, keras_backend=backend) as zygote:
        compared = _compared(problem.on("fashion-mnist"), zygote, file, images, runs, seed, with_curve=curve)
    for line in compared:
        say(line)


def _compared(
    problem: "Problem", zygote: Zygote, file: Path, images: Any, runs: int, seed: int, *, with_curve: bool
) -> list[str]:
    textbook_bench = Bench(problem, TEXTBOOK, zygote, seed)
    recipe_bench = Bench(problem, file.read_bytes(), zygote, seed)
    rng = np.random.default_rng(seed)
    finished: list[tuple[float, float, float]] = []  # wall and CPU seconds, accuracy
    curves: list[tuple[str, float, float, float]] = []
    before, crossing = (0.0, 0.0, 0.0), None
    with textbook_bench.submission(True) as one, recipe_bench.submission(True) as other:
        textbook, quick = Runner(one, images), Runner(other, images)
        for epoch in range(MOST_EPOCHS):
            if len(finished) < runs:
                quick.begin()
                accuracy = quick.train(rng.permutation(len(images.x_train)))
                finished.append((quick.wall, quick.cpu, accuracy))
                say(f"recipe: {accuracy:.2%} after {quick.wall:.1f} s, {quick.cpu:.1f} CPU-seconds")
            for rows in np.array_split(rng.permutation(len(images.x_train)), SLICES):
                accuracy = textbook.train(rows)
                now = (textbook.wall, textbook.cpu, accuracy)
                curves.append(("textbook", *now))
                if accuracy >= TARGET:
                    crossing = _interpolated(before, now)
                    break
                before = now
            spent = f"{textbook.wall:.1f} s, {textbook.cpu:.1f} CPU-seconds"
            say(f"textbook: {accuracy:.2%} after {spent}, epoch {epoch + 1}")
            if crossing:
                break
        for share in SHARES if with_curve else ():
            quick.begin()
            accuracy = quick.train(rng.permutation(len(images.x_train)), share * finished[0][0])
            curves.append(("recipe", quick.wall, quick.cpu, accuracy))
    curves += [("recipe", *run) for run in finished]
    device = f"{zygote.keras_backend} on {recipe_bench.usage.device}"
    table = _table(curves) if with_curve else []
    return [*table, *_verdict(finished, crossing), f"{file.name} beside the textbook network, {device}"]


def _table(curves: list[tuple[str, float, float, float]]) -> list[str]:
    """Accuracy against time as Markdown, each solution by itself."""
    rows = sorted(curves, key=lambda row: (row[0], row[1]))
    lines = [f"| {who} | {wall:.1f} | {cpu:.1f} | {accuracy:.1%} |" for who, wall, cpu, accuracy in rows]
    return ["| | seconds | CPU-seconds | accuracy |", "| --- | ---: | ---: | ---: |", *lines, ""]


def _interpolated(before: tuple[float, float, float], after: tuple[float, float, float]) -> tuple[float, float]:
    """(wall, CPU) seconds at which the accuracy crosses the target, on the line between two points."""
    part = (TARGET - before[2]) / (after[2] - before[2])
    return before[0] + part * (after[0] - before[0]), before[1] + part * (after[1] - before[1])


def _verdict(finished: list[tuple[float, float, float]], crossing: tuple[float, float] | None) -> list[str]:
    reached = sum(accuracy >= TARGET for _, _, accuracy in finished)
    lines = [f"the recipe reached {TARGET:.0%} in {reached} of {len(finished)} runs"]
    if reached < len(finished):
        return [f"{lines[0]}, so there is no ratio"]
    if crossing is None:
        return [*lines, f"the textbook network did not reach {TARGET:.0%} in {MOST_EPOCHS} epochs"]
    wall, cpu = (statistics.median(run[kind] for run in finished) for kind in (0, 1))
    lines.append(
        f"time to {TARGET:.0%}: textbook / recipe = {crossing[0] / wall:.1f} × (CPU {crossing[1] / cpu:.1f} ×)"
    )
    return lines


if __name__ == "__main__":
    main()
