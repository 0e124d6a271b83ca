"""Hidden suite of `scaled-dot-product-attention`.

Expected values: the definition below, one query at a time and with the keys that it may see only; and arrays that Keras
computed. Batch, heads, Tq, Tk, d and dv differ, so that swapped axes cannot fit.
"""

from pathlib import Path

import numpy as np
import pytest

from grader import checks

BATCH, HEADS, QUERIES, KEYS, WIDTH, VALUES = 2, 3, 5, 7, 6, 4
SOURCES = pytest.mark.parametrize("source", ["definition", "keras"])
LEADING = pytest.mark.parametrize(
    "leading",
    [(), (BATCH,), (BATCH, HEADS), (8, BATCH, HEADS)],
    ids=["one sequence", "a batch", "batch and heads", "three leading axes"],
)
B, T, D = 2, 5, 12
NAMES = ("Wq", "Wk", "Wv", "Wo")
NOTHING = 3e-12  # what rounding can do to the sum of a row is 1e-15
EMPTY = "a query that may attend to no key has zeros in out and weights: define the empty row"


def golden(group):
    """Arrays that Keras computed, see make_golden.py."""
    with np.load(Path(__file__).with_name("golden.npz"), allow_pickle=False) as file:
        return {name.removeprefix(f"{group}/"): file[name] for name in file.files if name.startswith(f"{group}/")}


def draw(rng, leading=(BATCH, HEADS)):
    """Queries, keys and values; scores are of order 1 after the scale."""
    return (
        rng.normal(size=(*leading, QUERIES, WIDTH)) * 1.5,
        rng.normal(size=(*leading, KEYS, WIDTH)),
        rng.normal(size=(*leading, KEYS, VALUES)) + 0.5,
    )


def draw_mask(rng, shape=(BATCH, HEADS, QUERIES, KEYS)):
    """A mask in which every query may attend to some keys and not to others; the last query sees one key."""
    mask = rng.random(shape) < 0.5
    mask[..., 0], mask[..., 1] = True, False
    mask[..., -1, :] = np.arange(shape[-1]) == 2
    return mask


def draw_small_mask(rng, shape):
    """A mask of any shape: some keys are hidden, or, where it has one column, some queries see nothing."""
    mask = np.asarray(rng.random(shape) < 0.6)
    if mask.size == 1:
        mask[...] = mask.ndim != 1  # True for (), False for (1,), True for (1, 1): nothing is hidden, or all
    elif shape[-1] == 1:
        mask[..., 0, :], mask[..., 1, :] = True, False
    else:
        mask[..., 0], mask[..., 1] = True, False
    return mask


def scores_of(q, k):
    """Scaled scores, one number for each query and key."""
    return np.einsum("...id,...jd->...ij", q, k) / q.shape[-1] ** 0.5


def softmax(scores, axis=-1):
    """The definition, in the form that does not overflow."""
    shifted = np.exp(scores - np.max(scores, axis=axis, keepdims=True))
    return shifted / np.sum(shifted, axis=axis, keepdims=True)


def masked_softmax(scores, mask):
    """For each query, the softmax of the scores that it may see; 0 elsewhere."""
    mask = np.broadcast_to(mask, scores.shape)
    weights = np.zeros(scores.shape)
    for place in np.ndindex(scores.shape[:-1]):
        seen = mask[place]
        if seen.any():
            weights[place][seen] = softmax(scores[place][seen])
    return weights


def mix(weights, v):
    return np.einsum("...ij,...jc->...ic", weights, v)


def split(z, n_heads):
    """(B, T, d) -> (B, h, T, d / h), head by head."""
    return np.stack(np.split(z, n_heads, axis=-1), axis=1)


def join(out):
    """(B, h, T, d / h) -> (B, T, d)."""
    return np.concatenate([out[:, head] for head in range(out.shape[1])], axis=-1)


def draw_layer(rng):
    """An input and weights; scores are of order 1 after the scale."""
    return rng.normal(size=(B, T, D)), {name: rng.normal(size=(D, D)) / D**0.5 * 1.2 for name in NAMES}


def heads_of(x, p, n_heads):
    return [split(x @ p[name], n_heads) for name in ("Wq", "Wk", "Wv")]


def layer(x, p, n_heads, mask=True):
    q, k, v = heads_of(x, p, n_heads)
    return join(mix(masked_softmax(scores_of(q, k), mask), v)) @ p["Wo"]


