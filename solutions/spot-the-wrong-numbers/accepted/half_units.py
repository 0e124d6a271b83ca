"""Claims as intervals of half a unit, all k / n at once, the bound solved for the accuracy by bisection."""

import numpy as np


def recompute():
    s = lambda z: 0.5 * (1 + np.tanh(np.asarray(z) / 2))  # noqa: E731
    w, x = np.array([3.0, 2.0]), np.array([0.5, 0.2])
    z = w @ x + 1.0
    delta = 0.1 * s(z) * s(-z)
    new = w - 0.1 * delta * x
    out = np.einsum("ij,i->j", np.array([[2.0, -1.0], [1.0, 0.0]]), np.array([1.0, 0.0])) + np.array([0.0, 1.0])
    numbers = {f"sigmoid({v})": s(v) for v in (-3, 2)} | {f"tanh({v})": np.tanh(v) for v in (-3, 2)}
    return numbers | {
        "z2": z,
        "a2": s(z),
        "delta2": delta,
        "w1_new": new[0],
        "layer_z": out,
        "relu_layer": out * (out > 0),
    }


def claim_is_right(value, claimed):
    decimals = len(claimed) - claimed.index(".") - 1 if "." in claimed else 0
    return bool(abs(value - float(claimed)) * 10**decimals <= 0.5)


def _highest_plausible(n, d, h):
    counts = np.array([h * (d + 1), h * (d + 1) + h + 1])
    bits = 22 + counts @ np.log2(2 * np.e * n * np.array([h, 2]) / counts)
    low, high = 0.5, 1.0
    for _ in range(80):
        a = (low + high) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = np.nan_to_num(np.array([a, 1 - a]) * np.log2([a, 1 - a]))
        low, high = (low, a) if n * (1 + terms.sum()) > bits else (a, high)
    return high if n > bits else 1.0


def audit_transcript(t):
    t = dict(t)
    has = lambda *keys: all(k in t for k in keys)  # noqa: E731
    codes = []
    if has("accuracy", "n_eval"):
        possible = np.arange(t["n_eval"] + 1) / t["n_eval"]
        codes += ["ACC_NOT_MULTIPLE"] * (not np.any(np.abs(possible - t["accuracy"]) <= 1e-4))
    if has("labels", "probabilities"):
        y, p = t["labels"], t["probabilities"]
        accuracy = np.mean((p > 0.5).astype(int) == y)
        eps = 1e-7
        loss = np.mean(-y * np.log(np.maximum(p, eps)) - (1 - y) * np.log(np.maximum(1 - p, eps)))
        codes += ["ACC_VS_PREDICTIONS"] * bool(abs(t.get("accuracy", accuracy) - accuracy) > 1e-3)
        codes += ["LOSS_VS_PREDICTIONS"] * bool(abs(t.get("loss", loss) - loss) > 1e-3)
    if has("accuracy", "loss"):
        codes += ["LOSS_BELOW_BOUND"] * bool(t["loss"] + 1e-3 < (1 - t["accuracy"]) * np.log(2))
    if has("labels_random", "accuracy", "n_eval", "n_inputs", "n_hidden") and t["labels_random"]:
        limit = _highest_plausible(t["n_eval"], t["n_inputs"], t["n_hidden"])
        codes += ["CHANCE_VIOLATED"] * bool(t["accuracy"] > limit)
    codes.sort()
    return codes
