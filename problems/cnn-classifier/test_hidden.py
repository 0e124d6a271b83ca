"""Hidden suite of cnn-classifier."""

import contextvars
import dataclasses
import itertools
import time
from types import SimpleNamespace

import numpy as np
import pytest

from grader import checks
from grader.failure import Failed

N_CLASSES = 10
MOST_PARAMETERS = 300_000
LEAST_ACCURACY = 0.95
NEAR_ACCURACY = 0.8  # from here on a run that misses the bar may have had an unlucky end
MOST_ACCURACY_OF_CONTROL = 0.25
TEST_IMAGES = 500
SECONDS = 20.0
CONTROL_SECONDS = 6.0
OTHER_CLASSES = 7
SHORT_SECONDS = 3.0
LONGER_SECONDS = 9.0
LONGER_STREAM_SECONDS = 6.0
MOST_IMAGES_OF_28 = 30_000  # in a longer run, for the memory that some copies as float32 take
MOST_IMAGES_OF_8 = 700_000
MOST_PACE = 1.4  # seconds that train takes for each further second that it is given; those that use all take 1.0
MOST_ENTRIES = 20  # of the history, where the seconds end within the first epoch
MOST_MEAN_LOSS = 25.0
EQUAL_IMAGES = 1200
LARGE_MEAN = 2.0  # on equal images; the entropy of their labels is 0.87, and a smoothed or a weighted loss may be more
LEAST_EPOCHS = 5
MOST_VARIATION_OF_A_MEAN = 0.1  # times the mean; honest means vary by 0.01, losses of single batches by 0.2 and more
MOST_TIME_TO_TARGET = 8.0  # times the reference's; the honest alternatives need up to 3 times
MOST_TIME_OF_IMAGE = 12.0  # times the reference's; the honest alternatives need up to 5 times
BATCH_TESTS = ("TestPreprocess::test_shape_and_dtype", "TestAugment::test_shape_and_dtype")


# ---------------------------------------------------------------------------------------------------------------
# Data