def layer_slips(x, p, n_heads):
    """What common mistakes give without a mask."""
    q, k, v = heads_of(x, p, n_heads)
    mixed = mix(softmax(scores_of(q, k)), v)
    size = D // n_heads

    def by(q, k, v):
        return join(mix(softmax(scores_of(q, k)), v)) @ p["Wo"]

    def cut(z):  # reshaped without a transpose
        return z.reshape(B, n_heads, T, size)

    def laced(z):  # head h takes every n_heads-th column
        return z.reshape(B, T, size, n_heads).transpose(0, 3, 1, 2)

    projected = [x @ p[name] for name in ("Wq", "Wk", "Wv")]
    return [
        (join(mixed), "the output is not multiplied by Wo"),
        (layer(x, {name: w.T for name, w in p.items()}, n_heads), "the weights are transposed: it is x @ W"),
        (by(split(x, n_heads), split(x, n_heads), split(x, n_heads)), "Wq, Wk and Wv are not used"),
        (by(q, q, v), "the keys are made with Wq: they have weights of their own, Wk"),
        (by(k, k, v), "the queries are made with Wk: they have weights of their own, Wq"),
        (by(k, q, v), "queries and keys are swapped"),
        (by(q, k, k), "the values are made with Wk: they have weights of their own, Wv"),
        (by(q, k, split(x, n_heads)), "the values are x itself: multiply by Wv"),
        (
            join(mix(softmax(scores_of(q, k) / n_heads**0.5), v)) @ p["Wo"],
            "scale must use the head dimension, sqrt(d / n_heads), not sqrt(d)",
        ),
        (
            join(mix(softmax(scores_of(q, k) * size**0.5), v)) @ p["Wo"],
            "the scores are not divided by the root of the head dimension",
        ),
        (
            mix(softmax(scores_of(*map(cut, projected[:2]))), cut(projected[2])).reshape(x.shape) @ p["Wo"],
            "heads mix time steps: reshape to (B, T, h, d / h), then swap the axes of time and heads",
        ),
        (
            mix(softmax(scores_of(*map(cut, projected[:2]))), cut(projected[2])).swapaxes(1, 2).reshape(x.shape)
            @ p["Wo"],
            "heads mix time steps: reshape to (B, T, h, d / h), then swap the axes of time and heads",
        ),
        (
            mixed.reshape(x.shape) @ p["Wo"],
            "the heads are put together without swapping the axes of heads and time back",
        ),
        (
            mix(softmax(scores_of(*map(laced, projected[:2]))), laced(projected[2]))
            .transpose(0, 2, 3, 1)
            .reshape(x.shape)
            @ p["Wo"],
            "the heads are laced: head h has the neighbouring columns from h * d / n_heads on",
        ),
        (
            mixed.transpose(0, 2, 3, 1).reshape(x.shape) @ p["Wo"],
            "the heads' outputs are laced: they stand side by side, head by head",
        ),
        (
            np.tile(mixed.mean(axis=1), n_heads) @ p["Wo"],
            "the heads are averaged: they stand side by side",
        ),
        (
            join(mix(np.repeat(softmax(scores_of(q, k))[:, :1], n_heads, axis=1), v)) @ p["Wo"],
            "all heads use the weights of the first",
        ),
        (layer(x, p, 1), "there is one head only, whatever n_heads says"),
        (x + join(mixed) @ p["Wo"], "x is added: the residual connection is not part of attention"),
    ]


def shape_of(got):
    """Its shape, or None for what is no array."""
    return got.shape if isinstance(got, np.ndarray) else None


def close(got, expected, name, mistakes=(), note="", shapes=()):
    """`checks.close` with the dtype of the statement; `shapes` are (shape, the mistake that gives it)."""
    got_shape = shape_of(got)
    if got_shape != expected.shape:
        note = next((sentence for shape, sentence in shapes if shape == got_shape), note)
    elif isinstance(got, np.ndarray) and got.dtype == np.float64 and expected.size:
        with np.errstate(all="ignore"):
            error, scale = np.max(np.abs(got - expected)), np.max(np.abs(expected))
        if 1e-9 * scale < error < 1e-5 * scale:
            note = "only about seven digits are right: compute in float64, not in float32"
    checks.close(got, expected, name=name, dtype="float64", mistakes=mistakes, note=note)


