"""Hidden suite of `optimizer-zoo`.

Expected values: every rule unrolled over the whole history of gradients (momentum as a geometric sum, Adam's corrected
moments as weighted means), and ten steps that Keras took. What survives between calls is tested by comparing the
submission with itself.
"""

from pathlib import Path

import numpy as np
import pytest

from grader import checks

STEPS = 8
SHAPE = (3, 4)
SOURCES = pytest.mark.parametrize("source", ["definition", "keras"])

# Rules with a memory, by the name of the case; all options differ from the defaults.
MOMENTS = {"beta1": 0.7, "beta2": 0.95, "eps": 0.01}
RULES = {
    "classic": ("momentum", {"beta": 0.8, "convention": "classic"}),
    "ema": ("momentum", {"beta": 0.8, "convention": "ema"}),
    "adam": ("adam", MOMENTS),
    "adamw": ("adamw", {"weight_decay": 0.0, **MOMENTS}),
}
ALL_RULES = pytest.mark.parametrize("rule", RULES)

DIGITS = "digits are lost, as in float32: keep every array, and the state, in float64"
NOTHING_KEPT = "nothing survives between the calls: change the dict `state` itself, do not replace it"
STEP_CAME_BACK = "the step came back, not the new weight"
UPHILL = "the step goes up the gradient: subtract it"
NO_LR = "lr is not used"
NO_CORRECTION = "there is no bias correction: the first step is (1 - beta1) / sqrt(1 - beta2) times the right one"
ONLY_M = "m is corrected for its start at 0, v is not"
ONLY_V = "v is corrected for its start at 0, m is not"
COUNT_FROM_0 = "t is 0 at the first step, so the correction divides by 0: count it up before it is used"
COUNT_FROM_2 = "t is 2 at the first step: count it up once in a step"
SWAPPED = "the corrections are exchanged: divide m by 1 - beta1^t, and v by 1 - beta2^t"
NO_ROOT = "divided by v_hat: take its square root first"
V_OF_G = "v averages g, not g squared: the root of a negative number is NaN, and the step depends on the scale of g"
V_OF_ABS = "v averages |g|, not g squared: the step depends on the scale of g"
V_OF_M = "v averages the square of m: it must average the square of g"
M_SUM = "m lacks the factor 1 - beta1"
V_SUM = "v lacks the factor 1 - beta2"
BOTH_SUMS = "m and v lack the factors 1 - beta"
NO_EPS = "eps is not used"
STALE_COUNT = "every step is corrected as if it were the first: is t counted up, kept in the state, and used as a power?"
COUPLED = "the decay is divided by the root of v: weight_decay * w must not enter g, the decay is decoupled"


def golden(*names):
    """Arrays that Keras computed, see make_golden.py."""
    with np.load(Path(__file__).with_name("golden.npz"), allow_pickle=False) as file:
        return [file[name] for name in names]


def draw(rng):
    """A weight, gradients and learning rates for all steps; some gradients are 0, and the rates differ.

    All other gradients are 0.1 or larger in size, so that an epsilon of 1e-8 does not show, wherever it stands.
    """
    grads = rng.uniform(0.5, 2.0, (STEPS, *SHAPE)) * rng.choice([-1.0, 1.0], (STEPS, *SHAPE))
    grads *= rng.permutation(np.geomspace(0.2, 5.0, 12)).reshape(SHAPE)
    grads[rng.integers(1, STEPS, size=SHAPE), np.arange(3)[:, None], np.arange(4)] = 0.0
    return rng.normal(size=SHAPE), grads, rng.permutation(np.linspace(0.1, 0.3, STEPS))


def task(rng, source, name, options):
    """(weight, gradients, rates, options of the call, what Keras gives or None) of a test with two sources."""
    if source == "keras":  # with the default betas
        w, grads, lr, weight_decay, path = golden("w", "grads", "lr", "weight_decay", name)
        given = {"weight_decay": float(weight_decay)} if name == "adamw" else {}
        return w, grads, np.full(len(grads), float(lr)), given, path
    return *draw(rng), options, None


def weighted_sums(values, beta):
    """Row t is the sum of beta^(t - i) values_i over all i <= t."""
    lag = np.subtract.outer(np.arange(len(values)), np.arange(len(values)))
    return np.tensordot(np.where(lag >= 0, float(beta) ** np.maximum(lag, 0), 0.0), values, 1)


def column(values):
    """One number for each step, to be multiplied with arrays of all steps."""
    return np.reshape(values, (-1, 1, 1))


def classic_path(w, grads, lr, beta):
    """Each gradient acts at its own step and, weaker by beta each time, at all later ones: a geometric sum."""
    path = []
    for t in range(1, len(grads) + 1):
        weights = [lr[i] * (1 - beta ** (t - i)) / (1 - beta) for i in range(t)]
        path.append(w - np.tensordot(weights, grads[:t], 1))
    return np.stack(path)


def ema_path(w, grads, lr, beta):
    return w - np.cumsum(column(lr) * (1 - beta) * weighted_sums(grads, beta), axis=0)


def adam_steps(grads, beta1, beta2, eps):
    """Steps for lr = 1: the corrected moments are weighted means of all gradients so far."""
    steps = []
    for t in range(1, len(grads) + 1):
        age = np.arange(t - 1, -1, -1)
        m_hat = np.average(grads[:t], axis=0, weights=beta1**age)
        v_hat = np.average(grads[:t] ** 2, axis=0, weights=beta2**age)
        steps.append(m_hat / (np.sqrt(v_hat) + eps))
    return np.stack(steps)


def decayed_path(w, steps, lr, weight_decay=0.0):
    """Weights after each step: what is left of the first one, and of each step, after all later decays."""
    keep = 1 - lr * weight_decay
    path = []
    for t in range(1, len(steps) + 1):
        left = [np.prod(keep[i + 1 : t]) for i in range(t)]
        path.append(w * np.prod(keep[:t]) - np.tensordot(left * lr[:t], steps[:t], 1))
    return np.stack(path)


