"""Maker of populations.npz, the trained networks of the hidden suite, and of the figures in evidence.md.

Not part of a grade. It needs scikit-learn (the digits) and SciPy:

    python make_populations.py              write populations.npz (the populations of seed 5)
    python make_populations.py --evidence   audit the populations of 20 seeds with the reference solution
"""

import importlib.util
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

SEED = 5
STEPS = 400
TEST_ITEMS = 997  # of 1797; the other 800 make four disjoint training sets of 200
FOLDER = Path(__file__).parent
ORDER = ("disjoint_data", "shared_backbone", "shared_data", "shared_data_and_init", "snapshots")


def initial(rng, hidden=32):
    """He initialisation of a 64-hidden-10 network."""
    return [
        rng.normal(0.0, np.sqrt(2 / 64), (64, hidden)),
        np.zeros(hidden),
        rng.normal(0.0, np.sqrt(2 / hidden), (hidden, 10)),
        np.zeros(10),
    ]


def train(params, x, y, rng, steps=STEPS, keep=None, frozen=0, lr=3e-3, batch=100):
    """Adam on cross-entropy; the parameters after each step in `keep` (default: the last)."""
    params = [p.copy() for p in params]
    first = [np.zeros_like(p) for p in params]
    second = [np.zeros_like(p) for p in params]
    targets, kept = np.eye(10)[y], []
    for step in range(1, steps + 1):
        items = rng.integers(len(x), size=batch)
        inputs = x[items]
        hidden = np.maximum(inputs @ params[0] + params[1], 0.0)
        logits = hidden @ params[2] + params[3]
        proba = np.exp(logits - logits.max(axis=1, keepdims=True))
        proba /= proba.sum(axis=1, keepdims=True)
        grad_logits = (proba - targets[items]) / batch
        grad_hidden = (grad_logits @ params[2].T) * (hidden > 0)
        grads = [
            inputs.T @ grad_hidden,
            grad_hidden.sum(axis=0),
            hidden.T @ grad_logits,
            grad_logits.sum(axis=0),
        ]
        for k in range(frozen, 4):
            first[k] = 0.9 * first[k] + 0.1 * grads[k]
            second[k] = 0.999 * second[k] + 0.001 * grads[k] ** 2
            scale = np.sqrt(second[k] / (1 - 0.999**step)) + 1e-8
            params[k] -= lr * first[k] / (1 - 0.9**step) / scale
        if step in (keep or (steps,)):
            kept.append([p.copy() for p in params])
    return kept


def populations(x, y, seed):
    """Seven populations of three networks, each a list of (parameters, train_ids), and the test items."""
    order = np.random.default_rng([seed, 1]).permutation(len(x))
    test, parts = np.sort(order[:TEST_ITEMS]), np.split(order[TEST_ITEMS:], 4)

    def fresh(*key):
        return np.random.default_rng([seed, *key])

    def fit(params, ids, key, **options):
        return train(params, x[ids], y[ids], fresh(9, key), **options)

    made = {}
    made["disjoint_data"] = [(fit(initial(fresh(2, i)), parts[i], i)[0], parts[i]) for i in range(3)]
    backbone = fit(initial(fresh(3, 0)), parts[3], 10)[0][:2]
    made["shared_backbone"] = []
    for i in range(3):
        params = backbone + initial(fresh(3, i + 1))[2:]
        ids = np.concatenate([parts[i], parts[3]])
        made["shared_backbone"].append((fit(params, parts[i], 20 + i, frozen=2)[0], ids))
    made["shared_data"] = [(fit(initial(fresh(4, i)), parts[0], 30 + i)[0], parts[0]) for i in range(3)]
    made["shared_data_and_init"] = [
        (fit(initial(fresh(5, 0)), parts[0], 40 + i)[0], parts[0]) for i in range(3)
    ]
    snapshots = fit(initial(fresh(6, 0)), parts[0], 50, keep=(STEPS - 8, STEPS - 4, STEPS))
    made["snapshots"] = [(params, parts[0]) for params in snapshots]
    made["shared_init"] = [(fit(initial(fresh(7, 0)), parts[i], 60 + i)[0], parts[i]) for i in range(3)]
    made["hurried"] = [(fit(initial(fresh(8, 0)), parts[i], 70 + i, steps=25)[0], parts[i]) for i in range(3)]
    return made, test


def write(made, test):
    """Freeze the populations as float32."""
    arrays = {"test_ids": test.astype(np.int16)}
    for name, members in made.items():
        for m, (params, ids) in enumerate(members):
            for key, value in zip(("W1", "b1", "W2", "b2"), params, strict=True):
                arrays[f"{name}/{m}/{key}"] = value.astype(np.float32)
            arrays[f"{name}/{m}/train_ids"] = ids.astype(np.int16)
    np.savez_compressed(FOLDER / "populations.npz", **arrays)


def load_reference():
    """The reference solution as a module."""
    path = FOLDER.parents[1] / "solutions" / FOLDER.name / "reference.py"
    spec = importlib.util.spec_from_file_location("reference", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["reference"] = module
    spec.loader.exec_module(module)
    return module


def evidence(x, y, seeds=20):
    """Print the range of every field over the seeds, and the margins of the orderings."""
    reference, out = load_reference(), sys.stdout
    reports, seconds = {}, []
    for seed in range(seeds):
        start = time.perf_counter()
        made, test = populations(x, y, seed)
        seconds.append(time.perf_counter() - start)
        for name, members in made.items():
            population = [
                {"weights": [(p[0], p[1]), (p[2], p[3])], "train_ids": ids, "seconds": 0.0}
                for p, ids in members
            ]
            report = reference.audit(population, x[test], y[test], test, np.random.default_rng(seed))
            reports.setdefault(name, []).append(report)

    def column(name, field):
        return np.array([np.mean(getattr(report, field)) for report in reports[name]])

    fields = [f for f in vars(reports["snapshots"][0]) if f not in ("warnings", "ratio_interval")]
    for name in reports:
        out.write(f"{name}\n")
        for field in fields:
            values = column(name, field)
            out.write(
                f"  {field:26s} {values.min():9.4f} .. {values.max():9.4f}  median {np.median(values):9.4f}\n"
            )
        codes = [reference.verdict(report) for report in reports[name]]
        out.write(f"  verdict                    { ({code: codes.count(code) for code in codes}) }\n")
        out.write(f"  warnings                   {sorted({w for r in reports[name] for w in r.warnings})}\n")
    nd = {name: column(name, "normalized_disagreement") for name in reports}
    for a, b in pairwise(ORDER):
        out.write(f"nd({a}) - nd({b}): {(nd[a] - nd[b]).min():.3f} .. {(nd[a] - nd[b]).max():.3f}\n")
    for a, b, field in (
        ("shared_init", "shared_data", "param_cosine_raw"),
        ("disjoint_data", "hurried", "agreement"),
    ):
        gap, other = nd[a] - nd[b], column(a, field) - column(b, field)
        codes = [reference.explain_contradiction(r, s) for r, s in zip(reports[a], reports[b], strict=True)]
        out.write(f"{a} against {b}: nd gap {gap.min():.3f} .. {gap.max():.3f}, ")
        out.write(
            f"{field} gap {other.min():.3f} .. {other.max():.3f}, { ({c: codes.count(c) for c in codes}) }\n"
        )
    out.write(f"training seconds per seed: {min(seconds):.2f} .. {max(seconds):.2f}\n")


if __name__ == "__main__":
    digits = load_digits()
    features, targets = digits.data / 16.0, digits.target
    if "--evidence" in sys.argv:
        evidence(features, targets)
    else:
        write(*populations(features, targets, SEED))