def close_weights(got, expected, scores, mask=True, **options):
    """`close` for weights, and rows sum to 1; `scores` and `mask` show whether the denominator is too large."""
    filled = np.broadcast_to(mask, expected.shape).any(axis=-1)
    missing = np.zeros(1)
    if isinstance(got, np.ndarray) and got.shape == expected.shape and got.dtype == np.float64 and filled.any():
        sums = got.sum(axis=-1)[filled]
        missing = 1.0 - sums
        visible = np.where(mask, scores, -np.inf)[filled]
        total = np.exp(visible - visible.max(axis=-1, keepdims=True)).sum(axis=-1)
        with np.errstate(all="ignore"):
            added = missing / sums * total  # the same in each row if the denominator is total + epsilon
        if (missing > NOTHING).all() and np.ptp(added) < 1e-3 * added.max():
            note = f"about {added.max():.0e} is added to the sum of the exponentials: divide by the sum itself"
            checks.that(False, "rows of `weights` sum to less than 1", rows=sum_rows(sums), note=note)
    close(got, expected, "weights", **options)
    note = "the weights of a query that sees any key sum to 1, up to rounding"
    checks.that(
        (np.abs(missing) < NOTHING).all(), "rows of `weights` do not sum to 1", rows=sum_rows(1 - missing), note=note
    )


def sum_rows(sums):
    """The sum that is furthest from 1, for the report."""
    return [("sum of a row", "1", repr(float(sums[np.argmax(np.abs(sums - 1.0))])))]


def attend(submission, *args, **options):
    return checks.unpack(submission.attention(*args, **options), "out", "weights")


class TestAttention:
    @LEADING
    def test_shapes(self, submission, rng, leading):
        """Output and weights have the leading axes of q, and float64"""
        q, k, v = draw(rng, leading)
        out, weights = attend(submission, q, k, v)
        known = {
            (*leading, QUERIES, VALUES): "the order is out, weights",
            (*leading, KEYS, QUERIES): "the weights are transposed: one row for each query",
        }
        note = known.get(shape_of(weights), "one row of weights for each query, one column for each key")
        checks.array(weights, name="weights", shape=(*leading, QUERIES, KEYS), dtype="float64", note=note)
        note = "one row of out for each query, as wide as the values"
        checks.array(out, name="out", shape=(*leading, QUERIES, VALUES), dtype="float64", note=note)

    @pytest.mark.needs("TestAttention::test_shapes")
    @LEADING
    def test_weights(self, submission, rng, leading):
        """The weights of a query are the softmax over the keys of q k^T / sqrt(d)"""
        q, k, v = draw(rng, leading)
        scores = scores_of(q, k)
        raw = scores * WIDTH**0.5
        _out, weights = attend(submission, q, k, v)
        norms = np.linalg.norm(q, axis=-1)[..., None] * np.linalg.norm(k, axis=-1)[..., None, :]
        mistakes = [
            (softmax(raw), "the scores are not divided by sqrt(d): weights are too peaked"),
            (softmax(raw / WIDTH), "the scores are divided by d: divide by its square root"),
            (softmax(raw * WIDTH**0.5), "the scores are multiplied by sqrt(d): divide by it"),
            (softmax(raw / VALUES**0.5), "the scale uses the width of the values: it is that of queries and keys"),
            (softmax(raw / KEYS**0.5), "the scale uses the number of keys: it is the width of queries and keys"),
            (softmax(raw / QUERIES**0.5), "the scale uses the number of queries: it is the width of queries and keys"),
            (softmax(scores, axis=-2), "the softmax runs over the queries: rows do not sum to 1"),
            (softmax(scores, axis=None), "the softmax runs over all scores at once: each row sums to 1"),
            (scores, "these are the scores, without a softmax"),
            (softmax(-scores), "the scores have the wrong sign: similar keys get large weights"),
            (np.exp(scores), "the exponentials are not divided by their sum: rows do not sum to 1"),
            (scores / scores.sum(axis=-1, keepdims=True), "the scores are divided by their sum, without exponentials"),
            (1 / (1 + np.exp(-scores)), "this is a sigmoid of each score: rows do not sum to 1"),
            (softmax(raw / norms), "this is the cosine: queries and keys are not normalised"),
            (np.log(softmax(scores)), "these are logarithms of the weights"),
        ]
        if leading:
            sizes = tuple(range(scores.ndim))
            mistakes += [
                (softmax(scores, axis=sizes[:1]), "the softmax runs over the batch: it runs over the keys"),
                (softmax(scores, axis=sizes[1:]), "the softmax runs over all scores of a batch entry at once"),
            ]
        close_weights(weights, softmax(scores), scores, mistakes=mistakes)

    @pytest.mark.needs("TestAttention::test_weights")
    @SOURCES
    def test_output(self, submission, rng, source):
        """The output is the mean of the values, weighted by the weights"""
        stored = golden("ops")
        q, k, v = draw(rng) if source == "definition" else (stored[name] for name in "qkv")
        weights = softmax(scores_of(q, k))
        out, _weights = attend(submission, q, k, v)
        expected = mix(weights, v) if source == "definition" else stored["plain"]
        mistakes = [
            (np.broadcast_to(v.mean(axis=-2, keepdims=True), expected.shape), "the weights are not used in out"),
            (expected / KEYS, "the weighted values are averaged once more: the weights sum to 1 already"),
            (v[..., :QUERIES, :], "out is v, without the weights"),
            (np.take_along_axis(v, weights.argmax(axis=-1)[..., None], axis=-2), "only the best key counts: mix all"),
            (mix(scores_of(q, k), v), "the values are mixed by the scores, not by the weights"),
        ]
        close(out, expected, "out", mistakes)

    @pytest.mark.needs("TestAttention::test_output")
    def test_large_scores(self, submission, rng):
        """Scores of ten thousand, of either sign, give finite weights in every row"""
        q, k, v = draw(rng)
        # Evenly spread, so that the largest score of a row always lies 1,000 above their mean: exp of 710 overflows.
        k[..., 0] = rng.permuted(np.broadcast_to(np.linspace(1.0, 1.2, k.shape[-2]), k.shape[:-1]), axis=-1)
        q[..., 0] = rng.choice([-1.0, 1.0], size=q.shape[:-1]) * 1.8e4
        q[..., 0, 0], q[..., 1, 0], q[..., 2, 0] = 1.8e4, -1.8e4, 0.0  # rows near 1e4, -1e4 and 0 in each head
        scores = scores_of(q, k)
        out, weights = attend(submission, q, k, v)
        note = "exp overflows, or underflows to 0 in a whole row: subtract from each row its own largest score first"
        # scores of 1e4 carry rounding errors of 1e-12 times their size, so the weights have 1e-8 or less
        options = {"rtol": 1e-6, "atol": 1e-6, "dtype": "float64", "note": note}
        checks.close(weights, softmax(scores), name="weights", **options)
        checks.close(out, mix(softmax(scores), v), name="out", **options)

    @pytest.mark.needs("TestAttention::test_output")
    @pytest.mark.parametrize(("queries", "keys"), [(1, KEYS), (QUERIES, 1), (1, 1)], ids=["query", "key", "of both"])
    def test_one(self, submission, rng, queries, keys):
        """One query, one key, or one of both, keep all axes"""
        q, k, v = draw(rng, (1, 1))
        q, k, v = q[..., :queries, :1], k[..., :keys, :1], v[..., :keys, :1]
        out, weights = attend(submission, q, k, v)
        note = "axes of length 1 are lost: keep them all"
        expected = softmax(scores_of(q, k))
        close(weights, expected, "weights", note=note)
        close(out, mix(expected, v), "out", note=note)

    @pytest.mark.needs("TestAttention::test_output")
    def test_arguments(self, submission, rng):
        """Attention leaves its arguments alone"""
        checks.unchanged(submission.attention, *draw(rng))