def wrong_steps(grads, beta1=0.9, beta2=0.999, eps=1e-8):
    """(steps, sentence) for each mistake in Adam that shows in a few steps with gradients much larger than eps."""
    m, v = (1 - beta1) * weighted_sums(grads, beta1), (1 - beta2) * weighted_sums(grads**2, beta2)
    t = np.arange(1, len(grads) + 1)
    c1, c2 = column(1 - beta1**t), column(1 - beta2**t)
    d1, d2 = column(1 - beta1 ** (t + 1)), column(1 - beta2 ** (t + 1))
    with np.errstate(all="ignore"):
        of_g = (1 - beta2) * weighted_sums(grads, beta2) / c2
        of_abs = (1 - beta2) * weighted_sums(np.abs(grads), beta2) / c2
        of_m = (1 - beta2) * weighted_sums(m**2, beta2) / c2
        of_m_hat = (1 - beta2) * weighted_sums((m / c1) ** 2, beta2) / c2
        centred = (1 - beta2) * weighted_sums((grads - m) ** 2, beta2) / c2
        right = m / c1 / (np.sqrt(v / c2) + eps)
        lagging = np.concatenate([right[:1], m[1:] / c1[:-1] / (np.sqrt(v[1:] / c2[:-1]) + eps)])
        found = [
            (m / (np.sqrt(v) + eps), NO_CORRECTION),
            (m / c1 / (np.sqrt(v) + eps), ONLY_M),
            (m / (np.sqrt(v / c2) + eps), ONLY_V),
            (m / c2 / (np.sqrt(v / c1) + eps), SWAPPED),
            (lagging, "t is one too small from the second step on: count it up before it is used"),
            (np.where(grads == 0, 0.0, right), "entries with the gradient 0 are skipped: they move on by their average"),
            (m / d1 / (np.sqrt(v / d2) + eps), COUNT_FROM_2),
            (grads / (np.abs(grads) + eps), NOTHING_KEPT),
            (m / (1 - beta1) / (np.sqrt(v / (1 - beta2)) + eps), STALE_COUNT),
            (m / c1 / (v / c2 + eps), NO_ROOT),
            (m / c1 / (np.sqrt(of_g) + eps), V_OF_G),
            (m / c1 / (np.sqrt(of_abs) + eps), V_OF_ABS),
            (m / c1 / (np.sqrt(of_m) + eps), V_OF_M),
            (m / c1 / (np.sqrt(of_m_hat) + eps), V_OF_M),
            (m / c1 / (np.sqrt(centred) + eps), "v averages (g - m) squared: it must average the square of g"),
            (m / (1 - beta1) / c1 / (np.sqrt(v / c2) + eps), M_SUM),
            (m / c1 / (np.sqrt(v / (1 - beta2) / c2) + eps), V_SUM),
            (m / (1 - beta1) / c1 / (np.sqrt(v / (1 - beta2) / c2) + eps), BOTH_SUMS),
            (grads / (np.sqrt(v / c2) + eps), "the step is g / sqrt(v_hat), with no memory of its direction: use m_hat"),
            (adam_steps(grads, beta2, beta1, eps), "beta1 and beta2 are exchanged"),
            ((beta1 * m + (1 - beta1) * grads) / c1 / (np.sqrt(v / c2) + eps), "this is Nadam: the step is made of m_hat"),
            (m / c1 / (np.sqrt(np.maximum.accumulate(v) / c2) + eps), "this is AMSGrad: use v, not its maximum so far"),
            (m / c1 / (np.sqrt(np.maximum.accumulate(v / c2)) + eps), "this is AMSGrad: use v, not its maximum so far"),
            (stored_back(grads, beta1, beta2, eps), "the corrected moments are stored: the state keeps m and v as they are"),
            (m / c1 / (np.sqrt(np.cumsum(grads**2, axis=0)) + eps), "v is a sum, as in Adagrad: it must forget by beta2"),
        ]
    for other1, other2 in [(0.9, 0.999), (0.9, 0.99), (0.95, 0.999), (0.99, 0.999), (0.9, 0.9), (0.5, 0.999)]:
        if other1 != beta1 or other2 != beta2:
            words = f"the betas are {other1} and {other2}: take those of the call, which default to 0.9 and 0.999"
            found.append((adam_steps(grads, other1, other2, eps), words))
    return found


def stored_back(grads, beta1, beta2, eps):
    """Steps of an Adam that puts the corrected moments into its state."""
    m = v = np.zeros(SHAPE)
    steps = []
    for t, g in enumerate(grads, start=1):
        m = (beta1 * m + (1 - beta1) * g) / (1 - beta1**t)
        v = (beta2 * v + (1 - beta2) * g**2) / (1 - beta2**t)
        steps.append(m / (np.sqrt(v) + eps))
    return np.stack(steps)


def coupled_path(w, grads, lr, weight_decay, beta1=0.9, beta2=0.999, eps=1e-8):
    """Path of Adam with the decay added to the gradient."""
    path = []
    for t in range(1, len(grads) + 1):
        given = grads[:t] + weight_decay * np.stack([w, *path])
        path.append((path or [w])[-1] - lr[t - 1] * adam_steps(given, beta1, beta2, eps)[-1])
    return np.stack(path)


def late_decay_path(w, steps, lr, weight_decay):
    path = []
    for rate, step in zip(lr, steps, strict=True):
        w = (w - rate * step) * (1 - rate * weight_decay)
        path.append(w)
    return np.stack(path)


def close(got, expected, name, mistakes=(), note="", digits=False):
    """Compare within 1e-5: float32 rounding passes, and every mistake that is looked for moves some value by more.

    With `digits`, then compare within 1e-10 too, for float32 inside. Right ways in float64 differ by some 1e-13
    (1 - 0.999 alone loses three digits).
    """
    if np.ndim(expected):
        checks.array(got, name=name)
    scale = float(np.max(np.abs(expected), initial=0.0)) or 1.0
    dtype = np.float64 if np.ndim(expected) else "float"
    checks.close(got, expected, name=name, rtol=1e-5, atol=1e-5 * scale, dtype=dtype, mistakes=mistakes, note=note)
    if digits:
        checks.close(got, expected, name=name, rtol=1e-10, atol=1e-10 * scale, dtype=dtype, note=DIGITS)


def weights_of(result):
    """The path that `support.py` gives: one weight for each step."""
    path, odd = checks.unpack(result, "weights", "odd")
    for value in odd:
        checks.array(value, name="the new weight")
    return path