def to_uint8(grey16):
    """Grey levels 0..16 of the digits as 0..255."""
    return (grey16.astype(np.uint16) * 255 // 16).astype(np.uint8)


@pytest.fixture(scope="session")
def digits(dataset, seed):
    """The digits, split by the seed of the grade."""
    data = dataset("digits")
    rng = np.random.default_rng([seed, 16])
    x, y = to_uint8(data.x), data.y.astype(np.int64)
    order = rng.permutation(len(x))
    test, train = order[:TEST_IMAGES], order[TEST_IMAGES:]
    return SimpleNamespace(x_train=x[train], y_train=y[train], x_test=x[test], y_test=y[test], rng=rng)


@pytest.fixture(scope="session")
def trained(suite_submission, digits):
    """One training run for all tests that look at a trained network."""
    model = build(suite_submission, (8, 8, 1), N_CLASSES)
    before = weights_of(model)
    start = time.perf_counter()
    history, after, _ = suite_submission.train.echo(model, digits.x_train, digits.y_train, SECONDS)
    seconds = time.perf_counter() - start
    return SimpleNamespace(
        model=model,
        weights_before=before,
        history=history,
        seconds=seconds,
        x_after=after[1],
        y_after=after[2],
        submission=suite_submission,
    )


@pytest.fixture(scope="session")
def control(trained, digits):
    """A training run on wrong labels."""
    # Each image gets one of the nine wrong labels, each of them equally often in its class. With any label at random, a
    # class could get its own one by accident most often, and the score of an honest run would vary from 5 to 25 %.
    rng, submission = digits.rng, trained.submission
    labels = np.empty_like(digits.y_train)
    for k in range(N_CLASSES):
        rows = np.flatnonzero(digits.y_train == k)
        labels[rows] = (k + 1 + rng.permutation(len(rows)) % (N_CLASSES - 1)) % N_CLASSES
    some = rng.permutation(len(labels))[:600]
    model = build(submission, (8, 8, 1), N_CLASSES)
    history = submission.train(model, digits.x_train[some], labels[some], CONTROL_SECONDS)
    return SimpleNamespace(model=model, history=history)


@pytest.fixture(scope="session")
def oblong(trained, digits):
    """A training run on images of another size, with other classes, in rows that are sorted by class."""
    order = digits.rng.permutation(OTHER_CLASSES)

    def framed(x):
        return np.pad(x, ((0, 0), (2, 2), (0, 1)))  # (N, 8, 8) -> (N, 12, 9)

    # Few rows of the first and of the last class, so that nothing of them is left where a tenth of all rows is cut off.
    # 641 in all: with batches of 2 to 128, a power of two, or of 10, 20, 40 or 80, the last one has a single row.
    most = [60, 104, 104, 104, 104, 105, 60]
    rows = np.concatenate([np.flatnonzero(digits.y_train == k)[:n] for k, n in zip(order, most, strict=True)])
    hidden = digits.y_test < OTHER_CLASSES

    def run(rows=rows):
        model = build(trained.submission, (12, 9, 1), OTHER_CLASSES)
        trained.submission.train(model, framed(digits.x_train[rows]), digits.y_train[rows], CONTROL_SECONDS)
        prepared = trained.submission.preprocess(framed(digits.x_test[hidden]))
        return trained.submission.support.logits(model, prepared)

    def known(outputs):
        predictions, labels = np.argmax(outputs, axis=1), digits.y_test[hidden]
        return [float(np.mean(predictions[labels == k] == k)) for k in order]

    def shuffled():
        return run(digits.rng.permutation(rows))

    try:
        outputs = run()
    except Failed as failed:
        if failed.error is None:
            raise
        try:  # in a context of its own, so that the report names the call that failed
            contextvars.copy_context().run(run, rows[:-1])
        except Failed:
            raise failed from None
        note = f"with {len(rows) - 1} of these {len(rows)} images it trains: the last batch of an epoch may have a single row"
        raise Failed(failed.outcome, dataclasses.replace(failed.failure, note=note), failed.error) from None
    return SimpleNamespace(run=run, shuffled=shuffled, known=known, outputs=outputs, n=int(hidden.sum()))


@pytest.fixture(scope="session")
def large(dataset, digits):
    """Images of 28 x 28: Fashion-MNIST where it is on this machine, enlarged digits otherwise."""
    try:
        data = dataset("fashion-mnist")
        x, y, x_test, y_test = data.x_train, data.y_train, data.x_test[:1000], data.y_test[:1000]
        name = "fashion-mnist"
    except (pytest.skip.Exception, Exception):  # its absence is no mistake of anybody
        x, y, x_test, y_test = (
            enlarged(digits.x_train),
            digits.y_train,
            enlarged(digits.x_test),
            digits.y_test,
        )
        name = "digits at 28 x 28"
    order = np.random.default_rng(len(x)).permutation(len(x))
    return SimpleNamespace(
        x=np.asarray(x)[order],
        y=np.asarray(y, np.int64)[order],
        x_test=x_test,
        y_test=np.asarray(y_test),
        name=name,
    )


def enlarged(x):
    """(N, 8, 8) -> (N, 28, 28): each pixel three times, and a black frame."""
    return np.pad(np.kron(x, np.ones((1, 3, 3), np.uint8)), ((0, 0), (2, 2), (2, 2)))


def build(submission, input_shape, n_classes):
    """Build a network in the worker; the weights of one that builds lazily exist afterwards."""
    model = submission.build_model(input_shape, n_classes)
    checks.that(
        type(model).__name__ == "Handle",
        "`build_model` does not return a network",
        rows=[("type", "keras.Model", type(model).__name__)],
    )
    submission.support.logits(model, np.zeros((1, *input_shape), np.float32))
    return model


def accuracy(predictions, labels):
    return float(np.mean(np.asarray(predictions) == labels))


def labels_of(got, n, note=""):
    """What `predict` returned, checked to be n labels."""
    got = checks.array(got, name="predictions", shape=(n,), note=note)
    checks.that(
        got.dtype.kind in "iu",
        "`predictions` are no integers",
        rows=[("dtype", "int64", str(got.dtype))],
        note=note,
    )
    return got


# ---------------------------------------------------------------------------------------------------------------
# Preprocessing


class TestPreprocess:
    @pytest.mark.parametrize("channel", [False, True], ids=["without channel axis", "with channel axis"])
    def test_shape_and_dtype(self, submission, rng, channel):
        """Images become float32 of shape (N, H, W, 1)"""
        x = rng.integers(0, 256, size=(3, 5, 7), dtype=np.uint8)
        got = submission.preprocess(x[..., None] if channel else x)
        note = "the channel axis is missing: a convolution wants (N, H, W, C)" if np.ndim(got) == 3 else ""
        checks.array(got, name="preprocessed", shape=(3, 5, 7, 1), dtype=np.float32, note=note)

    @pytest.mark.needs("TestPreprocess::test_shape_and_dtype")
    def test_channel_axis(self, submission, digits):
        """An image is prepared the same way, with and without channel axis"""
        x = digits.x_test[:6]
        checks.close(
            submission.preprocess(x[..., None]),
            submission.preprocess(x),
            name="preprocessed with channel axis",
            dtype=np.float32,
            note="one of the two ways through preprocess leaves out a step, or does one more: only the axis may differ",
        )

    @pytest.mark.needs("TestPreprocess::test_shape_and_dtype")
    def test_range(self, submission, digits):
        """Values lie in [-10, 10]"""
        got = submission.preprocess(digits.x_test[:50])
        checks.finite(got, name="preprocessed")
        largest = float(np.abs(got).max())
        checks.that(
            largest <= 10.0,
            f"preprocess leaves values up to {largest:.4g}",
            rows=[("largest size", "at most 10", f"{largest:.4g}")],
            note="Scale the grey levels first: a network starts from weights that expect inputs around 1.",
        )

    @pytest.mark.needs("TestPreprocess::test_shape_and_dtype")
    def test_grey_levels(self, submission, rng):
        """Grey levels stay in order, different, and far enough apart"""
        levels = rng.permuted(np.tile(np.arange(256, dtype=np.uint8), (2, 1)), axis=1).reshape(2, 16, 16)
        got = checks.array(submission.preprocess(levels), name="preprocessed", shape=(2, 16, 16, 1))
        for image, values in zip(levels, got.astype(np.float64), strict=True):
            in_order = values.ravel()[np.argsort(image.ravel())]
            steps = np.diff(in_order)
            steps = steps if np.median(steps) >= 0 else -steps  # dark on light is as good as light on dark
            lost, turned = int((steps == 0).sum()), int((steps < 0).sum())
            checks.that(
                turned == 0,
                "a brighter pixel comes out darker",
                rows=[("grey levels out of order", "0", str(turned))],
                note="uint8 arithmetic wraps around at 0 and 255: convert to float32 before you subtract.",
            )
            checks.that(
                lost == 0,
                "grey levels fall together",
                rows=[("different values", "256", str(256 - lost))],
                note="integer division or rounding has thrown grey levels away",
            )
            apart = abs(in_order[-1] - in_order[0])
            checks.that(
                apart >= 0.5,
                "black and white are too close together",
                rows=[("distance of black and white", "at least 0.5", f"{apart:.4g}")],
                note="the values are scaled down too far (divided twice?): the network sees nearly constant images",
            )

    @pytest.mark.needs("TestPreprocess::test_shape_and_dtype")
    def test_each_image_alone(self, submission, digits):
        """An image is prepared the same way, whatever else is in the batch"""
        x = digits.x_test[:6].copy()
        x[1:] //= 2  # so that an image alone has another range than the batch
        together = submission.preprocess(x)
        alone = [submission.preprocess(x[i : i + 1]) for i in (0, 1, 5)]
        checks.close(
            np.concatenate(alone),
            together[[0, 1, 5]],
            name="preprocessed one by one",
            dtype=np.float32,
            note="preprocess depends on the other images of the batch: a statistic of the batch is used (its maximum, "
            "its mean), which differs between training and prediction",
        )

    @pytest.mark.needs("TestPreprocess::test_shape_and_dtype")
    def test_one_colour(self, submission):
        """An image of one colour gives finite values"""
        x = np.repeat(np.array([0, 128, 255], np.uint8), 64).reshape(3, 8, 8)
        checks.finite(
            submission.preprocess(x),
            name="preprocessed",
            note="division by the spread of an image that has none: add a small number or use constants",
        )

    def test_input_unchanged(self, submission, digits):
        """The images given to preprocess stay as they were"""
        checks.unchanged(submission.preprocess, digits.x_test[:5])


# ---------------------------------------------------------------------------------------------------------------
# Augmentation

# 8 x 8 images as they may be turned by mistake.
TURNS = {
    "flipped upside down": lambda x: x[:, ::-1],
    "mirrored left to right": lambda x: x[:, :, ::-1],
    "turned by 180 degrees": lambda x: x[:, ::-1, ::-1],
    "turned by 90 degrees": lambda x: np.rot90(x, 1, axes=(1, 2)),
    "turned by 270 degrees": lambda x: np.rot90(x, 3, axes=(1, 2)),
    "mirrored at a diagonal": lambda x: x.transpose(0, 2, 1),
    "mirrored at the other diagonal": lambda x: x[:, ::-1, ::-1].transpose(0, 2, 1),
}
COPIES = 8


def likeness(images, others):
    """Largest correlation of each image with each shift of its partner by up to 2 pixels, (N,)."""
    best = np.full(len(images), -1.0)
    a = standardised(images)
    for dy, dx in itertools.product(range(-2, 3), repeat=2):
        best = np.maximum(best, (a * standardised(shifted(others, dy, dx))).sum(axis=(1, 2)))
    return best


def shifted(x, dy, dx):
    """Shift images; the border is repeated."""
    height, width = x.shape[1:]
    padded = np.pad(x, ((0, 0), (2, 2), (2, 2)), mode="edge")
    return padded[:, 2 - dy : 2 - dy + height, 2 - dx : 2 - dx + width]


def standardised(x):
    x = x.astype(np.float64)
    x = x - x.mean(axis=(1, 2), keepdims=True)
    return x / np.maximum(np.sqrt((x**2).sum(axis=(1, 2), keepdims=True)), 1e-12)


def telling(digits, n):
    """The n test images that look least like themselves flipped or turned."""
    x = digits.x_test
    best = np.max([likeness(x, turn(x)) for turn in TURNS.values()], axis=0)
    return x[np.argsort(best)[:n]]


class TestAugment:
    @pytest.mark.needs("TestPreprocess::test_shape_and_dtype")
    def test_shape_and_dtype(self, submission, rng, digits):
        """Shape and dtype of the batch are kept"""
        square = submission.preprocess(digits.x_test[:6])
        oblong = submission.preprocess(rng.integers(0, 256, size=(4, 10, 13), dtype=np.uint8))
        for batch in (square, oblong, square[:1]):  # the last batch of an epoch may hold one image
            got = submission.augment(batch, checks.generator(rng.integers(1 << 30)))
            checks.array(got, name="augmented", shape=batch.shape, dtype=np.float32)
            checks.finite(got, name="augmented")

    @pytest.mark.needs("TestPreprocess::test_shape_and_dtype")
    def test_input_unchanged(self, submission, rng, digits):
        """The batch given to augment stays as it was"""
        batch = submission.preprocess(digits.x_test[:20])
        checks.unchanged(submission.augment, batch, checks.generator(rng.integers(1 << 30)))

    @pytest.mark.needs(*BATCH_TESTS)
    def test_range(self, submission, rng, digits):
        """No value leaves the range of the batch"""
        batch = submission.preprocess(digits.x_test[:100])
        low, high = float(batch.min()), float(batch.max())
        got = submission.augment(batch, checks.generator(rng.integers(1 << 30)))
        # Rounding of an interpolation is no mistake; noise is much larger.
        slack = 1e-4 * (high - low)
        checks.that(
            got.min() >= low - slack and got.max() <= high + slack,
            "augmented values leave the range of the batch",
            rows=[("range", f"{low:.4g} to {high:.4g}", f"{got.min():.4g} to {got.max():.4g}")],
            note="prediction never sees such values: clip to the range of the batch",
        )

    @pytest.mark.needs(*BATCH_TESTS)
    def test_changes_something(self, submission, rng, digits):
        """At least a quarter of the images change"""
        batch = submission.preprocess(digits.x_test[:100])
        calls = [submission.augment(batch, checks.generator(rng.integers(1 << 30))) for _ in range(5)]
        share = float(np.mean([np.any(got != batch, axis=(1, 2, 3)) for got in calls]))
        checks.that(
            share >= 0.25,
            "augment changes too few images",
            rows=[("images that change", "at least 25 %", f"{share:.0%}")],
            note="augment returned the batch as it was" if share == 0 else "",
        )

    @pytest.mark.needs(*BATCH_TESTS)
    def test_all_randomness_from_rng(self, submission, rng, digits):
        """The same generator state gives the same result, another state another"""
        batch = submission.preprocess(digits.x_test[:100])
        one, *others = (int(s) for s in rng.choice(1 << 30, size=5, replace=False))
        first = submission.augment(batch, checks.generator(one))
        again = submission.augment(batch, checks.generator(one))
        checks.that(
            np.array_equal(first, again),
            "the same generator state gave two results",
            rows=[("images that differ", "0", str(differing(first, again)))],
            note="some randomness does not come from rng (np.random or keras.random?): nobody could repeat a run",
        )
        checks.that(
            any(not np.array_equal(first, submission.augment(batch, checks.generator(s))) for s in others),
            "other generator states gave the same result",
            note="augment does not draw from rng: each epoch would see the same variants",
        )

    @pytest.mark.needs(*BATCH_TESTS, "TestAugment::test_changes_something")
    def test_each_image_has_its_own_draw(self, submission, rng, digits):
        """Copies of one image become different variants"""
        batch = submission.preprocess(np.repeat(digits.x_test[:1], 64, axis=0))
        got = submission.augment(batch, checks.generator(rng.integers(1 << 30)))
        different = len(np.unique(got.reshape(64, -1), axis=0))
        checks.that(
            different >= 2,
            "copies of one image come back alike",
            rows=[("different variants of 64 copies", "at least 2", str(different))],
            note="one draw is used for the whole batch: draw for each image",
        )

    @pytest.mark.needs(*BATCH_TESTS)
    def test_rows_stay_in_place(self, submission, rng, digits):
        """Row i of the result is a variant of row i, so that its label still fits"""
        digit = telling(digits, 1)[0]
        pair = np.stack([digit, 255 - digit])  # a negative is like its picture under no shift, flip or turn
        rows = rng.permutation(np.repeat([0, 1], 60))
        got = submission.augment(submission.preprocess(pair[rows]), checks.generator(rng.integers(1 << 30)))[..., 0]
        prepared = submission.preprocess(pair)[..., 0]

        def any_way_round(images):
            return np.max([likeness(got, turn(images)) for turn in (np.array, *TURNS.values())], axis=0)

        own, other = any_way_round(prepared[rows]), any_way_round(prepared[1 - rows])
        share = float(np.mean((other > own + 0.3) & (other > 0.6)))
        if share > 0.05:  # where there are no others to be exchanged with, a negative can only be the image's own
            alone = prepared[np.zeros(60, int)]
            got = submission.augment(alone[..., None], checks.generator(rng.integers(1 << 30)))[..., 0]
            turned = float(np.mean(any_way_round(255.0 - alone) > any_way_round(alone) + 0.3))
            checks.that(
                turned <= 0.05,
                "images come back as negatives",
                rows=[("images with dark and bright exchanged", "0 %", f"{turned:.0%}")],
                note="augment inverts the grey levels: prediction sees ink of one kind only",
            )
        checks.that(
            share <= 0.05,
            "images come back in the place of others",
            rows=[("rows that look like another image", "0 %", f"{share:.0%}")],
            note="images were exchanged or mixed between rows, and the labels were not",
        )

    @pytest.mark.needs(*BATCH_TESTS, "TestAugment::test_rows_stay_in_place")
    def test_no_flip(self, submission, rng, digits):
        """No image is flipped, mirrored, or turned by a quarter or more"""
        x = np.repeat(telling(digits, 40), COPIES, axis=0)
        batch = submission.preprocess(x)
        got = submission.augment(batch, checks.generator(rng.integers(1 << 30)))[..., 0]
        own = likeness(got, batch[..., 0])
        turned = {name: likeness(got, turn(batch[..., 0])) for name, turn in TURNS.items()}
        nearest = np.argmax(list(turned.values()), axis=0)
        for index, (name, like) in enumerate(turned.items()):
            share = float(np.mean((nearest == index) & (like > own + 0.1) & (like > 0.75)))
            checks.that(
                share <= 0.05,
                f"images come back {name}",
                rows=[(f"images {name}", "0 %", f"{share:.0%}")],
                note="a 6 became a 9: upside down, a digit is another digit or none"
                if "upside" in name or "180" in name
                else "a mirrored or turned digit is no digit any more: the label does not fit",
            )

    @pytest.mark.needs(*BATCH_TESTS, "TestAugment::test_no_flip")
    @pytest.mark.parametrize("axis", [0, 1], ids=["vertical", "horizontal"])
    def test_no_wrap_around(self, submission, rng, axis):
        """What leaves the picture on one side does not come in on the other"""
        x = np.zeros((200, 12, 12), np.uint8)
        x[100:, :2] = 255  # two white rows at the top
        x[:100, -2:] = 255  # two white rows at the bottom
        far = np.repeat([0, -1], 100)  # the border row where no white may come from the other side
        if axis == 1:
            x = x.transpose(0, 2, 1)
        batch = submission.preprocess(x)
        black, white = float(batch[x == 0].mean()), float(batch[x == 255].mean())
        got = submission.augment(batch, checks.generator(rng.integers(1 << 30)))[..., 0]
        got = got.transpose(0, 2, 1) if axis == 1 else got
        border = got[np.arange(200), far].mean(axis=1)
        wrapped = float(np.mean((border - black) / (white - black) > 0.5))
        checks.that(
            wrapped <= 0.1,  # strong noise may hit a border row now and then
            "ink that left the picture came back on the opposite side",
            rows=[("images with ink on the opposite border", "0 %", f"{wrapped:.0%}")],
            note="np.roll wraps around: pad the batch and cut a window out of it",
        )

    @pytest.mark.needs(*BATCH_TESTS, "TestAugment::test_no_flip")
    def test_digit_stays_visible(self, submission, rng, digits):
        """The digit stays in the picture and can be recognised"""
        x = np.repeat(telling(digits, 40), COPIES, axis=0)
        batch = submission.preprocess(x)
        got = submission.augment(batch, checks.generator(rng.integers(1 << 30)))[..., 0]
        lost = float(np.mean(likeness(got, batch[..., 0]) < 0.5))
        checks.that(
            lost <= 0.1,
            "the digit is no longer in the picture",
            rows=[("images that hardly look like their own", "at most 10 %", f"{lost:.0%}")],
            note="the variant is too strong for 8 x 8 pixels: shifts of one pixel, turns of a few degrees, little noise",
        )


def differing(a, b):
    """Number of rows that differ."""
    return int(np.any((a != b).reshape(len(a), -1), axis=1).sum())


# ---------------------------------------------------------------------------------------------------------------
# Model


class TestModel:
    @pytest.mark.parametrize(
        ("shape", "n_classes"),
        [((8, 8, 1), 10), ((12, 9, 1), 7)],
        ids=["8 x 8, 10 classes", "12 x 9, 7 classes"],
    )
    def test_output_shape(self, suite_submission, rng, shape, n_classes):
        """The network gives one output for each class"""
        model = build(suite_submission, shape, n_classes)
        x = rng.uniform(-1, 1, size=(5, *shape)).astype(np.float32)
        outputs = suite_submission.support.logits(model, x)
        checks.array(outputs, name="logits", shape=(5, n_classes))

    @pytest.mark.needs("TestModel::test_output_shape")
    @pytest.mark.parametrize("size", [8, 28], ids=["8 x 8", "28 x 28"])
    def test_parameter_budget(self, suite_submission, record, size):
        """At most 300,000 parameters"""
        model = build(suite_submission, (size, size, 1), N_CLASSES)
        count = sum(int(np.size(w)) for w in weights_of(model))
        if size == 8:
            record("parameters", count)
        checks.that(
            count <= MOST_PARAMETERS,
            "the network has too many parameters",
            rows=[("parameters", f"at most {MOST_PARAMETERS:,}", f"{count:,}")],
            note="most of them usually sit between the flattened maps and the first dense layer: pool or stride before it",
        )

    @pytest.mark.needs("TestModel::test_output_shape")
    def test_convolution(self, suite_submission, rng):
        """The logits come through convolutions"""
        model = build(suite_submission, (8, 8, 1), N_CLASSES)
        weights = weights_of(model)
        kernels = [w.ndim == 4 and max(w.shape[:2]) > 1 for w in weights]
        shapes = ", ".join(str(w.shape) for w in weights[:8])
        checks.that(
            any(kernels),
            "no convolution found",
            facts=[("weights", shapes)],
            note="none of the weights is a kernel (height, width, in, out): a dense network does not know that "
            "neighbouring pixels belong together",
        )
        x = rng.uniform(-1, 1, size=(8, 8, 8, 1)).astype(np.float32)
        # Away from zero everywhere, so that a last layer that starts at zero does not hide the answer.
        weights = [w + 0.05 * np.abs(rng.normal(size=w.shape)).astype(w.dtype) for w in weights]
        model.set_weights(weights)
        before = suite_submission.support.logits(model, x)
        model.set_weights([w * 0 if is_kernel else w for w, is_kernel in zip(weights, kernels, strict=True)])
        after = suite_submission.support.logits(model, x)
        checks.that(
            not np.allclose(before, after, rtol=1e-5, atol=1e-6),
            "the convolutions do nothing: with their kernels set to 0 the logits stay the same",
            note="a convolution is there, but the logits do not depend on it",
        )

    @pytest.mark.needs("TestModel::test_output_shape")
    def test_logits(self, suite_submission, rng):
        """The outputs are logits, not probabilities"""
        model = build(suite_submission, (8, 8, 1), N_CLASSES)
        outputs = suite_submission.support.logits(model, rng.uniform(-1, 1, size=(20, 8, 8, 1)).astype(np.float32))
        sums = outputs.sum(axis=1)
        checks.that(
            not (np.all(outputs >= 0) and np.allclose(sums, 1.0, atol=1e-3)),
            "the outputs of each image sum to 1",
            rows=[("sum of the outputs", "any", f"{sums.mean():.4g}")],
            note="outputs sum to 1: they are probabilities, the loss expects logits. Leave the softmax to the loss "
            "(from_logits=True), which computes it stably.",
        )

    @pytest.mark.needs("TestModel::test_output_shape")
    def test_a_new_network_each_time(self, suite_submission):
        """Each call of build_model gives a network of its own"""
        one = build(suite_submission, (8, 8, 1), N_CLASSES)
        other = build(suite_submission, (8, 8, 1), N_CLASSES)
        before = weights_of(other)
        one.set_weights([w + 1 for w in weights_of(one)])
        same = all(np.array_equal(a, b) for a, b in zip(before, weights_of(other), strict=True))
        checks.that(
            same,
            "changing one network changed another one",
            note="two calls of build_model share weights (a network or layers at module level?): a second run would "
            "go on where the first one ended",
        )


def weights_of(model):
    """All weights of a network, as arrays."""
    weights = model.get_weights()
    checks.that(
        isinstance(weights, list) and all(isinstance(w, np.ndarray | np.generic) for w in weights),
        "`get_weights` of the network does not return arrays",
    )
    return [np.asarray(w) for w in weights]  # a weight without axes comes as a number


# ---------------------------------------------------------------------------------------------------------------
# Training


@pytest.mark.needs("TestModel::test_output_shape")
class TestTraining:
    def test_arguments_unchanged(self, trained, digits):
        """The images and labels given to train stay as they were"""
        for name, before, after in (
            ("x", digits.x_train, trained.x_after),
            ("y", digits.y_train, trained.y_after),
        ):
            same = isinstance(after, np.ndarray) and after.dtype == before.dtype and np.array_equal(before, after)
            checks.that(
                same,
                f"`train` changed its argument `{name}`",
                note="shuffling in place also tears images and labels apart: draw one permutation and index both with it",
            )

    def test_history(self, trained, record):
        """The history holds the loss of each epoch, and it falls"""
        history = checks.mapping(
            trained.history,
            ["loss"],
            name="history",
            note='return {"loss": [...]}, plain floats: not the History object of fit',
        )
        losses = history["loss"]
        nested = isinstance(losses, list | tuple) and any(
            isinstance(v, list | tuple) or (isinstance(v, np.ndarray) and v.ndim) for v in losses
        )
        checks.that(
            isinstance(losses, list | tuple | np.ndarray) and not nested and np.ndim(losses) == 1 and len(losses) > 0,
            '`history["loss"]` is no list of numbers',
            rows=[("type", "list of floats", "list of lists" if nested else type(losses).__name__)],
            note="one number for each epoch is asked for: the mean of the losses of its batches" if nested else "",
        )
        losses = np.array([checks.number(value, name='an item of history["loss"]') for value in losses])
        checks.finite(
            losses,
            name='history["loss"]',
            note="the training has diverged: a rate that is too large, or a log of 0",
        )
        least = int(np.argmin(losses))
        checks.that(
            losses[least] > 0,
            f'`history["loss"][{least}]` is no mean loss',
            rows=[
                ("loss", "greater than 0", f"{losses[least]:g}"),
                ("entries", "one for each epoch", str(len(losses))),
            ],
            note="an entry without an epoch: the list begins with zeros, or grows by more than one entry an epoch",
        )
        record.curve("loss", losses.tolist())
        record("training seconds", trained.seconds)
        if len(losses) > 1:
            # The mean of many, and well below: who records a single batch of each epoch has losses that vary by some percent.
            late = float(losses[len(losses) // 2 :].mean())
            checks.that(
                late < 0.9 * losses[0],
                "the loss does not fall",
                rows=[("mean loss of the later epochs", f"well below the first, {losses[0]:.4g}", f"{late:.4g}")],
                note="the weights do not move towards the labels: is a step of the optimizer made after each batch?",
            )

    @pytest.mark.needs("TestTraining::test_history")
    def test_history_of_this_run(self, trained, control):
        """The history tells of this run, not of another one"""
        losses, others = losses_of(trained.history), losses_of(control.history)
        common = min(len(losses), len(others))
        # One equal entry can be an accident: log K, where the last layer starts at 0 and an epoch is one step.
        checks.that(
            common < 2 or losses[:common] != others[:common],
            "a run on other labels has the same history",
            rows=[("losses", "others", ", ".join(f"{v:.4g}" for v in others[: min(common, 4)]))],
            note="these losses were not measured in this run: the list is kept from one call of `train` to the next, or "
            "made up",
        )

    @pytest.mark.needs("TestTraining::test_history")
    def test_history_of_equal_images(self, trained, digits):
        """The loss of an epoch is a mean over the epoch"""

        # Nobody can tell 1200 copies of one image apart. So every epoch has the same mean loss, that of the shares of the
        # labels, while a single batch has the more of it the more of its labels are rare.
        def late_losses(n):
            labels = np.maximum(0, digits.rng.permutation(n) * 50 // n - 40)
            model = build(trained.submission, (8, 8, 1), N_CLASSES)
            images = np.repeat(digits.x_train[:1], n, axis=0)
            losses = losses_of(trained.submission.train(model, images, labels, CONTROL_SECONDS))
            return np.array(losses[len(losses) // 2 : -1])  # the last epoch may have been cut short

        late = late_losses(EQUAL_IMAGES)
        if len(late) < LEAST_EPOCHS:  # on a machine as slow as that, nothing can be said
            return
        # From one epoch to the next, so that a loss that falls, or a rate that does, is no variation.
        varies = float(np.sqrt(np.mean(np.diff(late) ** 2) / 2) / np.mean(late))
        checks.that(
            not varies > MOST_VARIATION_OF_A_MEAN,
            "the loss of an epoch is no mean",
            rows=[("how much it varies, on equal images", "about 1%", f"{varies:.0%}")],
            facts=[("losses", ", ".join(f"{loss:.3g}" for loss in late[-4:]))],
            note="these are losses of single batches, such as the last of an epoch: give the mean over its batches. What "
            "train_on_batch returns is the loss of that batch (with older Keras, the mean since reset_metrics)",
        )
        mean = float(np.mean(late))
        if not mean > LARGE_MEAN:  # or not a number: a training that diverges on equal images is no sum
            return
        # What makes any loss larger does so with a quarter of the images too. Only a sum falls to a quarter.
        fewer = late_losses(EQUAL_IMAGES // 4)
        if not len(fewer):
            return
        stays = float(np.mean(fewer))
        checks.that(
            not mean >= 2.0 * stays,
            "the loss of an epoch is no mean",
            rows=[
                (f"loss, of {EQUAL_IMAGES:,} equal images", f"{stays:.3g}, as of {EQUAL_IMAGES // 4}", f"{mean:.3g}")
            ],
            facts=[(f"losses, of {EQUAL_IMAGES // 4}", ", ".join(f"{loss:.3g}" for loss in fewer[-4:]))],
            note="it grows with the number of batches: a sum. Divide it by the number of batches (or images) that were seen",
        )

    @pytest.mark.needs("TestPreprocess::test_each_image_alone")
    def test_preprocess_remembers_nothing(self, trained, submission, digits):
        """An image is prepared the same way, whatever was prepared or trained before"""
        x = digits.x_test[:6]
        submission.preprocess(x // 4)  # the first images in this process are others than in the one that has trained
        checks.close(
            trained.submission.preprocess(x),
            submission.preprocess(x),
            name="preprocessed",
            dtype=np.float32,
            note="preprocess keeps something from an earlier call, such as the mean of the first batch or of the last "
            "training: use constants, or statistics of the image itself",
        )

    def test_logits(self, trained, digits):
        """The trained network gives finite logits"""
        prepared = trained.submission.preprocess(digits.x_test)
        outputs = trained.submission.support.logits(trained.model, prepared)
        checks.array(outputs, name="logits", shape=(len(prepared), N_CLASSES))
        checks.finite(outputs, name="logits", note="NaN in the outputs: the weights have diverged")
        depends_on_the_image = np.ptp(outputs, axis=0).max() > 1e-6  # else it has collapsed: the accuracy tells
        checks.that(
            outputs.min() < 0 or outputs.max() > 1 or not depends_on_the_image,
            "all outputs lie between 0 and 1",
            rows=[("range", "any", f"{outputs.min():.4g} to {outputs.max():.4g}")],
            note="a sigmoid or softmax stands behind the last layer: the loss expects logits",
        )
        zeros = float(np.mean(outputs == 0))
        checks.that(
            zeros < 0.05,
            "many outputs are exactly 0",
            rows=[("outputs that are 0", "hardly any", f"{zeros:.0%}")],
            note="a ReLU stands behind the last layer: a class whose output is 0 gets no gradient any more",
        )
        # A regression on 0 and 1 stays near these; what tanh has learnt sits at its two ends.
        squashed = np.abs(outputs).max() <= 1 and np.mean(np.abs(outputs) > 0.9) > 0.3
        checks.that(
            not squashed or not depends_on_the_image,
            "all outputs lie between -1 and 1, most of them at the ends",
            rows=[("range", "any", f"{outputs.min():.4g} to {outputs.max():.4g}")],
            note="a tanh stands behind the last layer: the loss expects logits, and cannot become small with a gap of 2",
        )
        checks.that(
            outputs.min() <= 0 or not depends_on_the_image,
            "no output is negative",
            rows=[("range", "on both sides of 0", f"{outputs.min():.4g} to {outputs.max():.4g}")],
            note="a softplus or the like stands behind the last layer, or the loss takes the outputs for probabilities: "
            "tell it that they are logits (from_logits=True)",
        )

    def test_other_images_and_classes(self, oblong):
        """Images of 12 x 9 with 7 classes can be trained on too"""
        checks.array(oblong.outputs, name="logits", shape=(oblong.n, OTHER_CLASSES))
        checks.finite(oblong.outputs, name="logits")

    # A class whose output has died is not known either, in whatever order the rows came.
    @pytest.mark.needs("TestTraining::test_other_images_and_classes", "TestTraining::test_logits")
    def test_no_class_is_left_out(self, oblong):
        """From rows that come sorted by class, every class is learnt"""

        def left_out(known):
            # Only where the other classes are known well: then neither the time nor the recipe was short.
            first, *others, last = known
            return sorted(others)[1] >= 0.7 and min(first, last) <= 0.1

        known = oblong.known(oblong.outputs)
        if not left_out(known):
            return
        # One that learns too little loses these two in any order: they have the fewest rows.
        for _ in range(2):
            shuffled = oblong.known(oblong.shuffled())
            if min(shuffled[0], shuffled[-1]) >= 0.7:
                break
        else:
            return
        # An unlucky end of a training may lose a class, but not twice one of these two.
        known = oblong.known(oblong.run())
        checks.that(
            not left_out(known),
            "a class is left out when the rows come sorted by class",
            rows=[
                (
                    "least known class, of first and last",
                    f"{min(shuffled[0], shuffled[-1]):.0%}, as with the same rows shuffled",
                    f"{min(known[0], known[-1]):.0%}",
                )
            ],
            facts=[("recognised, in the order of the rows", ", ".join(f"{share:.0%}" for share in known))],
            note="a part of the rows is never trained on, such as the last tenth: `validation_split` cuts it off before "
            "anything is shuffled. Draw the rows for validation at random",
        )


def losses_of(history):
    """The numbers in a history, which may be anything."""
    losses = history.get("loss") if isinstance(history, dict) else None
    if not isinstance(losses, list | tuple | np.ndarray):
        return []
    numbers = [np.asarray(v) for v in losses if isinstance(v, int | float | np.generic | np.ndarray)]
    return [float(v) for v in numbers if v.ndim == 0 and v.dtype.kind in "iuf"]


# ---------------------------------------------------------------------------------------------------------------
# Prediction


def ambiguous(digits, n):
    """Averages of two digits of different classes: images on which a small difference turns the answer."""
    x, y = digits.x_test, digits.y_test
    left, right = np.meshgrid(np.arange(100), np.arange(100, 200), indexing="ij")
    pairs = np.stack([left.ravel(), right.ravel()], axis=1)
    pairs = pairs[y[pairs[:, 0]] != y[pairs[:, 1]]]
    pairs = pairs[np.random.default_rng(len(pairs)).permutation(len(pairs))[:n]]
    return ((x[pairs[:, 0]].astype(np.uint16) + x[pairs[:, 1]]) // 2).astype(np.uint8)


@pytest.mark.needs("TestModel::test_output_shape")
class TestPrediction:
    def test_labels(self, trained, digits):
        """One integer label for each image"""
        x = digits.x_test[:30]
        got = trained.submission.predict(trained.model, x)
        note = ""
        if not isinstance(got, np.ndarray):
            note = "a symbolic tensor or other object has no values: call the network on the array and return an array"
        elif got.shape == (len(x), N_CLASSES):
            note = "these are the outputs for each class: return the class with the largest"
        got = labels_of(got, len(x), note)
        checks.that(
            got.min() >= 0 and got.max() < N_CLASSES,
            "`predictions` are no class numbers",
            rows=[("range", f"0 to {N_CLASSES - 1}", f"{got.min()} to {got.max()}")],
        )

    @pytest.mark.needs("TestPrediction::test_labels")
    def test_same_twice(self, trained, digits):
        """The same images get the same answers again"""
        x = np.concatenate([digits.x_test[:200], ambiguous(digits, 400)])
        first, again = (labels_of(trained.submission.predict(trained.model, x), len(x)) for _ in range(2))
        differ = int((first != again).sum())
        checks.that(
            differ == 0,
            "two predictions differ",
            rows=[("answers that differ", "0", f"{differ} of {len(x)}")],
            note="something random is at work at prediction: augmentation, or dropout in training mode",
        )

    @pytest.mark.needs("TestPrediction::test_same_twice")
    def test_order_does_not_matter(self, trained, digits, rng):
        """Images in another order get the same answers"""
        x = digits.x_test[:200]
        order = rng.permutation(len(x))
        first = labels_of(trained.submission.predict(trained.model, x), len(x))
        second = labels_of(trained.submission.predict(trained.model, x[order]), len(x))
        differ = int((first[order] != second).sum())
        # Two of 200 may differ: sums in another order, in half precision, can decide a tie differently.
        checks.that(
            differ <= 2,
            "the answers depend on the place of an image in the batch",
            rows=[("answers that differ", "0", f"{differ} of {len(x)}")],
            note="the answer belongs to the row, not to the image: is it remembered from an earlier call?",
        )

    @pytest.mark.needs("TestPrediction::test_labels")
    def test_input_unchanged(self, trained, digits):
        """The images given to predict stay as they were"""
        checks.unchanged(trained.submission.predict, trained.model, digits.x_test[:30])

    @pytest.mark.needs("TestPrediction::test_labels")
    def test_network_unchanged(self, trained, digits):
        """Prediction leaves the network as it was"""
        before = weights_of(trained.model)
        trained.submission.predict(trained.model, digits.x_test[:64])
        after = weights_of(trained.model)
        changed = sum(not np.array_equal(a, b) for a, b in zip(before, after, strict=True))
        checks.that(
            changed == 0,
            "predict changed the weights of the network",
            rows=[("arrays that changed", "0", f"{changed} of {len(before)}")],
            note="the network runs in training mode, so that batch norm adapts to the images that are predicted",
        )
        # With a new one: what a prediction adds to a network, the trained one has got in an earlier test.
        model = build(trained.submission, (8, 8, 1), N_CLASSES)
        prepared = trained.submission.preprocess(digits.x_test[:20])
        outputs = trained.submission.support.logits(model, prepared)
        trained.submission.predict(model, digits.x_test[:20])
        checks.close(
            trained.submission.support.logits(model, prepared),
            outputs,
            name="logits after a prediction",
            rtol=0.02,  # half precision may add up in another order
            atol=0.02 * float(np.abs(outputs).max()) + 1e-6,
            note="predict changes the network that it is given, such as a softmax that is added to it: work on the outputs",
        )

    @pytest.mark.needs("TestPrediction::test_same_twice", "TestPrediction::test_network_unchanged")
    def test_one_image(self, trained, digits):
        """A batch of one gets the answer that the image gets among others"""
        x = ambiguous(digits, 40)
        together = labels_of(trained.submission.predict(trained.model, x), len(x))
        alone = [trained.submission.predict(trained.model, x[i : i + 1]) for i in range(8)]
        note = "the axis of the batch is lost when it has length 1: squeeze only the axis that you mean"
        differ = sum(int(labels_of(got, 1, note)[0] != label) for got, label in zip(alone, together, strict=False))
        checks.that(
            differ <= 1,  # a tie may be decided differently
            "an image alone gets another answer",
            rows=[("answers that differ", "0", f"{differ} of 8")],
            note="the answer depends on the other images of the batch",
        )

    @pytest.mark.needs("TestPrediction::test_labels")
    def test_prepares_like_training(self, trained, digits):
        """The answer is that of the network for preprocessed images"""
        x = digits.x_test
        got = labels_of(trained.submission.predict(trained.model, x), len(x))
        outputs = trained.submission.support.logits(trained.model, trained.submission.preprocess(x))
        agree = float(np.mean(got == np.argmax(outputs, axis=1)))
        # Averages over shifted copies and the like may differ on a few images.
        checks.that(
            agree >= 0.95,
            "predict disagrees with the network",
            rows=[("same answer as model(preprocess(x))", "at least 95 %", f"{agree:.1%}")],
            note="predict prepares the images differently from preprocess",
        )

    @pytest.mark.needs("TestPrediction::test_labels")
    def test_answers_come_from_the_network(self, trained, digits):
        """An untrained network knows nothing"""
        x = digits.x_test
        model = build(trained.submission, (8, 8, 1), N_CLASSES)
        right = accuracy(labels_of(trained.submission.predict(model, x), len(x)), digits.y_test)
        learnt, new = weights_of(trained.model), weights_of(model)
        if [w.shape for w in learnt] == [w.shape for w in new]:
            trained.model.set_weights(new)  # it was trained, and all that it has learnt is gone
            try:
                labels = labels_of(trained.submission.predict(trained.model, x), len(x))
                right = max(right, accuracy(labels, digits.y_test))
            finally:
                trained.model.set_weights(learnt)
        # Chance is 10 %; an untrained network that answers by accident well stays below 40 %.
        checks.that(
            right <= 0.5,
            "an untrained network recognises the digits",
            rows=[("accuracy of a new network", "about 10 %", f"{right:.1%}")],
            note="the answers do not depend on the weights of the network: they come from somewhere else",
        )


# ---------------------------------------------------------------------------------------------------------------
# Accuracy


def share_of_a_core():
    """The part of a core that a process gets on this machine just now, at least 0.1."""
    wall, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() < wall + 1.0:
        np.sin(np.arange(10_000.0))
    share = (time.process_time() - cpu) / (time.perf_counter() - wall)
    return min(1.0, max(0.1, share))


def what_went_wrong(trained, digits, right):
    """Why a trained network recognises too little."""
    weights = weights_of(trained.model)
    before = trained.weights_before
    if len(weights) == len(before) and all(map(np.array_equal, weights, before)):
        return (
            "the weights of the network that train was given are as before: another network was trained (a new one, or a "
            "copy), or none"
        )
    grey = digits.x_test[..., None].astype(np.float32)
    for way, prepared in (
        ("raw grey levels, 0 to 255", grey),
        ("images in [0, 1]", grey / 255),
        ("images in [-1, 1]", grey / 127.5 - 1),
    ):
        outputs = trained.submission.support.logits(trained.model, prepared)
        if accuracy(np.argmax(outputs, axis=1), digits.y_test) > max(0.8, right + 0.1):
            return (
                f"the network knows {way}, but not what preprocess makes of them: train prepares the images differently"
            )
    if trained.submission.support.takes_probabilities(trained.model):
        return (
            "the network gives logits, but the loss takes them for probabilities. Tell it that they are logits "
            "(from_logits=True)"
        )
    outputs = trained.submission.support.logits(trained.model, trained.submission.preprocess(digits.x_test))
    one_sign = np.mean(np.all(outputs > 0, axis=1) | np.all(outputs < 0, axis=1))
    if one_sign > 0.5:
        return (
            "the outputs of an image all have the same sign: the loss takes them for probabilities. Tell it that they are "
            "logits"
        )
    if right < 0.2:
        return (
            "this is chance: each image was learnt with the label of another one, or nothing was learnt (the learning rate "
            "too high, or a loss of your own that takes logits for probabilities)"
        )
    return "trained too little, or with a poor recipe: look at the loss curve"


@pytest.mark.needs("TestModel::test_output_shape")
class TestAccuracy:
    @pytest.mark.needs("TestTraining::test_arguments_unchanged", "TestPrediction::test_prepares_like_training")
    def test_accuracy(self, trained, digits, record):
        """At least 95 % of the hidden digits are recognised"""

        def right_answers(model):
            return accuracy(
                labels_of(trained.submission.predict(model, digits.x_test), len(digits.x_test)), digits.y_test
            )

        right = first = right_answers(trained.model)
        seconds, second = SECONDS, []
        if right < LEAST_ACCURACY:
            if trained.seconds > 0.5 * SECONDS:
                # Time was short. On a busy machine that is no fault of the recipe: the same CPU time takes longer there.
                seconds = SECONDS / share_of_a_core()
            # Nor is one unlucky end: an accepted alternative that reaches 98 % on average ends at 91 % once in 60 runs.
            if seconds > 1.2 * SECONDS or right >= NEAR_ACCURACY:
                model = build(trained.submission, (8, 8, 1), N_CLASSES)
                trained.submission.train(model, digits.x_train, digits.y_train, seconds)
                again = right_answers(model)
                second = [("second training", f"{again:.1%}, with {seconds:.0f} s given")]
                right = max(right, again)
        record("accuracy", right)
        # In a context of its own, so that the report names the call that was judged, and none that looks for the reason.
        looking = contextvars.copy_context()
        reason = looking.run(what_went_wrong, trained, digits, right) if right < LEAST_ACCURACY else ""
        checks.that(
            right >= LEAST_ACCURACY,
            "too few hidden digits are recognised",
            rows=[("accuracy", f"at least {LEAST_ACCURACY:.0%}", f"{right:.1%}")],
            facts=[("training", f"{first:.1%}, after {trained.seconds:.1f} s of the {SECONDS:.0f} s given"), *second],
            note=reason,
        )

    @pytest.mark.needs("TestPrediction::test_labels")
    def test_label_shuffle_control(self, trained, control, digits, record):
        """Trained on shuffled labels, the same pipeline knows nothing"""
        got = labels_of(trained.submission.predict(control.model, digits.x_test), len(digits.x_test))
        right = accuracy(got, digits.y_test)
        record("accuracy with shuffled labels", right)
        checks.that(
            right <= MOST_ACCURACY_OF_CONTROL,
            "label-shuffle control scored above chance",
            rows=[
                (
                    "accuracy after training on shuffled labels",
                    f"at most {MOST_ACCURACY_OF_CONTROL:.0%}",
                    f"{right:.1%}",
                )
            ],
            note="what it knows does not come from the labels of this run: weights kept from another run, or a leak",
        )


# ---------------------------------------------------------------------------------------------------------------
# Time budget


def timed_training(submission, shape, x, y, seconds):
    """A new network, the time that its training took by the judge's clock, and its history."""
    model = build(submission, shape, N_CLASSES)
    start = time.perf_counter()
    history = submission.train(model, x, y, seconds)
    return SimpleNamespace(model=model, seconds=time.perf_counter() - start, history=history)


def check_in_time(took, again, yardstick, tolerance, message, note):
    """Fail a training that overran by far, twice, while the reference solution did not.

    A busy machine stretches everything that lies between two looks at the clock, above all the compilation before the
    first step. So a little too late passes, and what is late is repeated beside the reference solution.
    """
    if took <= 1.5 * SHORT_SECONDS:
        return
    limit = tolerance * max(SHORT_SECONDS, yardstick())
    if limit < took <= 2.0 * limit:
        took = min(took, again())
    checks.that(
        took <= limit,
        message,
        rows=[("seconds that train took", f"at most {SHORT_SECONDS:g}", f"{took:.1f}")],
        facts=[("tolerance", f"up to {limit:.1f} s passed, because this machine may be busy")],
        note=note,
    )


def images_for(seconds, short, most):
    """For a run of so many seconds as many more images than the short run has, up to the most."""
    return max(short, min(int(short * seconds / SHORT_SECONDS), most))


def check_pace(took, run, longer):
    """Fail a training that takes well over a second for each further second that it is given.

    The difference of two runs leaves out what does not depend on the seconds given, such as the compilation, which a
    busy machine stretches. So this finds a clock that is read wrongly where `check_in_time` has to be tolerant; what
    comes out late is measured again. The longer run needs more images (`images_for`), or its epochs may end before its seconds.
    """
    if took <= 1.25 * SHORT_SECONDS:
        return
    further = longer - SHORT_SECONDS
    pace = (run(longer) - took) / further
    if pace > MOST_PACE:
        pace = min(pace, (run(longer) - run(SHORT_SECONDS)) / further)
    checks.that(
        pace <= MOST_PACE,
        "the more time train is given, the more it overruns its budget",
        rows=[("seconds that train takes for a second given", "at most 1", f"{pace:.1f}")],
        facts=[("tolerance", f"up to {MOST_PACE:g} passed, because this machine may be busy")],
        note="more is used than the seconds given: a multiple of them, or all of them anew for each phase of the training. "
        "One clock, read before anything else, counts for everything",
    )


@pytest.fixture(scope="session")
def long_epoch(trained, digits):
    """A run on so many images, sorted by class, that an epoch takes several times the seconds that are given."""
    losses = trained.history.get("loss") if isinstance(trained.history, dict) else None
    epochs = max(1, len(losses)) if isinstance(losses, list | tuple | np.ndarray) else 1
    # About half of a short run is compilation; aim at an epoch of 15 s. The most is for a slow or busy machine, on which
    # the work that has to be done on all images (scaling, one permutation) must stay small beside the seconds given.
    most = 250 * np.clip(2.5 / trained.seconds, 1.0, 2.5)
    copies = int(np.clip(15.0 * epochs / (0.5 * trained.seconds), 100, most))
    rows = np.argsort(digits.rng.permutation(N_CLASSES)[digits.y_train], kind="stable")

    def run(submission, seconds=SHORT_SECONDS, copies=copies):
        x, y = np.repeat(digits.x_train[rows], copies, axis=0), np.repeat(digits.y_train[rows], copies)
        run = timed_training(submission, (8, 8, 1), x, y, seconds)
        return SimpleNamespace(
            predictions=submission.predict(run.model, digits.x_test), seconds=run.seconds, history=run.history
        )

    kept = []

    def first(submission):
        """The short run that several tests look at: made by the one that comes first."""
        if not kept:
            kept.append(run(submission))
        return kept[0]

    def paced(submission, seconds):
        return run(submission, seconds, images_for(seconds, copies, MOST_IMAGES_OF_8 // len(rows))).seconds

    return SimpleNamespace(run=run, paced=paced, first=first, images=copies * len(rows))


def classes_recognised(predictions, labels):
    """In how many classes at least 30 % are recognised."""
    predictions = labels_of(predictions, len(labels))
    return sum(float(np.mean(predictions[labels == k] == k)) >= 0.3 for k in range(N_CLASSES))


@pytest.mark.needs("TestModel::test_output_shape")
class TestBudget:
    def test_stops_in_time(self, trained, submission, reference, large, record):
        """Training ends by itself before its seconds are over"""
        # On a fast machine more images, so that a training that ignores the clock still takes much longer.
        n = int(8000 * np.clip(2.5 / trained.seconds, 1.0, 4.0))

        def train(side, seconds):
            rows = np.arange(images_for(seconds, n, MOST_IMAGES_OF_28)) % len(large.x)
            return timed_training(side, (28, 28, 1), large.x[rows], large.y[rows], seconds)

        run = train(submission, SHORT_SECONDS)
        check_in_time(
            run.seconds,
            lambda: train(submission, SHORT_SECONDS).seconds,
            lambda: train(reference, SHORT_SECONDS).seconds,
            3.0,
            f"train overran its budget on {n:,} images of 28 x 28",
            "the number of epochs alone decides when it ends: look at the clock while you train",
        )
        check_pace(run.seconds, lambda seconds: train(submission, seconds).seconds, LONGER_SECONDS)
        got = submission.predict(run.model, large.x_test)
        if isinstance(got, np.ndarray) and got.shape == large.y_test.shape:
            record(f"{large.name}, accuracy after {SHORT_SECONDS:g} s", accuracy(got, large.y_test))

    @pytest.mark.needs("TestBudget::test_stops_in_time", "TestTraining::test_history")
    def test_stops_inside_an_epoch(self, long_epoch, submission, reference, digits):
        """Training ends in time also when one epoch takes longer than that"""
        # A worker of its own: what earlier runs have left in a process is no part of it.
        for side in (submission, reference):  # what compiles once a process is no part of it
            side.train(build(side, (8, 8, 1), N_CLASSES), digits.x_train[:64], digits.y_train[:64], SHORT_SECONDS)
        first = long_epoch.first(submission)
        check_in_time(
            first.seconds,
            lambda: long_epoch.run(submission).seconds,
            lambda: long_epoch.run(reference).seconds,
            2.5,
            f"train overran its budget on {long_epoch.images:,} images",
            "the clock is looked at only between epochs (or after work on all images): look at it between batches",
        )
        check_pace(first.seconds, lambda seconds: long_epoch.paced(submission, seconds), LONGER_STREAM_SECONDS)

    @pytest.mark.needs("TestBudget::test_stops_inside_an_epoch", "TestPrediction::test_labels")
    def test_sorted_stream(self, long_epoch, submission, reference, digits):
        """Rows that come sorted by class do no harm"""
        known = classes_recognised(long_epoch.first(submission).predictions, digits.y_test)
        if known >= 6:
            return
        # Without shuffling, a network knows the classes that came last before the time was over, or the only ones that
        # came. One that had time for a few steps only can look like that too: so it gets four times the time, and the
        # reference solution has to do well with it.
        longer = 4.0 * SHORT_SECONDS
        known = classes_recognised(long_epoch.run(submission, longer).predictions, digits.y_test)
        if known < 6 and classes_recognised(long_epoch.run(reference, longer).predictions, digits.y_test) >= 8:
            checks.fail(
                "accuracy collapses on the sorted stream",
                rows=[("classes of which 30 % are recognised", "10", str(known))],
                facts=[("training", f"{long_epoch.images:,} images sorted by class, {longer:g} s")],
                note="the rows are not shuffled, or only within a small buffer: the network sees one class after the other",
            )

    # A network that meets one class after the other has large losses without a sum: the rows come first.
    @pytest.mark.needs("TestBudget::test_sorted_stream", "TestTraining::test_history")
    def test_history_of_a_long_epoch(self, trained, long_epoch, submission):
        """An epoch that the clock cuts short is one entry of the history, a mean"""
        first = long_epoch.first(submission)
        losses = losses_of(first.history)
        # A machine that is fast enough may have begun some epochs; so may who calls a few thousand images an epoch.
        checks.that(
            0 < len(losses) <= MOST_ENTRIES,
            "the history has another length than epochs were begun",
            rows=[("entries", "1", str(len(losses)))],
            facts=[("training", f"{long_epoch.images:,} images, {first.seconds:.1f} s")],
            note="an entry for each step, or each few steps: give the mean of an epoch"
            if losses
            else "the epoch that the clock cuts short was begun too: give the mean of the batches that it had",
        )
        # A network that starts with confident answers has large losses; but then the mean of a short epoch is large too.
        checks.that(
            not losses[0] > max(MOST_MEAN_LOSS, losses_of(trained.history)[0]),
            "the loss of an epoch is no mean",
            rows=[("loss of the first epoch", "around 1", f"{losses[0]:.4g}")],
            facts=[("training", f"{long_epoch.images:,} images, {first.seconds:.1f} s")],
            note="it grows with the number of batches: a sum. Divide it by the number of batches (or images) that were seen",
        )


# ---------------------------------------------------------------------------------------------------------------
# Timed

MOST_SECONDS = 48.0  # that the reference solution may take to the target, before nothing can be said
LEAST_CALL_SECONDS = 0.01
MOST_IMAGES = 6400


# Target accuracy: the reference solution reaches it in seconds, and ends several standard deviations above it.
TARGETS = {"digits": 0.9, "fashion-mnist": 0.83, "cifar-10": 0.4}
IMAGES_ON_CPU = 20_000
HIDDEN_IMAGES = 2000
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


def grey(x):
    """Pictures in colour, (N, H, W, 3), as grey ones, (N, H, W); grey ones as they are."""
    return x if x.ndim == 3 else np.rint(x @ np.array(LUMA)).astype(np.uint8)


@pytest.fixture(scope="session")
def task(digits, dataset, chosen_dataset, suite_reference, record):
    """What both solutions are trained on under the clock, and on what."""
    backend, accelerators = suite_reference.support.circumstances()
    name = chosen_dataset or "digits"
    if name == "digits":
        x, y, x_test, y_test = digits.x_train, digits.y_train, digits.x_test, digits.y_test
        if accelerators:
            x, x_test = enlarged(x), enlarged(x_test)
    else:
        data = dataset(name)
        some = digits.rng.permutation(len(data.x_train))[: None if accelerators else IMAGES_ON_CPU]
        hidden = digits.rng.permutation(len(data.x_test))[:HIDDEN_IMAGES]
        x, y = grey(data.x_train[some]), data.y_train[some].astype(np.int64)
        x_test, y_test = grey(data.x_test[hidden]), data.y_test[hidden].astype(np.int64)
    record.fact(
        "device", accelerators[0] if accelerators else "cpu: no GPU was there, so the workload is the smaller one"
    )
    record.fact("backend", backend)
    record.fact(
        "timed training", f"{len(x):,} images of {name}, {x.shape[1]} x {x.shape[2]}; {len(x_test):,} hidden ones"
    )
    return SimpleNamespace(
        x=x, y=y, x_test=x_test, y_test=y_test, shape=(*x.shape[1:], 1), target=TARGETS[name], name=name
    )


def timed_run(submission, task, seconds):
    """A whole training run of a new network by the judge's clock, and its accuracy, measured outside of the clock."""
    model = build(submission, task.shape, N_CLASSES)
    call = submission.train.prepare(model, task.x, task.y, seconds)
    start = time.perf_counter()
    history = call()
    took = time.perf_counter() - start
    right = accuracy(labels_of(submission.predict(model, task.x_test), len(task.x_test)), task.y_test)
    return SimpleNamespace(
        given=seconds, seconds=took, accuracy=right, reached=right >= task.target, losses=losses_of(history)
    )


def run_to_target(submission, task, first, most):
    """Whole runs of 1, 2, 4 … times the first seconds, up to the most, until one reaches the target; gives the last."""
    seconds = first
    while True:
        run = timed_run(submission, task, min(seconds, most))
        if run.reached or seconds >= most:
            return run
        seconds *= 2.0


def race(submission, suite_reference, trained, task, record):
    """Both solutions trained in turn to the target: the last run of each, and how long the submission may take."""
    # What compiles once a process is no part of it. For the submission that is a whole run, however busy the machine is:
    # what it keeps from one call to the next, such as a schedule that has ended, then shows in the runs that count.
    ends_by_itself = trained.seconds < 0.9 * SECONDS
    for side, n, seconds in (
        (submission, len(task.x), SECONDS if ends_by_itself else SHORT_SECONDS),
        (suite_reference, 64, SHORT_SECONDS),
    ):
        side.train(build(side, task.shape, N_CLASSES), task.x[:n], task.y[:n], seconds)
    base = run_to_target(suite_reference, task, SHORT_SECONDS, MOST_SECONDS)
    if not base.reached:
        pytest.skip(
            f"the machine is too busy: the reference solution did not reach {task.target:.0%} in {base.given:g} s"
        )
    most = max(SHORT_SECONDS, MOST_TIME_TO_TARGET * base.seconds)
    mine = timed_run(submission, task, base.given)
    if not mine.reached:
        mine = timed_run(submission, task, most)
    if not mine.reached or mine.seconds > most:  # again, the other way round: a burst of other work proves nothing
        again = run_to_target(suite_reference, task, base.given, MOST_SECONDS)
        most = max(most, MOST_TIME_TO_TARGET * again.seconds)
        mine = timed_run(submission, task, most)
        base = again if again.seconds > base.seconds else base
    record("seconds of the timed training", mine.seconds)
    record("seconds given to it", mine.given)
    record("seconds of the timed training, times the reference's", mine.seconds / base.seconds)
    for side, run in (("", mine), (" of the reference", base)):
        if len(run.losses) > 1:  # as its own history says: no verdict rests on it
            record(f"images per second in it{side}", (len(run.losses) - 0.5) * len(task.x) / run.seconds)
    record.curve("loss of each epoch, timed training", mine.losses, reference=base.losses)
    return SimpleNamespace(mine=mine, base=base, most=most)


@pytest.mark.needs("TestModel::test_output_shape", "TestAccuracy::test_accuracy")
class TestTimed:
    def test_images_per_second(self, trained, suite_reference, task, rng, record):
        """An image of 28 x 28 takes the network at most 12 times as long as the reference's"""
        sides = (trained.submission, suite_reference)
        models = [build(side, (28, 28, 1), N_CLASSES) for side in sides]
        mine, base = (side.support.logits.partial(model) for side, model in zip(sides, models, strict=True))

        def images():
            return (rng.uniform(-1, 1, size=(n, 28, 28, 1)).astype(np.float32),)

        def seconds(function):
            call = function.prepare(*images())
            start = time.perf_counter()
            call()
            return time.perf_counter() - start

        n = 200  # enough to outweigh the dispatch of the layers
        while n < MOST_IMAGES and min(seconds(base) for _ in range(3)) < LEAST_CALL_SECONDS:
            n *= 2
        record.fact("precision", trained.submission.support.precision(models[0]))
        ratio = checks.not_slower(
            mine,
            base,
            images,
            MOST_TIME_OF_IMAGE,
            name="the network",
            note="far too much work for each image: the layers that see the full picture with many channels on both sides "
            "cost most. Pool, or use a stride, before the network becomes wide",
            answer=np.shape,
        )
        record("images of 28 x 28 per second through the network", n / min(seconds(mine) for _ in range(3)))
        record("time of an image, times the reference's", ratio)

    @pytest.mark.needs("TestTimed::test_images_per_second")
    def test_time_to_target(self, submission, suite_reference, trained, digits, task, record):
        """The target accuracy is reached after at most 8 times the time of the reference"""
        run = race(submission, suite_reference, trained, task, record)
        mine, base, most = run.mine, run.base, run.most
        checks.that(
            mine.reached and mine.seconds <= 1.5 * most,
            f"the network does not reach {task.target:.0%} in {MOST_TIME_TO_TARGET:g} times the time of the reference",
            rows=[
                ("accuracy", f"at least {task.target:.0%}", f"{mine.accuracy:.1%}"),
                ("seconds", f"at most {most:.1f}", f"{mine.seconds:.1f}"),
            ],
            facts=[("reference", f"{base.accuracy:.1%} in {base.seconds:.1f} s, on {task.name}, just before")],
            note=f"this is hardly better than chance, though the first training in a process reached "
            f"{LEAST_ACCURACY:.0%} of the digits: something is kept from one call of `train` to the next, such as a schedule, "
            "a counter of steps or an optimizer"
            if mine.accuracy <= MOST_ACCURACY_OF_CONTROL and task.x is digits.x_train
            else "each step costs too much, or moves too little: look at the loss curves of both",
        )