def is_near(got, expected):
    """Whether what is looked at for the sake of a note is right."""
    return shape_of(got) == expected.shape and np.allclose(got, expected, rtol=1e-6, atol=1e-6)


def widened(expected):
    """Shapes with more axes than q, for `close`."""
    return [
        ((1,) * more + expected.shape, "the leading axes are those of q: the mask adds none, not even of length 1")
        for more in (1, 2, 3)
    ]


class TestMasks:
    @pytest.mark.parametrize("length", [5, 1], ids=["five tokens", "one token"])
    def test_causal(self, submission, length):
        """The causal mask lets each position see itself and what comes before it"""
        at = np.arange(length)
        expected = at[:, None] >= at
        mistakes = [
            (at[:, None] > at, "the diagonal is missing: a token cannot see itself"),
            (at[:, None] + 1 >= at, "off by one: a token sees its successor"),
            (at[:, None] <= at, "the mask is transposed: tokens see what comes after them"),
            (at[:, None] < at, "the mask is inverted: True means that the query may attend to the key"),
            (np.ones((length, length), bool), "nothing is hidden"),
        ]
        got = submission.causal_mask(length)
        note = "the mask is bool, True where the query (row) may attend to the key (column)"
        checks.equal(got, expected, name="causal_mask", mistakes=mistakes, note=note)

    @pytest.mark.needs("TestAttention::test_output")
    @pytest.mark.parametrize(
        ("source", "leading"),
        [
            ("definition", (BATCH, HEADS)),
            ("keras", (BATCH, HEADS)),
            ("definition", ()),
            ("definition", (BATCH,)),
            ("definition", (8, BATCH, HEADS)),
        ],
        ids=["definition", "keras", "one sequence", "a batch", "three leading axes"],
    )
    def test_weights(self, submission, rng, source, leading):
        """With a mask, the softmax runs over the allowed keys alone"""
        q, k, v, mask = *draw(rng, leading), draw_mask(rng, (*leading, QUERIES, KEYS))
        if source == "keras":
            q, k, v, mask = (golden("ops")[name] for name in ("q", "k", "v", "mask"))
        scores = scores_of(q, k)
        plain, number = softmax(scores), mask.astype(float)
        out, weights = attend(submission, q, k, v, mask=mask)
        expected = masked_softmax(scores, mask)
        mistakes = [
            (masked_softmax(scores, ~mask), "the mask is inverted: True means that the query may attend to the key"),
            (plain, "the mask is not used"),
            (softmax(scores * number), "masked keys still receive weight: a score of 0 is not -inf"),
            (softmax(scores + number), "masked keys still receive weight: 0 and 1 are added to the scores"),
            (softmax(scores - number), "masked keys still receive weight: 0 and 1 are added to the scores"),
            (plain * number, "masked after the softmax: rows sum to less than 1"),
            (softmax(np.where(mask, scores, -1.0)), "masked keys still receive weight: -1 is not -inf"),
        ]
        if leading:
            first = masked_softmax(scores, mask[:1])
            mistakes.append((first, "the mask of the first sequence is used for all of the batch"))
        close_weights(weights, expected, scores, mask, mistakes=mistakes, shapes=widened(expected))
        expected = mix(expected, v) if source == "definition" else golden("ops")["masked"]
        close(out, expected, "out", [(mix(plain, v), "the mask is used for the weights, not for out")])

    @pytest.mark.needs("TestMasks::test_weights")
    def test_zero(self, submission, rng):
        """Masked keys have weight 0 exactly, and their values do not matter"""
        q, k, v = draw(rng)
        mask = draw_mask(rng)
        # masked scores are larger than the allowed ones, by 60 or so: finite stand-ins for -inf show
        k = np.concatenate([k, np.ones((*k.shape[:-1], 1))], axis=-1)
        q = np.concatenate([q, np.full((*q.shape[:-1], 1), 1.0)], axis=-1)
        mask[..., 1], v[..., 1, :] = False, 1e100
        k[..., 1, -1] = 60.0 * (WIDTH + 1) ** 0.5
        out, weights = attend(submission, q, k, v, mask)
        note = "masked keys still receive a little weight: their score must be -inf, or so low that exp gives 0"
        masked = weights[~mask] if shape_of(weights) == mask.shape else weights
        checks.close(masked, np.zeros(int((~mask).sum())), name="weights of masked keys", atol=0.0, note=note)
        expected = mix(masked_softmax(scores_of(q, k), mask), np.where(v == 1e100, 0.0, v))
        close(out, expected, "out", note=note)

    @pytest.mark.needs("TestMasks::test_zero")
    def test_large_scores(self, submission, rng):
        """A masked score may be the largest by ten thousand, or the allowed ones may be that far below zero"""
        q, k, v = draw(rng)
        mask = draw_mask(rng)
        large = 1e4 * WIDTH**0.5
        q[..., :2], k[..., :2] = 0.0, 0.0
        q[..., 0, 0], k[..., 1, 0] = 1.0, large  # the first query: the hidden key has the score 1e4, the others about 0
        q[..., 1, 1], k[..., 2:, 1] = 1.0, -large  # the second: what it may see has scores near -1e4, the hidden near 0
        q[..., 2, :2] = 1.0  # the third: what it may see has scores near -1e4, a hidden key has 1e4
        mask[..., 1:3, 0], mask[..., 1:3, 2] = False, True
        scores = scores_of(q, k)
        note = "the largest score of a row is taken before the mask, so that allowed keys underflow to 0: mask first"
        _out, unmasked = attend(submission, q, k, v)
        if not is_near(unmasked, softmax(scores)):
            note = "wrong for these scores without a mask, too: subtract from each row its own largest score"
        out, weights = attend(submission, q, k, v, mask)
        expected = masked_softmax(scores, mask)
        low = softmax(np.where(mask, scores, -1e4))
        mistakes = [
            (low, "masked keys get the score -10,000, which allowed keys have here, too: take -inf"),
            (softmax(np.where(mask, scores, scores - 1e4)), "10,000 less is not enough for masked keys: take -inf"),
            (softmax(np.where(mask, scores, scores - 2e4)), "20,000 less is not enough for masked keys: take -inf"),
        ]
        # scores of 1e4 carry rounding errors of 1e-12 times their size, so the weights have 1e-8 or less
        options = {"rtol": 1e-6, "atol": 1e-6, "dtype": "float64", "note": note}
        checks.close(weights, expected, name="weights", mistakes=mistakes, **options)
        checks.close(out, mix(expected, v), name="out", **options)

    @pytest.mark.needs("TestMasks::test_weights")
    @pytest.mark.parametrize(
        ("leading", "empty"),
        [
            ((BATCH, HEADS), np.s_[..., 3, :]),
            ((BATCH, HEADS), np.s_[...]),
            ((BATCH, HEADS), np.s_[1, 2, 0]),
            ((), np.s_[3]),
            ((), np.s_[...]),
            ((BATCH,), np.s_[1, 0]),
            ((8, BATCH, HEADS), np.s_[5, 1, 2, 0]),
        ],
        ids=[
            "one query",
            "every query",
            "one query of a batch",
            "one sequence, one query",
            "one sequence, every query",
            "a batch, one query",
            "three leading axes, one query",
        ],
    )
    def test_empty_row(self, submission, rng, leading, empty):
        """A query that may attend to no key has zeros in weights and output"""
        q, k, v = draw(rng, leading)
        mask = draw_mask(rng, (*leading, QUERIES, KEYS))
        mask[empty] = False
        scores = scores_of(q, k)
        expected = masked_softmax(scores, mask)
        empty = ~mask.any(axis=-1, keepdims=True)
        out, weights = attend(submission, q, k, v, mask)
        mistakes = [
            (np.where(empty, 1.0 / KEYS, expected), f"the empty row is uniform. {EMPTY}"),
            (np.where(empty, softmax(scores), expected), f"the empty row ignores the mask. {EMPTY}"),
            (np.zeros_like(expected), "one empty row sets all others to zero, too"),
        ]
        close(weights, expected, "weights", mistakes, EMPTY)
        close(out, mix(expected, v), "out", note=EMPTY)

    @pytest.mark.needs("TestMasks::test_weights")
    @pytest.mark.parametrize(
        ("leading", "shape"),
        [
            *(((BATCH, HEADS), shape) for shape in [(KEYS,), (1, KEYS), (QUERIES, 1), (QUERIES, KEYS)]),
            *(((BATCH, HEADS), shape) for shape in [(HEADS, QUERIES, KEYS), (1, QUERIES, KEYS), (BATCH, 1, 1, KEYS)]),
            *(((), shape) for shape in [(), (1,), (1, 1), (KEYS,), (1, KEYS), (QUERIES, 1)]),
            *(((BATCH,), shape) for shape in [(), (1, 1), (KEYS,), (QUERIES, 1), (QUERIES, KEYS), (BATCH, 1, KEYS)]),
            *(((8, BATCH, HEADS), shape) for shape in [(KEYS,), (QUERIES, KEYS), (BATCH, 1, 1, KEYS)]),
        ],
        ids=str,
    )
    def test_broadcast(self, submission, rng, leading, shape):
        """A mask with fewer axes, or with axes of length 1, holds for all of them"""
        q, k, v = draw(rng, leading)
        mask = draw_small_mask(rng, shape)
        note = "mask has any shape that can be broadcast to (..., Tq, Tk)"
        expected = masked_softmax(scores_of(q, k), mask)
        _out, full = attend(submission, q, k, v, np.broadcast_to(mask, expected.shape).copy())
        if not is_near(full, expected):
            note = "wrong with the mask written out in full, too: its shape is not the reason"
        out, weights = attend(submission, q, k, v, mask)
        close(weights, expected, "weights", note=note, shapes=widened(expected))
        close(out, mix(expected, v), "out", note=note)

    @pytest.mark.needs("TestAttention::test_arguments", "TestMasks::test_weights")
    def test_arguments(self, submission, rng):
        """Attention leaves its mask alone, and its other arguments when it has a mask"""
        checks.unchanged(submission.attention, *draw(rng), draw_mask(rng))