def close_path(path, expected, keras, mistakes, digits=False):
    """Compare step by step; a mistake is named by the whole path, because at some steps several look alike."""
    for t, got in enumerate(path):
        checks.array(got, name=f"w after step {t + 1}", shape=expected[t].shape, dtype=np.float64)
    whole = np.stack(path)
    note = next((sentence for wrong, sentence in mistakes if alike(whole, wrong) and not alike(expected, wrong)), "")
    for t, got in enumerate(path):
        name = f"w after step {t + 1}"
        close(got, expected[t], name, note=note, digits=digits)
        if keras is not None:
            # make_golden.py says what Keras rounds to float32; the reference is off by 2.8e-6 at most
            checks.close(got, keras[t], name=name, rtol=2e-5, atol=2e-5, note=note)


def alike(path, other):
    """Whether two paths agree as far as float32 would."""
    return np.allclose(path, other, rtol=1e-5, atol=1e-5, equal_nan=True)


def displacement(new, w, name="new w - w"):
    """How far one step went."""
    checks.array(new, name="the new weight", shape=w.shape, dtype=np.float64)
    return new - w, name


class TestMomentum:
    def test_sgd(self, submission, rng):
        """SGD subtracts lr times the gradient"""
        w, grads, lr = draw(rng)
        new = submission.sgd(w, grads[0], {}, 0.3)
        mistakes = [
            (w + 0.3 * grads[0], UPHILL),
            (w - grads[0], NO_LR),
            (-0.3 * grads[0], STEP_CAME_BACK),
            (0.3 * grads[0], STEP_CAME_BACK),
        ]
        close(new, w - 0.3 * grads[0], "the new weight", mistakes, digits=True)
        path = weights_of(submission.support.sgd(w, grads, {}, lr))
        note = "SGD has no memory: each step is made of its own gradient and its own lr"
        for t, got in enumerate(path):
            close(got, w - np.tensordot(lr[: t + 1], grads[: t + 1], 1), f"w after step {t + 1}", note=note)

    @SOURCES
    def test_classic(self, submission, rng, source):
        """Classic momentum: v = beta v - lr g, and w moves by v"""
        w, grads, lr, options, keras = task(rng, source, "momentum", {"beta": 0.8, "convention": "classic"})
        beta = options.get("beta", 0.9)
        path = weights_of(submission.support.momentum(w, grads, {}, lr, **options))
        rates = column(lr)
        v = -weighted_sums(rates * grads, beta)
        mistakes = [
            (w - np.cumsum(rates * grads, axis=0), "this is plain SGD: the velocity does not survive in `state`"),
            (w - np.cumsum(v, axis=0), UPHILL),
            (w - np.cumsum(weighted_sums(grads, beta), axis=0), NO_LR),
            (
                w - np.cumsum(rates * weighted_sums(grads, beta), axis=0),
                "lr stands outside the velocity: that is the same only as long as lr does not change",
            ),
            (
                ema_path(w, grads, lr, beta),
                "the effective step is 1 - beta of the right one: this is the convention ema, not classic",
            ),
            (
                classic_path(w, (1 - beta) * grads, lr, beta),
                "the effective step is 1 - beta of the right one: in classic momentum g has no factor 1 - beta",
            ),
            (
                w + np.cumsum(beta * v - rates * grads, axis=0),
                "this is Nesterov's momentum: here w moves by v itself",
            ),
            (
                w + np.cumsum(np.concatenate([0 * v[:1], v[:-1]]), axis=0),
                "w moves by the velocity of the step before: update v first",
            ),
            (w + np.cumsum(np.cumsum(-rates * grads, axis=0), axis=0), "beta is not used: the velocity never fades"),
            *(
                (classic_path(w, grads, lr, other), f"beta is {other}: take that of the call, which defaults to 0.9")
                for other in (0.9, 0.99, 0.5, 1 - beta)
                if other != beta
            ),
        ]
        close_path(path, classic_path(w, grads, lr, beta), keras, mistakes, digits=True)

    def test_ema(self, submission, rng):
        """Momentum as an average: v = beta v + (1 - beta) g, and w moves by -lr v"""
        w, grads, lr = draw(rng)
        beta, rates = 0.8, column(lr)
        path = weights_of(submission.support.momentum(w, grads, {}, lr, beta=beta, convention="ema"))
        v = (1 - beta) * weighted_sums(grads, beta)
        correction = column(1 - beta ** np.arange(1, STEPS + 1))
        first_kept = weighted_sums(np.concatenate([grads[:1], (1 - beta) * grads[1:]]), beta)
        mistakes = [
            (
                classic_path(w, grads, lr, beta),
                "the effective step is 1 / (1 - beta) times too large: this is the convention classic, not ema",
            ),
            (
                w - np.cumsum(rates * weighted_sums(grads, beta), axis=0),
                "the effective step is 1 / (1 - beta) times too large: g lacks the factor 1 - beta",
            ),
            (
                w - np.cumsum((1 - beta) * weighted_sums(rates * grads, beta), axis=0),
                "lr stands inside the average: that is the same only as long as lr does not change",
            ),
            (w - np.cumsum(rates * v / correction, axis=0), "bias correction belongs to Adam: here v starts at 0"),
            (w - np.cumsum(rates * first_kept, axis=0), "v starts as the first gradient: it must start at 0"),
            (w - np.cumsum(rates * (1 - beta) * grads, axis=0), NOTHING_KEPT),
            (w + np.cumsum(rates * v, axis=0), UPHILL),
            (w - np.cumsum(v, axis=0), NO_LR),
            (
                w - np.cumsum(rates * beta * weighted_sums(grads, 1 - beta), axis=0),
                "the weights are exchanged: beta belongs to the old v, 1 - beta to g",
            ),
            (ema_path(w, grads, lr, 0.9), "beta is 0.9: take that of the call"),
            (w - np.cumsum(rates * (beta * v + (1 - beta) * grads), axis=0), "this is Nesterov's momentum: w moves by v"),
        ]
        close_path(path, ema_path(w, grads, lr, beta), None, mistakes, digits=True)

    def test_unknown_convention(self, submission, rng):
        """Another convention raises ValueError, at every step"""
        w, grads, _lr = draw(rng)
        note = "a misspelt convention must not train silently with some default"
        checks.raises(submission.momentum, w, grads[0], {}, 0.1, 0.9, "nesterov", note=note)
        note = "another spelling is another convention: there are two, and no default for the rest"
        for convention in ("EMA", "Classic", ""):
            checks.raises(submission.momentum, w, grads[0], {}, 0.1, 0.9, convention, note=note)
        note = "the convention is looked at in the first step only: look at it in every step"
        for first in ("classic", "ema"):
            checks.raises(submission.support.second_momentum, w, grads[0], 0.1, first, "nesterov", note=note)


class TestAdam:
    def test_first_step(self, submission, rng):
        """The first step has the size lr, whatever the size of the gradient"""
        signs = rng.permutation([1.0, 1.0, 1.0, -1.0, -1.0, -1.0])
        w, g, lr = rng.normal(size=6), signs * rng.permutation(np.geomspace(0.1, 1e3, 6)), 0.125
        step, name = displacement(submission.adam(w, g, {}, lr), w)
        # 1 - beta is 0.1 and 0.001 here
        with np.errstate(invalid="ignore"):
            mistakes = [
                (-lr * signs * 0.1 / np.sqrt(0.001), NO_CORRECTION),
                (-lr * signs / np.sqrt(0.001), ONLY_M),
                (-lr * signs * 0.1, ONLY_V),
                (-lr * signs * 100 / np.sqrt(0.01), SWAPPED),
                (np.full(6, np.nan), COUNT_FROM_0),
                (-lr * signs * (0.1 / 0.19) / np.sqrt(0.001 / (1 - 0.999**2)), COUNT_FROM_2),
                (-lr / g, NO_ROOT),
                (-lr * g / np.sqrt(g), V_OF_G),
                (-lr * g / np.sqrt(np.abs(g)), V_OF_ABS),
                (-lr * signs * 10, f"the step is 10 times too large: {M_SUM}, or {V_OF_M}"),
                (-lr * signs * np.sqrt(0.001), V_SUM),
                (-lr * signs * 10 * np.sqrt(0.001), BOTH_SUMS),
                (-lr * signs / 0.9, "v averages (g - m) squared: it must average the square of g"),
                (-lr * signs * 1.9, "this is Nadam: the step is made of m_hat"),
                (lr * signs, UPHILL),
                (-signs, NO_LR),
                (-lr * signs - w, STEP_CAME_BACK),
                (lr * signs - w, STEP_CAME_BACK),
                (signs - w, STEP_CAME_BACK),
                (-lr * g, "this is the step of SGD: divide m_hat by the root of v_hat"),
            ]
        # eps = 1e-8 changes less than 1e-6 of it, wherever it stands
        note = "for gradients much larger than eps, the first step of Adam is -lr * sign(g)"
        close(step, -lr * signs, name, mistakes, note)

    @pytest.mark.needs("TestAdam::test_first_step")
    @SOURCES
    def test_steps(self, submission, rng, source):
        """Many steps follow the corrected averages of g and of g squared"""
        w, grads, lr, options, keras = task(rng, source, "adam", {"beta1": 0.7, "beta2": 0.95, "eps": 1e-8})
        path = weights_of(submission.support.adam(w, grads, {}, lr, **options))
        used = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, **options}
        mistakes = [(decayed_path(w, steps, lr), sentence) for steps, sentence in wrong_steps(grads, **used)]
        first = lr[0] * np.ones_like(lr)
        mistakes.append((decayed_path(w, adam_steps(grads, **used), first), "lr is that of the first step for ever"))
        close_path(path, decayed_path(w, adam_steps(grads, **used), lr), keras, mistakes)

    @pytest.mark.needs("TestAdam::test_first_step")
    @pytest.mark.parametrize("given", [False, True], ids=["default", "given"])
    def test_epsilon(self, submission, rng, given):
        """Epsilon is added to the root of the corrected v"""
        check_epsilon(submission.adam, (), rng, given)

    @pytest.mark.needs("TestAdam::test_first_step")
    def test_zero_gradient(self, submission, rng):
        """A gradient that is exactly 0 leaves the weight where it is"""
        w = rng.normal(size=5)
        new = submission.adam(w, np.zeros(5), {}, 0.1)
        close(new, w, "the new weight", note="0 / 0 gives NaN: eps is added to the root, at every entry")


    @pytest.mark.needs("TestAdam::test_steps", "TestAdam::test_epsilon")
    def test_digits(self, submission, rng):
        """Adam has all digits of float64"""
        w, grads, lr = draw(rng)
        path = weights_of(submission.support.adam(w, grads, {}, lr))
        close_path(path, decayed_path(w, adam_steps(grads, 0.9, 0.999, 1e-8), lr), None, (), digits=True)