@pytest.mark.needs("TestAttention::test_output")
class TestMultiHead:
    def test_one_head(self, submission, rng):
        """One head is attention of x Wq, x Wk and x Wv, times Wo"""
        x, p = draw_layer(rng)
        out = submission.multi_head_attention(x, p, 1)
        note = "the result is one array, (B, T, d)"
        close(out, layer(x, p, 1), "out", layer_slips(x, p, 1), note if not isinstance(out, np.ndarray) else "")

    @pytest.mark.needs("TestMultiHead::test_one_head")
    @pytest.mark.parametrize(
        ("n_heads", "source"),
        [(3, "definition"), (4, "definition"), (12, "definition"), (3, "keras")],
        ids=["3 heads", "4 heads", "12 heads", "keras"],
    )
    def test_heads(self, submission, rng, n_heads, source):
        """Each head attends with its own columns; the outputs stand side by side"""
        stored = golden("layer")
        x, p = draw_layer(rng) if source == "definition" else (stored["x"], {name: stored[name] for name in NAMES})
        expected = layer(x, p, n_heads) if source == "definition" else stored["plain"]
        out = submission.multi_head_attention(x, p, n_heads)
        close(out, expected, "out", layer_slips(x, p, n_heads))

    @pytest.mark.needs("TestMultiHead::test_heads", "TestMasks::test_weights")
    def test_causal(self, submission, rng):
        """With a causal mask, later tokens do not change what comes out for earlier ones"""
        x, p = draw_layer(rng)
        mask = np.tri(T, dtype=bool)
        changed = x.copy()
        changed[:, 3:] += 10.0 * rng.normal(size=(B, T - 3, D))
        before = checks.array(submission.multi_head_attention(x, p, 3, mask), name="out", shape=(B, T, D))
        after = submission.multi_head_attention(changed, p, 3, mask)
        note = "tokens look into the future: give the mask to every head"
        close(checks.array(after, name="out", shape=(B, T, D))[:, :3], before[:, :3], "out[:, :3]", note=note)

    @pytest.mark.needs("TestMultiHead::test_causal")
    @pytest.mark.parametrize(
        ("shape", "n_heads", "source"),
        [
            ((T, T), 3, ""),
            ((B, 1, 1, T), 3, ""),
            ((3, T, T), 3, ""),
            ((B, 3, T, T), 3, ""),
            ((T, T), 3, "causal"),
            ((B, 1, 1, T), 3, "padded"),
            ((1, T, T), 3, ""),
            ((1, 3, T, T), 3, ""),
            ((B, 1, T, T), 3, ""),
            ((T,), 3, ""),
            ((1, T), 3, ""),
            ((T, 1), 3, ""),
            ((2, T, T), 2, ""),
        ],
        ids=[
            "T T",
            "B 1 1 T",
            "h T T",
            "B h T T",
            "keras, causal",
            "keras, padded",
            "1 T T",
            "1 h T T",
            "B 1 T T",
            "T",
            "1 T",
            "T 1",
            "h T T, as many heads as sequences",
        ],
    )
    def test_mask(self, submission, rng, shape, n_heads, source):
        """The mask can be broadcast to (B, n_heads, T, T)"""
        x, p = draw_layer(rng)
        mask = draw_mask(rng, shape) if shape[-2:] == (T, T) else draw_small_mask(rng, shape)
        if shape == (B, 1, 1, T):
            mask = np.arange(T) < np.array([3, 4]).reshape(B, 1, 1, 1)
        if shape == (B, 3, T, T):
            mask[1, 2, 0] = False
        if source:
            stored = golden("layer")
            x, p = stored["x"], {name: stored[name] for name in NAMES}
            mask = np.tri(T, dtype=bool) if source == "causal" else stored["padding"][:, None, None]
        wide = np.broadcast_to(mask, (B, n_heads, T, T))
        unused = "the mask is not used"
        if not (wide.any(axis=-1) & ~wide.all(axis=-1)).any():
            unused += ", or not for queries that may attend to no key"
        mistakes = [
            (layer(x, p, n_heads), unused),
            (layer(x, p, n_heads, wide[:, :1]), "all heads get the mask of the first"),
            (layer(x, p, n_heads, np.swapaxes(wide, -1, -2)), "the mask is transposed"),
        ]
        if n_heads == B:
            sentence = "three axes are taken for (B, T, T): NumPy broadcasts from the last axis, so they are (h, T, T)"
            mistakes.insert(0, (layer(x, p, n_heads, mask[:, None]), sentence))
        expected = stored[source] if source else layer(x, p, n_heads, mask)
        close(submission.multi_head_attention(x, p, n_heads, mask), expected, "out", mistakes)

    @pytest.mark.needs("TestMultiHead::test_heads")
    @pytest.mark.parametrize("n_heads", [5, 24], ids=["5 heads of 12 columns", "24 heads of 12 columns"])
    def test_refused(self, submission, rng, n_heads):
        """A number of heads that does not divide d raises ValueError"""
        x, p = draw_layer(rng)
        note = "columns would be left out without a word: all heads have the same width, so n_heads must divide d"
        checks.raises(submission.multi_head_attention, x, p, n_heads, error="ValueError", note=note)

    @pytest.mark.needs("TestMultiHead::test_heads")
    def test_one_of_each(self, submission, rng):
        """One sequence of one token with one column keeps three axes"""
        x, p = rng.normal(size=(1, 1, 1)), {name: rng.normal(size=(1, 1)) for name in NAMES}
        note = "axes of length 1 are lost: the result has the shape of x"
        close(submission.multi_head_attention(x, p, 1), x * p["Wv"] * p["Wo"], "out", note=note)

    @pytest.mark.needs("TestMultiHead::test_heads")
    def test_arguments(self, submission, rng):
        """Multi-head attention leaves its arguments alone"""
        x, p = draw_layer(rng)
        checks.unchanged(submission.multi_head_attention, x, p, 3, draw_mask(rng, (T, T)))