class TestAdamW:
    def test_zero_gradient(self, submission, rng):
        """Without a gradient the weight shrinks by the factor 1 - lr * weight_decay"""
        w = rng.uniform(0.5, 2.0, 5) * rng.permutation([1.0, 1.0, 1.0, -1.0, -1.0])
        lr, decay = 0.25, 0.5
        new = submission.adamw(w, np.zeros(5), {}, lr, decay)
        mistakes = [
            (w - lr * np.sign(w), COUPLED),
            (w, "weight_decay has no effect: the decay belongs to every array, vectors too"),
            (w * (1 - decay), "the decay is weight_decay * w without lr: it must be lr * weight_decay * w"),
            (w * (1 + lr * decay), "the weight grows: subtract lr * weight_decay * w"),
            (w * (1 - lr * decay / 2), "the decay is half as large as it must be: it has no factor 1/2"),
            (w * (1 - 2 * lr * decay), "the decay has a factor 2: it is lr * weight_decay * w"),
            (w * (1 - lr * decay) ** 2, "the decay acts twice"),
            (w - lr * decay * np.sign(w), "this is the decay of L1, the same for every weight: it must be proportional to w"),
            (w * np.exp(-lr * decay), "the factor is exp(-lr * weight_decay): it must be 1 - lr * weight_decay"),
            (w * (1 - lr), "the factor is 1 - lr: weight_decay is missing"),
            (np.full(5, np.nan), "NaN is 0 / 0 here: eps is added to the root, and t is 1 at the first step"),
        ]
        close(new, w * (1 - lr * decay), "the new weight", mistakes)

    @pytest.mark.needs("TestAdamW::test_zero_gradient")
    @SOURCES
    def test_steps(self, submission, rng, source):
        """Many steps: the step of Adam, and a decay in proportion to the weight before the step"""
        options = {"weight_decay": 0.6, "beta1": 0.7, "beta2": 0.95, "eps": 1e-8}
        w, grads, lr, options, keras = task(rng, source, "adamw", options)
        path = weights_of(submission.support.adamw(w, grads, {}, lr, **options))
        used = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, **options}
        decay = used.pop("weight_decay")
        steps = adam_steps(grads, **used)
        late = np.stack([w, *late_decay_path(w, steps, lr, decay)])[:-1]
        mistakes = [
            (coupled_path(w, grads, lr, decay, **used), COUPLED),
            (
                late_decay_path(w, steps, lr, decay),
                "the decay acts on the weight after the step: it is in proportion to the weight before it",
            ),
            (
                w - np.cumsum(column(lr) * (steps + decay * w), axis=0),
                "the decay is in proportion to the very first weight: take the present one",
            ),
            (decayed_path(w, steps, lr), "the decay is lost when there is a gradient"),
            (decayed_path(w, -steps, lr, decay), UPHILL),
            (decayed_path(w, steps, np.ones_like(lr), lr[0] * decay), NO_LR),
            (late - column(lr) * steps, "the decay is lost when there is a gradient"),
            *((decayed_path(w, wrong, lr, decay), sentence) for wrong, sentence in wrong_steps(grads, **used)),
        ]
        close_path(path, decayed_path(w, steps, lr, decay), keras, mistakes)

    @pytest.mark.needs("TestAdamW::test_steps")
    @pytest.mark.parametrize("given", [False, True], ids=["default", "given"])
    def test_epsilon(self, submission, rng, given):
        """Epsilon is added to the root of the corrected v, as in Adam"""
        check_epsilon(submission.adamw, (0.0,), rng, given)


    @pytest.mark.needs("TestAdamW::test_steps", "TestAdamW::test_epsilon")
    def test_digits(self, submission, rng):
        """AdamW has all digits of float64"""
        w, grads, lr = draw(rng)
        path = weights_of(submission.support.adamw(w, grads, {}, lr, weight_decay=0.2))
        close_path(path, decayed_path(w, adam_steps(grads, 0.9, 0.999, 1e-8), lr, 0.2), None, (), digits=True)


def check_epsilon(function, before, rng, given):
    """One step with gradients near eps, where its place matters most."""
    eps = 0.03 if given else 1e-8
    g = eps * rng.permutation([0.1, 0.4, 1.0, 2.5, 8.0]) * rng.permutation([1.0, 1.0, 1.0, -1.0, -1.0])
    w, lr, size = 0.1 * rng.normal(size=5), 0.125, np.abs(g)
    new = function(w, g, {}, lr, *before, **({"eps": eps} if given else {}))
    uncorrected = "eps is added to the root of the v that is not corrected, as Keras does: correct v first"
    mistakes = [
        (-lr * g / np.sqrt(size**2 + eps), "eps stands inside the root: it is added to the root of the corrected v"),
        (-lr * g / np.sqrt(size**2 + eps**2), "eps squared stands inside the root: eps is added to the root"),
        (-lr * g / (size + eps / np.sqrt(0.001)), uncorrected),
        (-lr * g / np.sqrt(size**2 + eps / 0.001), "eps stands inside the root of the v that is not corrected"),
        (-lr * g / np.maximum(size, eps), "eps is a lower bound of the root: it must be added"),
        *(
            (-lr * g / (size + other), f"eps is {other:.0e}: take that of the call, which defaults to 1e-08")
            for other in (1e-8, 1e-7, 1e-6, 1e-5, 1e-10, 1e-12, 1e-3)
            if other != eps
        ),
        (-lr * np.sign(g), NO_EPS),
    ]
    step, name = displacement(new, w)
    close(step, -lr * g / (size + eps), name, mistakes, "eps is added to the root of the corrected v, and to nothing else")


class TestState:
    @ALL_RULES
    def test_separate(self, submission, rng, rule):
        """Two parameters with a state each do not disturb one another"""
        name, options = RULES[rule]
        w, grads, lr = draw(rng)
        w_other, g_other, _lr = draw(rng)
        alone = weights_of(getattr(submission.support, name)(w, grads, {}, lr[0], **options))
        for t, (before, after) in enumerate(zip([w, *alone], alone, strict=False)):
            checks.that(np.any(before != after), f"step {t + 1} does not move the weight at all")
        first, second, odd = submission.support.two_parameters(
            name, w_other, w, g_other, grads[:-2], float(lr[0]), 2, options
        )
        weights_of((second, odd))
        note = (
            "something is shared by all parameters, such as a global step counter, global averages or a default "
            "argument: the second parameter's correction or average is wrong. Keep everything in `state`"
        )
        for t, (got, expected) in enumerate(zip(second, alone, strict=False)):
            close(got, expected, f"w of the second parameter after its step {t + 1}", note=note)
        checks.equal(len(first), STEPS, name="steps of the first parameter")

    @pytest.mark.needs("TestState::test_separate")
    @ALL_RULES
    def test_resume(self, submission, rng, rule):
        """Training goes on from a deep copy of the state as if nothing had happened"""
        name, options = RULES[rule]
        w, grads, lr = draw(rng)
        detour = draw(rng)[1][:3]
        straight = weights_of(getattr(submission.support, name)(w, grads, {}, lr[0], **options))
        resumed = weights_of(submission.support.resume(name, w, grads, detour, float(lr[0]), 4, options))
        note = "a checkpoint of `state` does not hold all that the rule remembers: the rest is kept outside it"
        for t, (got, expected) in enumerate(zip(resumed, straight, strict=True)):
            close(got, expected, f"w after step {t + 1}, resumed after step 4", note=note)

    @pytest.mark.needs("TestState::test_separate")
    @ALL_RULES
    def test_arguments(self, submission, rng, rule):
        """A step leaves w and g as they were"""
        name, options = RULES[rule]
        if rule == "classic":
            unchanged_arrays(submission.sgd, rng, (), {})
        before = (0.5,) if name == "adamw" else ()  # a decay in place would show
        rest = {key: value for key, value in options.items() if key != "weight_decay"}
        unchanged_arrays(getattr(submission, name), rng, before, rest)

    @pytest.mark.needs("TestState::test_arguments")
    @ALL_RULES
    def test_given_weight(self, submission, rng, rule):
        """Each step starts from the w that it is given; the arrays belong to the caller"""
        name, options = RULES[rule]
        w, grads, lr = draw(rng)
        shifts = rng.normal(size=grads.shape)
        straight = weights_of(getattr(submission.support, name)(w, grads, {}, lr[0], **options))
        moved = weights_of(submission.support.reused_buffers(name, w, grads, shifts, float(lr[0]), options))
        note = (
            "the caller moved the weight and used its arrays again between two steps, and the rule went on with what "
            "it had kept: start from the argument w, and keep no reference to an argument or to the result"
        )
        if not np.isfinite(straight).all():
            note = "the rule gives NaN, so that what it keeps cannot be seen"
        shifted = np.concatenate([0 * shifts[:1], np.cumsum(shifts, axis=0)[:-1]])
        for t, (got, expected) in enumerate(zip(moved, straight, strict=True)):
            close(got, expected + shifted[t], f"w after step {t + 1}", note=note)

    @pytest.mark.needs("TestState::test_separate")
    @ALL_RULES
    def test_size(self, submission, rng, rule):
        """The state does not grow with the number of steps"""
        name, options = RULES[rule]
        w, grads = rng.normal(size=(2, 3)), rng.normal(size=(300, 2, 3))
        sizes = checks.unpack(submission.support.state_sizes(name, w, grads, 0.1, 3, options), "early", "late")
        early, late = (checks.number(size, name="bytes in the state") for size in sizes)
        # a list with one number for each step would grow by 2376 bytes or more
        text = [("bytes in the state", f"about as many as after step 3, {early:.0f}", f"{late:.0f} after step 300")]
        note = (
            f"something of every step is kept, {(late - early) / 297:.0f} bytes: a running average needs one array of "
            "the size of w, and a counter"
        )
        checks.that(late <= early + 1000, "`state` grows with every step", rows=text, note=note)


def unchanged_arrays(function, rng, before, options):
    """Check that a step changes neither w nor g (the state may change)."""
    w, grads, _lr = draw(rng)
    _new, (w_after, g_after, *_rest), _options = function.echo(w, grads[0], {}, 0.1, *before, **options)
    note = f"`{function.name}` changed its argument in place: give back a new array"
    checks.equal(w_after, w, name="w after the call", note=note)
    checks.equal(g_after, grads[0], name="g after the call", note=note)