NOTE = "is there a loop over positions? One product of matrices takes all queries at once"


def nearly(got, count):
    """Whether a number of whatever type agrees in its first digits."""
    return isinstance(got, int | np.integer) and abs(int(got) - count) < 1e-9 * count


# In the last case both counts need more than the 53 bits of a float, and fewer than 63.
COUNTS = [(5, 12, 3), (5, 12, 4), (128, 64, 1), (100_000, 12_288, 96), (3_000_017, 100_005, 5)]


class TestCost:
    @pytest.mark.parametrize(("T", "d", "n_heads"), COUNTS)
    def test_counts(self, submission, T, d, n_heads):
        """Four projections of T d^2, and two products of T^2 d whatever the number of heads"""
        projections, mixing = checks.unpack(submission.attention_macs(T, d, n_heads), "projections", "mixing")
        right = 4 * T * d * d, 2 * T * T * d
        mistakes = [
            (3 * T * d * d, "one projection is missing: Wo counts too"),
            (T * d * d, "this is one projection: there are four"),
            (4 * d * d, "the projections are done for each of the T positions"),
            (2 * right[0], "a multiplication with its addition counts as one"),
            (4 * T * d * d // n_heads, "a projection makes all d columns, whatever the number of heads"),
            (4 * T * d * d * n_heads, "a projection makes all d columns, whatever the number of heads"),
            (right[1], "the order is projections, mixing"),
        ]
        digits = "digits are lost: floats are exact to 2^53 only, so count in ints and divide with //"
        note = digits if nearly(projections, right[0]) else ""
        checks.equal(projections, right[0], name="projections", mistakes=mistakes, note=note)
        mistakes = [
            (T * T * d, "one of the two products is missing: q k^T and weights times v"),
            (2 * right[1], "a multiplication with its addition counts as one"),
            (right[1] * n_heads, "a head is d / n_heads wide: the number of heads cancels"),
            (right[1] // n_heads, "this is one head: there are n_heads of them"),
            (T * (T + 1) * d, "this is the causal half: count all pairs"),
            (2 * T * d * d, "each query meets T keys: T^2 pairs, with d products each"),
            (right[1] + n_heads * T * T, "the softmax and the scale do not count"),
        ]
        note = digits if nearly(mixing, right[1]) else ""
        checks.equal(mixing, right[1], name="mixing", mistakes=mistakes, note=note)

    @pytest.mark.needs("TestAttention::test_output")
    def test_growth(self, submission, reference, rng, record):
        """The time of attention grows with the number of keys, not with its square"""

        def arguments(keys):
            return rng.normal(size=(8, 8)), rng.normal(size=(keys, 8)), rng.normal(size=(keys, 4))

        exponent = checks.not_steeper(
            submission.support.attention_often,
            arguments,
            [128, 384, 1024],
            1.5,
            name="attention",
            note="is each key compared with each other key? a query needs every key once: one maximum, one sum",
            baseline=reference.support.attention_often,
        )
        record("time grows as keys to the power of", exponent)

    # Measured beside the reference: other vectorised ways up to 4; loops over positions 30 and more.
    @pytest.mark.needs("TestCost::test_growth")
    def test_attention_speed(self, submission, reference, rng):
        """Attention of 1024 queries takes at most 10 times as long as the reference solution"""
        checks.not_slower(
            submission.support.attention_often,
            reference.support.attention_often,
            lambda: (rng.normal(size=(1024, 8)), rng.normal(size=(16, 8)), rng.normal(size=(16, 4))),
            10.0,
            name="attention",
            note=NOTE,
        )

    @pytest.mark.needs("TestCost::test_attention_speed", "TestMultiHead::test_heads")
    def test_heads_speed(self, submission, reference, rng):
        """Two heads on eight sequences of 32 tokens take at most 10 times as long as the reference solution"""
        checks.not_slower(
            submission.support.heads_often,
            reference.support.heads_often,
            lambda: (rng.normal(size=(8, 32, 8)), {name: rng.normal(size=(8, 8)) / 3 for name in NAMES}, 2),
            10.0,
            name="multi_head_attention",
            note=NOTE,
        )