class TestClipping:
    def test_value(self, submission, rng):
        """Clipping by value limits every entry on both sides, infinities too"""
        limit = 0.75
        g = rng.permutation([0.2, -0.3, 0.7, -0.7, 1.5, -2.5, 4.0, -0.75, np.inf, -np.inf, 0.0, 0.1]).reshape(SHAPE)
        expected = np.array([[min(max(x, -limit), limit) for x in row] for row in g])
        finite = np.where(np.isfinite(g), g, 0.0)
        mistakes = [
            (np.minimum(g, limit), "only the upper side is clipped: the limit holds for negative entries too"),
            (np.minimum(np.abs(g), limit), "the sign is lost: entries are limited to [-limit, limit]"),
            (np.clip(g, 0.0, limit), "negative entries become 0: they are limited to -limit"),
            (np.clip(g, -1.0, 1.0), "limit is not used"),
            (np.where(np.abs(g) > limit, 0.0, g), "entries beyond the limit become 0: they become the limit"),
            (np.clip(finite, -limit, limit), "infinite entries become 0: they become the limit"),
        ]
        note = "clip_by_value treats each entry alone: it is no rescaling of the array"
        close(submission.clip_by_value(g, limit), expected, "the result", mistakes, note, digits=True)

    @pytest.mark.needs("TestClipping::test_value")
    def test_value_nan(self, submission, rng):
        """Clipping by value does not hide NaN"""
        g = rng.permutation([0.2, np.nan, -3.0, np.inf, np.nan])
        expected = np.where(np.isnan(g), np.nan, np.clip(g, -0.5, 0.5))
        note = "NaN stays NaN: a gradient that is broken must be seen, not turned into a number"
        checks.close(submission.clip_by_value(g, 0.5), expected, name="the result", dtype=np.float64, note=note)

    def test_norm(self, submission, rng):
        """The second value is the norm of all gradients together, before clipping"""
        grads = draw_grads(rng)
        _clipped, norm = checks.unpack(submission.clip_by_global_norm(grads, 1.0), "clipped", "norm")
        flat = np.concatenate([g.ravel() for g in grads])
        norms = [float(np.linalg.norm(g)) for g in grads]
        expected = float(np.linalg.norm(flat))
        mistakes = [
            (1.0, "this is the norm after clipping: it must be that before clipping"),
            (sum(norms), "the norms of the arrays are added: add their squares, and take the root at the end"),
            (expected**2, "the square root is missing"),
            (float(np.abs(flat).sum()), "this is the sum of all sizes, the L1 norm: it must be the L2 norm"),
            (float(np.abs(flat).max()), "this is the largest entry: it must be the L2 norm of all entries"),
            (max(norms), "this is the largest norm of one array: all arrays together have one norm"),
            (float(np.sqrt(np.mean(flat**2))), "the squares are averaged: they must be added"),
            (float(np.sqrt(sum(np.mean(g**2) for g in grads))), "the squares are averaged: they must be added"),
            (
                float(np.sqrt(sum(np.linalg.norm(g, 2) ** 2 if g.ndim == 2 else np.sum(g**2) for g in grads))),
                "a matrix enters with its spectral norm: all its entries count",
            ),
            (1.0 / expected, "this is the factor, not the norm"),
            (norms[0], "this is the norm of the first array: all arrays together have one norm"),
            (norms[-1], "this is the norm of the last array: all arrays together have one norm"),
        ]
        close_number(norm, expected, "norm", mistakes)

    @pytest.mark.needs("TestClipping::test_norm")
    def test_factor(self, submission, rng):
        """All gradients shrink by one factor, to the norm max_norm"""
        grads = draw_grads(rng)
        max_norm = 1.5
        clipped, _norm = checks.unpack(submission.clip_by_global_norm(grads, max_norm), "clipped", "norm")
        norm = float(np.linalg.norm(np.concatenate([g.ravel() for g in grads])))
        for i, (got, g) in enumerate(zip(same_number(clipped, grads), grads, strict=True)):
            own = float(np.linalg.norm(g))
            mistakes = [
                (
                    g * min(1.0, max_norm / own),
                    "clipped array by array: the relative size of the gradients changed; all need one common factor",
                ),
                (np.clip(g, -max_norm, max_norm), "clipped by value: the direction changed; all need one common factor"),
                (g / norm, "scaled to the norm 1: max_norm is missing"),
                (g * max_norm, "multiplied by max_norm: the factor is max_norm / norm"),
                (g * max_norm / norm**2, "divided by the square of the norm"),
                (g, "nothing is clipped"),
                (g * np.sqrt(max_norm / norm), "the factor is the root of max_norm / norm"),
            ]
            close(got, g * (max_norm / norm), f"clipped[{i}]", mistakes)

    @pytest.mark.needs("TestClipping::test_factor")
    @pytest.mark.parametrize("share", [0.25, 1.0], ids=["below", "at the limit"])
    def test_small(self, submission, share):
        """Gradients whose norm is within the limit stay exactly as they are"""
        grads = [np.array([[3.0, -4.0]]), np.array([12.0])]  # the norm is exactly 13
        clipped, norm = checks.unpack(submission.clip_by_global_norm(grads, 13.0 / share), "clipped", "norm")
        close_number(norm, 13.0, "norm")
        for i, (got, g) in enumerate(zip(same_number(clipped, grads), grads, strict=True)):
            mistakes = [
                (g / share, "small gradients were enlarged: scale only if the norm is above max_norm"),
                (np.zeros_like(g), "gradients within the limit become 0"),
            ]
            name, note = f"clipped[{i}]", "within the limit nothing changes, no digit either"
            close(got, g, name, mistakes, note)
            if share < 1:  # at the limit, the rounding of the norm decides
                checks.equal(got, g, name=name, mistakes=mistakes, note=note)

    @pytest.mark.needs("TestClipping::test_factor")
    @pytest.mark.parametrize("scale", [1e-9, 1e90], ids=["tiny", "huge"])
    def test_scale(self, submission, rng, scale):
        """The factor is max_norm / norm at every scale, without an epsilon"""
        grads = [scale * g for g in draw_grads(rng)]
        max_norm = 1.5 * scale
        clipped, norm = checks.unpack(submission.clip_by_global_norm(grads, max_norm), "clipped", "norm")
        expected = scale * float(np.linalg.norm(np.concatenate([(g / scale).ravel() for g in grads])))
        note = "the norm is the root of the sum of squares at every scale: compute in float64, add no epsilon"
        close_number(norm, expected, "norm", note=note, digits=True)
        for i, (got, g) in enumerate(zip(same_number(clipped, grads), grads, strict=True)):
            mistakes = [
                (g * (max_norm / (expected + other)), "an epsilon is added to the norm, as PyTorch does: divide by the norm")
                for other in (1e-6, 1e-7, 1e-8, 1e-12)
            ]
            close(got, g * (max_norm / expected), f"clipped[{i}]", mistakes, "the factor is max_norm / norm", digits=True)

    @pytest.mark.needs("TestClipping::test_factor")
    def test_zero(self, submission):
        """Gradients that are all zero have the norm 0 and stay zero"""
        grads = [np.zeros((2, 3)), np.zeros(4)]
        clipped, norm = checks.unpack(submission.clip_by_global_norm(grads, 1.0), "clipped", "norm")
        note = "0 / 0: divide by the norm only where it is above max_norm"
        close_number(norm, 0.0, "norm", note=note)
        for i, (got, g) in enumerate(zip(same_number(clipped, grads), grads, strict=True)):
            close(got, g, f"clipped[{i}]", note=note)

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf], ids=["NaN", "infinity", "minus infinity"])
    def test_not_finite(self, submission, rng, bad):
        """A gradient that holds NaN or infinity raises FloatingPointError"""
        grads = draw_grads(rng)
        grads[1][3] = bad
        note = (
            "one bad entry makes the norm NaN or infinite: a comparison with NaN is false, and max_norm / inf is 0, so "
            "that without a test of its own it spoils or silences every weight"
        )
        checks.raises(submission.clip_by_global_norm, grads, 1.5, error="FloatingPointError", note=note)

    @pytest.mark.needs("TestClipping::test_factor")
    def test_arguments(self, submission, rng):
        """Clipping leaves its arguments alone, and by value it gives a new array"""
        grads = draw_grads(rng)
        checks.unchanged(submission.clip_by_value, grads[0], 0.5)
        checks.unchanged(submission.clip_by_global_norm, grads, 1.5)
        g = rng.uniform(-0.5, 0.5, SHAPE)
        note = "g itself came back, and changes when the caller writes into g: give back a new array, also within the limit"
        for limit in (0.5, 0.1):
            result = submission.support.clip_by_value_and_write(g, limit)
            mistakes = [(np.full(SHAPE, 100.0), note)]  # what is written into g
            close(result, np.clip(g, -limit, limit), "the result, after g was written into", mistakes)


def draw_grads(rng):
    """Gradients of several shapes and sizes; the norm of each is above 1.5, the sizes differ much."""
    shapes = [(2, 3), (5,), (3, 1, 4)]
    return [
        size * g / np.linalg.norm(g)
        for size, g in zip([4.0, 2.0, 30.0], [rng.normal(size=s) for s in shapes], strict=True)
    ]


def same_number(clipped, grads):
    return checks.unpack(clipped, *(f"clipped[{i}]" for i in range(len(grads))))


def close_number(got, expected, name, mistakes=(), note="", digits=False):
    """Compare one real number of any kind: as `close` does for arrays."""
    close(checks.number(got, name=name), expected, name, mistakes, note, digits)


class TestSchedule:
    def test_warmup(self, submission, rng):
        """The warm-up is a straight line from 0 at step 0 towards the peak at step `warmup`"""
        warmup, peak, floor = int(rng.integers(5, 9)), float(rng.uniform(0.5, 2.0)), 0.125
        total = 3 * warmup + 1
        for step in range(warmup):
            expected = float(np.interp(step, [0, warmup], [0.0, peak]))
            angle, back = np.pi * step / total, np.pi * (step - warmup) / (total - warmup)
            mistakes = [
                (peak * (step + 1) / warmup, "the line is one step early: at step 0 the rate is 0"),
                (peak * (step + 1) / (warmup + 1), "the line starts above 0: at step 0 the rate is 0"),
                (peak * step / (warmup - 1), "the peak is reached one step early"),
                (floor + (peak - floor) * step / warmup, "the warm-up starts at the floor: it starts at 0"),
                (peak * (1 - np.cos(np.pi * step / warmup)) / 2, "the warm-up is half a cosine: it is a straight line"),
                (peak, "there is no warm-up"),
                (floor + (peak - floor) * (1 + np.cos(angle)) / 2, "there is no warm-up"),
                (floor + (peak - floor) * (1 + np.cos(back)) / 2, "there is no warm-up"),
                (peak * step / total, "the warm-up is stretched over all steps"),
                (peak * step / warmup * (1 + np.cos(angle)) / 2, "the cosine acts during the warm-up too"),
            ]
            rate = submission.cosine_schedule(step, total, warmup, peak, floor)
            name, note = f"the rate at step {step} of warm-up {warmup}", "in the warm-up the rate is peak * step / warmup"
            close_number(rate, expected, name, mistakes, note, digits=True)

    @pytest.mark.parametrize("floor", [None, 0.25], ids=["default floor", "given floor"])
    def test_decay(self, submission, rng, floor):
        """After the warm-up, half a cosine leads from the peak to the floor"""
        warmup, length, peak = int(rng.integers(3, 7)), 12, float(rng.uniform(1.0, 2.0))
        total, low = warmup + length, floor or 0.0
        options = {} if floor is None else {"floor": floor}
        # first a step at which each mistake has a value of its own
        for step in (warmup + 5, *range(warmup, total + 1)):
            done = (step - warmup) / length
            cosine = (1 + np.cos(np.pi * done)) / 2
            early, late = (step - warmup) / (length - 1), (step - warmup + 1) / length
            mistakes = [
                (
                    low + (peak - low) * (1 + np.cos(np.pi * step / total)) / 2,
                    "the cosine starts at step 0: its progress is (step - warmup) / (total - warmup)",
                ),
                (
                    low + (peak - low) * (1 + np.cos(np.pi * (step - warmup) / total)) / 2,
                    "the progress is divided by total: its length is total - warmup",
                ),
                (low + (peak - low) * (1 - done), "this is a straight line, not a cosine"),
                (low + (peak - low) * np.cos(np.pi * done), "the cosine goes below the floor: use (1 + cos) / 2"),
                (low + (peak - low) * np.cos(np.pi * done / 2), "this is a quarter of a cosine: it must be half of one"),
                (low + peak * cosine, "the peak is too high by the floor: the cosine spans peak - floor"),
                (peak * cosine, "the floor is not used, or only cuts the cosine off: the cosine ends at the floor"),
                (np.maximum(low, peak * cosine), "the floor only cuts the cosine off: the cosine ends at the floor"),
                (0.1 * peak + 0.9 * peak * cosine, "the cosine ends at a tenth of the peak: floor defaults to 0"),
                (low + (peak - low) * (1 - cosine), "the cosine goes up: use 1 + cos, not 1 - cos"),
                (low + (peak - low) * 2 * cosine, "the factor 1/2 is missing"),
                (low + (peak - low) * (1 + np.cos(np.pi * early)) / 2, "the floor is reached one step early"),
                (low + (peak - low) * (1 + np.cos(np.pi * late)) / 2, "the decay is one step early"),
                (low + (peak - low) * (1 + np.cos(done)) / 2, "the angle lacks the factor pi"),
                (low + (peak - low) * (1 + np.cos(2 * np.pi * done)) / 2, "the angle is twice too large: half a cosine"),
                (peak * step / warmup, "the warm-up never ends"),
                (peak, "there is no decay"),
            ]
            rate = submission.cosine_schedule(step, total, warmup, peak, **options)
            expected = low + (peak - low) * np.cos(np.pi * done / 2) ** 2  # (1 + cos(2 a)) / 2 is cos(a)^2
            name = f"the rate at step {step}, warm-up {warmup}, total {total}"
            checks.number(rate, name=name)
            # absolute: at the end the rate is 0
            checks.close(rate, expected, name=name, rtol=0.0, atol=1e-5 * peak, mistakes=mistakes)
            checks.close(rate, expected, name=name, rtol=0.0, atol=1e-10 * peak, note=DIGITS)

    @pytest.mark.needs("TestSchedule::test_decay")
    def test_after(self, submission, rng):
        """After the last step the rate stays at the floor"""
        peak, floor = float(rng.uniform(0.5, 2.0)), 0.125
        note = "the cosine comes up again, or goes on, after `total`: the progress is at most 1"
        for step in (21, 25, 33, 50, 400):
            rate = submission.cosine_schedule(step, 20, 4, peak, floor)
            if isinstance(rate, int | float) and rate == 0:
                note = "after `total` the rate is that of the last step, the floor, and not 0"
            checks.between(rate, floor - 1e-12, floor + 1e-12, name=f"the rate at step {step} of 20", note=note)

    @pytest.mark.needs("TestSchedule::test_decay")
    def test_no_warmup(self, submission):
        """With warmup = 0 the cosine begins at step 0, with the peak"""
        peak, floor, total = 0.5, 0.125, 10
        note = "with warmup = 0 there is no line: step 0 is the first step of the cosine"
        for step in range(total + 1):
            rate = submission.cosine_schedule(step, total, 0, peak, floor)
            expected = floor + (peak - floor) * np.cos(np.pi * step / total / 2) ** 2
            mistakes = [(peak, "with warmup = 0 the rate stays at the peak: without a warm-up there still is a decay")]
            close_number(rate, expected, f"the rate at step {step}, warm-up 0", mistakes, note, digits=True)
