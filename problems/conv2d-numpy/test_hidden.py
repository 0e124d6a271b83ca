"""Hidden suite of `conv2d-numpy`.

Expected values: the definitions below, one window at a time; gradients by central differences of those; and arrays
that Keras computed. N, H, W, Cin, Cout, kh and kw differ, so that swapped axes cannot fit.
"""

from pathlib import Path

import numpy as np
import pytest

from grader import checks

NONE = ((0, 0), (0, 0))
GRADS = ("grad_x", "grad_w", "grad_b")
# Two of the golden convolutions have padding "valid" (plain, leftovers), these have "same".
STORED_SAME = ["even_kernel", "stride_on_even", "stride_on_odd", "oblong", "stride_of_three", "gaps"]
POOLINGS = ["side_by_side", "overlapping", "gaps"]
WINDOWS = pytest.mark.parametrize(
    ("size", "stride"), [(2, 2), (3, 2), (2, 3)], ids=["side by side", "overlapping", "gaps"]
)
OVERWRITTEN = "a later call writes into an array that was given back before: make a new one in each call"
ROUNDED = "no window fits into the image, whatever the stride: (H - k) / stride is rounded down, not towards 0"
LEFTOVERS = "rows and columns that no window covers have gradient 0: grad_x has the shape of x all the same"


def golden(kind, name):
    """Arrays that Keras computed, see make_golden.py."""
    group = f"{kind}_{name}/"
    with np.load(Path(__file__).with_name("golden.npz"), allow_pickle=False) as file:
        return {key.removeprefix(group): file[key] for key in file.files if key.startswith(group)}


# --- Convolution, by its definition. ---


def draw(rng, shape=(3, 7, 10, 2), kernel=(3, 2, 4)):
    """Images, kernels and biases; no bias is near 0."""
    kh, kw, channels = kernel
    x, w = rng.normal(size=shape), rng.normal(size=(kh, kw, shape[-1], channels))
    return x, w, rng.uniform(1.0, 2.0, channels) * rng.choice([-1.0, 1.0], channels)


def draw_or_stored(rng, name, shape=(3, 7, 10, 2), kernel=(3, 2, 4)):
    """x, w, b, the output or None, and the golden arrays or {}: of that name, if it is a golden convolution."""
    if name and isinstance(name, str):
        stored = golden("conv", name)
        return stored["x"], stored["w"], stored["b"], stored["out"], stored
    return *draw(rng, shape, kernel), None, {}


def pad(x, pads, **options):
    return np.pad(x, ((0, 0), *pads, (0, 0)), **options)


def pads_of(length, kernel, stride):
    """Zeros before and after an axis with padding "same", counted out as the statement does."""
    windows = (length + stride - 1) // stride
    total = max((windows - 1) * stride + kernel - length, 0)
    return total // 2, total - total // 2


def same(x, w, stride):
    """The padding of both axes with padding "same"."""
    return pads_of(x.shape[1], w.shape[0], stride), pads_of(x.shape[2], w.shape[1], stride)


def corners(shape, kh, kw, stride):
    """For each pixel (p, q) of the output, the top left corner of its window."""
    for p, top in enumerate(range(0, shape[1] - kh + 1, stride)):
        for q, left in enumerate(range(0, shape[2] - kw + 1, stride)):
            yield p, q, top, left


def conv(x, w, b, stride=1, pads=NONE):
    """The definition: each output pixel is the sum over its window, times the kernel, plus the bias."""
    kh, kw = w.shape[:2]
    x = pad(x, pads)
    rows, columns = (x.shape[1] - kh) // stride + 1, (x.shape[2] - kw) // stride + 1
    out = np.zeros((len(x), rows, columns, w.shape[3]))
    for p, q, top, left in corners(x.shape, kh, kw, stride):
        out[:, p, q] = np.tensordot(x[:, top : top + kh, left : left + kw], w, axes=3)
    return out + b


def spread(x, w, grad_out, stride=1, pads=NONE, add=True):
    """The gradient of x with its padding: each output pixel gives to its window; with `add` false the last one wins."""
    kh, kw = w.shape[:2]
    grad = np.zeros(pad(x, pads).shape)
    for p, q, top, left in corners(grad.shape, kh, kw, stride):
        part = np.tensordot(grad_out[:, p, q], w, axes=(1, 3))
        window = np.s_[:, top : top + kh, left : left + kw]
        grad[window] = grad[window] + part if add else part
    return grad


def crop(x, grad, pads):
    (top, _), (left, _) = pads
    return grad[:, top : top + x.shape[1], left : left + x.shape[2]]


def collect(x, w, grad_out, stride=1, pads=NONE):
    """The gradient of w: each output pixel adds its window of x, times its own gradient."""
    kh, kw = w.shape[:2]
    x, grad = pad(x, pads), np.zeros(w.shape)
    for p, q, top, left in corners(x.shape, kh, kw, stride):
        grad += np.tensordot(x[:, top : top + kh, left : left + kw], grad_out[:, p, q], axes=(0, 0))
    return grad


# --- Pooling, by its definition. ---


def draw_pool(rng, shape=(2, 7, 9, 3)):
    """Negative values of which no two are equal, 1/7 apart at least."""
    return -(rng.permutation(int(np.prod(shape))).reshape(shape) + 1.0) / 7.0


def pool(x, size, stride, how=np.max):
    """The definition: one number for each window of each channel."""
    rows, columns = (x.shape[1] - size) // stride + 1, (x.shape[2] - size) // stride + 1
    out = np.zeros((len(x), rows, columns, x.shape[3]))
    for p, q, top, left in corners(x.shape, size, size, stride):
        out[:, p, q] = how(x[:, top : top + size, left : left + size], axis=(1, 2))
    return out


def pool_gradient(x, grad_out, size, stride, ties="first", add=True):
    """Each output pixel gives its gradient to the largest value of its window; `ties` tells to which of equal ones."""
    grad = np.zeros(x.shape)
    for p, q, top, left in corners(x.shape, size, size, stride):
        for n, c in np.ndindex(x.shape[0], x.shape[3]):
            window = x[n, top : top + size, left : left + size, c]
            places = [(i, j) for i in range(size) for j in range(size) if window[i, j] == window.max()]
            if ties == "columns":
                places.sort(key=lambda place: place[::-1])
            chosen = {"last": places[-1:], "all": places, "split": places}.get(ties, places[:1])
            share = grad_out[n, p, q, c] / (len(places) if ties == "split" else 1)
            for i, j in chosen:
                grad[n, top + i, left + j, c] = add * grad[n, top + i, left + j, c] + share
    return grad


def everywhere(x, grad_out, size, stride):
    """What every pixel of a window would get if each received the whole gradient."""
    grad = np.zeros(x.shape)
    for p, q, top, left in corners(x.shape, size, size, stride):
        grad[:, top : top + size, left : left + size] += grad_out[:, p, q][:, None, None]
    return grad


# --- Checks. ---


def shape_of(got):
    """Its shape, or None for what is neither an array nor a number."""
    return np.shape(got) if isinstance(got, np.ndarray | np.generic | int | float) else None


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


def check_gradient(f, x, got, name, mistakes=(), shapes=()):
    """`checks.gradient`, with the mistakes that give another shape."""
    note = next((sentence for shape, sentence in shapes if shape == shape_of(got)), "")
    checks.gradient(f, x, got, name=name, mistakes=mistakes, note=note)
    checks.array(got, name=name, dtype="float64")


def forward(submission, *args, **options):
    out, _cache = checks.unpack(submission.support.conv2d_forward(*args, **options), "out", "cache")
    return out


def backward(submission, grad_out, *args, **options):
    """What the backward pass gives after a forward pass of the submission's own."""
    _out, cache = checks.unpack(submission.support.conv2d_forward(*args, **options), "out", "cache")
    return checks.unpack(submission.support.conv2d_backward(grad_out, cache), *GRADS)


def pool_forward(submission, *args, **options):
    out, _cache = checks.unpack(submission.support.maxpool2d_forward(*args, **options), "out", "cache")
    return out


def pool_backward(submission, grad_out, *args, **options):
    _out, cache = checks.unpack(submission.support.maxpool2d_forward(*args, **options), "out", "cache")
    return submission.support.maxpool2d_backward(grad_out, cache)


def input_slips(x, w, grad_out, stride=1, pads=NONE):
    """What common mistakes give for grad_x."""
    one = np.ones(x.shape[1:3])[None, :, :, None]
    counts = spread(one, np.ones((*w.shape[:2], 1, 1)), np.ones((1, *grad_out.shape[1:3], 1)), stride, pads)
    full = spread(x, w, grad_out, stride, pads)

    def cropped(grad):
        return crop(x, grad, pads)

    return [
        (
            cropped(spread(x, w, grad_out, stride, pads, add=False)),
            "windows overlap, and their gradients must add up: here a later window overwrites an earlier one",
        ),
        (
            cropped(spread(x, w[::-1, ::-1], grad_out, stride, pads)),
            "the kernel is turned round in grad_x: place (i, j) of a window receives grad_out times w[i, j]",
        ),
        (cropped(full / np.maximum(counts, 1)), "the gradients of overlapping windows are averaged: add them up"),
        (cropped(full) / len(x), "divided by N: a mean over the batch is in grad_out already"),
    ]


class TestConvolutionForward:
    @pytest.mark.parametrize(
        ("stride", "padding", "size"),
        [
            (1, "valid", (5, 9)),
            (3, "valid", (2, 3)),
            (1, "same", (7, 10)),
            (4, "same", (2, 3)),
            (2, "same", (4, 5)),
        ],
        ids=["valid", "valid, stride 3", "same", "same, stride 4", "same, stride 2"],
    )
    def test_sizes(self, submission, rng, stride, padding, size):
        """The output has the size that stride and padding ask for, channels last, in float64"""
        x, w, b = draw(rng)
        (n, h, wide, _cin), (kh, kw), channels = x.shape, w.shape[:2], w.shape[3]
        out = forward(submission, x, w, b, stride=stride, padding=padding)
        expected = (n, *size, channels)
        whole, bare = (h, wide), ((h - kh) // stride + 1, (wide - kw) // stride + 1)
        torch = tuple((n + 2 * (k // 2) - k) // stride + 1 for n, k in zip(whole, (kh, kw), strict=True))
        other = tuple((n + 2 * ((k - 1) // 2) - k) // stride + 1 for n, k in zip(whole, (kh, kw), strict=True))
        plain = whole if padding == "same" else (h - kh + 1, wide - kw + 1)
        symmetric = "the padding is not TensorFlow's: with padding 'same' the size is ceil(H / stride)"
        known = [
            ((n, channels, *size), "the channels come second: here they come last, (N, Hout, Wout, Cout)"),
            ((n, size[1], size[0], channels), "rows and columns are swapped"),
            ((n, *plain, channels), "the stride does not change the size of the output"),
            ((n, size[0], plain[1], channels), "the stride is used for the rows only"),
            ((n, plain[0], size[1], channels), "the stride is used for the columns only"),
            ((n, *bare, channels), "there is no padding: with padding 'same' the size is ceil(H / stride)"),
            (
                (n, -(-(h - kh) // stride) + 1, -(-(wide - kw) // stride) + 1, channels),
                "the last window hangs over the edge: 'valid' has only whole windows, floor((H - kh) / stride) + 1",
            ),
            (
                (n, (h - kh) // stride, (wide - kw) // stride, channels),
                "one window too few: with padding 'valid' the size is floor((H - kh) / stride) + 1",
            ),
            ((n, *torch, channels), symmetric),
            ((n, *other, channels), symmetric),
        ]
        if padding == "same":
            rounded = "H / stride is rounded down: 'same' gives ceil(H / stride)"
            known.insert(0, ((n, h // stride, wide // stride, channels), rounded))
        note = next((sentence for shape, sentence in known if shape == shape_of(out) != expected), "")
        checks.array(out, name="out", shape=expected, dtype="float64", note=note)

    @pytest.mark.needs("TestConvolutionForward::test_sizes")
    def test_orientation(self, submission, rng):
        """The kernel is not turned round: its first entry meets the first pixel of each window"""
        x = rng.normal(size=(1, 6, 8, 1))
        for i, j in ((0, 0), (0, 2), (1, 0)):
            w = np.zeros((2, 3, 1, 1))
            w[i, j] = 1.0
            mistakes = [
                (x[:, 1 - i : 6 - i, 2 - j : 8 - j], "the kernel is turned by 180 degrees: in deep learning it is not"),
                (x[:, 1 - i : 6 - i, j : 6 + j], "the kernel is flipped upside down"),
                (x[:, i : 5 + i, 2 - j : 8 - j], "the kernel is flipped left to right"),
                (np.maximum(x[:, i : 5 + i, j : 6 + j], 0.0), "there is a ReLU: the layer is linear"),
                (x[:, i : 5 + i, j : 6 + j] / w.size, "this is the mean over the window: add up"),
            ]
            note = f"with a single 1 at w[{i}, {j}] the output is x, moved by ({i}, {j})"
            close(forward(submission, x, w, np.zeros(1)), x[:, i : 5 + i, j : 6 + j], "out", mistakes, note)

    @pytest.mark.needs("TestConvolutionForward::test_orientation")
    @pytest.mark.parametrize(
        "kernel", [(3, 2), (1, 1), (7, 10), "plain"], ids=["3 x 2", "1 x 1", "as large as the image", "keras"]
    )
    def test_channels(self, submission, rng, kernel):
        """Each output channel adds up all input channels of the window, and its bias once"""
        x, w, b, expected, _grads = draw_or_stored(rng, kernel, kernel=(*kernel, 4))
        kernel = w.shape[:2]
        nothing, cin, area = np.zeros_like(b), x.shape[3], kernel[0] * kernel[1]
        sums = conv(x, w, nothing)
        expected = sums + b if expected is None else expected
        mistakes = [
            (sums, "the bias is not added"),
            (sums - b, "the bias is subtracted"),
            (sums + cin * b, "the bias is added once for each input channel: add it once"),
            (sums + area * b, "the bias is added at each place of the kernel: add it once"),
            (sums + area * cin * b, "the bias is added for each weight: add it once"),
            (sums + b[::-1], "the biases stand in another order"),
            (sums + b[0], "every channel gets the bias of the first"),
            (sums / cin + b, "this is the mean over the input channels: add them up"),
            (conv(x[..., :1], w[:, :, :1], b), "only the first input channel is used"),
            (conv(x, np.repeat(w[..., :1], 4, axis=3), b), "every output channel uses the kernel of the first"),
        ]
        if kernel != (1, 1):
            scrambled = w.reshape(cin, *kernel, -1).transpose(1, 2, 0, 3)
            note = "channels and places of the kernel are mixed up where windows or w are reshaped to rows"
            mistakes.append((conv(x, scrambled, b), note))
        close(forward(submission, x, w, b), expected, "out", mistakes)

    @pytest.mark.needs("TestConvolutionForward::test_channels")
    @pytest.mark.parametrize(("stride", "name"), [(2, ""), (3, ""), (2, "leftovers")], ids=["2", "3", "keras"])
    def test_stride(self, submission, rng, stride, name):
        """With a stride the first window still lies in the top left corner"""
        x, w, b, expected, _grads = draw_or_stored(rng, name, shape=(3, 8, 11, 2))
        expected = conv(x, w, b, stride) if expected is None else expected
        _n, rows, columns, _c = expected.shape
        every = conv(x, w, b)
        last = every[:, stride - 1 :: stride, stride - 1 :: stride][:, :rows, :columns]
        mistakes = [
            (every[:, :rows, :columns], "the windows lie side by side: from one to the next it is `stride` pixels"),
            (last, "the first window does not lie in the top left corner of the image"),
            (every[:, 1::stride, 1::stride][:, :rows, :columns], "the first window does not lie in the corner"),
            (every[:, ::-1, ::-1][:, ::stride, ::stride][:, ::-1, ::-1], "windows are counted from the last"),
        ]
        note = "window (p, q) begins at row p * stride and column q * stride"
        close(forward(submission, x, w, b, stride=stride), expected, "out", mistakes, note)

    @pytest.mark.needs("TestConvolutionForward::test_stride")
    @pytest.mark.parametrize(
        ("size", "kernel", "stride"),
        [
            ((6, 9), (3, 5), 1),
            ((6, 9), (2, 4), 1),
            ((6, 8), (3, 5), 2),
            ((7, 9), (4, 2), 2),
            ((2, 3), (5, 4), 1),
            ((8, 9), (1, 2), 3),
            ((6, 9), (1, 1), 1),
            *(("keras", name, 0) for name in STORED_SAME),
        ],
        ids=[
            "odd kernel",
            "even kernel",
            "stride 2",
            "even kernel, stride 2",
            "small image",
            "stride beyond kernel",
            "1 x 1",
            *(f"keras, {name}" for name in STORED_SAME),
        ],
    )
    def test_same(self, submission, rng, size, kernel, stride):
        """Padding 'same' puts zeros all around, the odd one at the bottom and on the right"""
        name = kernel if size == "keras" else ""
        x, w, b, expected, _grads = draw_or_stored(rng, name, shape=(3, *size, 2), kernel=(*kernel, 4))
        stride, kernel = stride or int(golden("conv", name)["stride"]), w.shape[:2]
        pads = same(x, w, stride)
        expected = conv(x, w, b, stride, pads) if expected is None else expected

        def with_pads(change):
            def value():
                changed = tuple(change(*pair, k) for pair, k in zip(pads, kernel, strict=True))
                out = conv(x, w, b, stride, changed)
                return out[:, : expected.shape[1], : expected.shape[2]]

            return value

        def with_mode(mode):
            return lambda: conv(pad(x, pads, mode=mode), w, b, stride)

        swapped = (
            with_pads(lambda before, after, k: (after, before)),
            "an odd row or column of zeros stands at the top or left, alone or too: TensorFlow puts it at the end",
        )
        fixed = [
            (
                with_pads(lambda before, after, k: ((k - 1) // 2, k)),
                "(k - 1) // 2 zeros stand before, whatever the stride: with stride 2 on an even size TensorFlow "
                "puts fewer there",
            ),
            (
                with_pads(lambda before, after, k: (k // 2, k)),
                "k // 2 zeros stand before, whatever the stride: with stride 2 on an even size TensorFlow "
                "puts fewer there",
            ),
        ]
        # with stride 2 the two mistakes give the same; zeros by the kernel alone are seen with a stride first
        mistakes = [
            *([swapped, *fixed] if stride == 1 else [*fixed, swapped]),
            (with_pads(lambda before, after, k: (0, before + after)), "all zeros stand at the end: half go before"),
            (with_pads(lambda before, after, k: (before + after, 0)), "all zeros stand at the beginning"),
            (with_mode("edge"), "the border is repeated: padding 'same' puts zeros"),
            (with_mode("reflect"), "the image is reflected at its border: padding 'same' puts zeros"),
            (with_mode("wrap"), "the image is continued periodically: padding 'same' puts zeros"),
            (lambda: conv(pad(x, pads, constant_values=1.0), w, b, stride), "the padding is made of ones, not zeros"),
        ]
        note = f"the zeros of the two axes are {pads[0]} and {pads[1]}, (before, after)"
        close(forward(submission, x, w, b, stride=stride, padding="same"), expected, "out", mistakes, note)

    @pytest.mark.needs("TestConvolutionForward::test_channels")
    def test_one_of_each(self, submission, rng):
        """One image, one channel, one kernel and one window keep all four axes"""
        x, w, b = draw(rng, shape=(1, 3, 2, 1), kernel=(3, 2, 1))
        note = "axes of length 1 are lost: out is (N, Hout, Wout, Cout) also where all of these are 1"
        close(forward(submission, x, w, b), conv(x, w, b), "out", note=note)

    @pytest.mark.needs("TestConvolutionForward::test_channels")
    @pytest.mark.parametrize("case", ["another padding", "kernel too high", "kernel too wide"])
    def test_refused(self, submission, rng, case):
        """Another padding, or a kernel larger than the image, raises ValueError"""
        x, w, b = draw(rng, shape=(2, 5, 6, 2), kernel={"kernel too high": (6, 2, 3)}.get(case, (3, 7, 3)))
        if case == "another padding":
            x, w, b = draw(rng)
            for padding in ("full", "VALID", ""):
                note = "an unknown padding must not be taken for another one: there are two, and no default"
                checks.raises(submission.support.conv2d_forward, x, w, b, 1, padding, error="ValueError", note=note)
        else:
            note = "no window fits into the image: an empty output, or one of negative size, would hide the mistake"
            checks.raises(submission.support.conv2d_forward, x, w, b, error="ValueError", note=note)
            for stride in (2, 3):
                checks.raises(submission.support.conv2d_forward, x, w, b, stride, error="ValueError", note=ROUNDED)

    @pytest.mark.needs("TestConvolutionForward::test_channels")
    @pytest.mark.parametrize("padding", ["valid", "same"])
    def test_arguments(self, submission, rng, padding):
        """The forward pass leaves its arguments alone"""
        checks.unchanged(submission.support.conv2d_forward, *draw(rng), 1, padding)


@pytest.mark.needs("TestConvolutionForward::test_channels")
class TestConvolutionBackward:
    def test_bias(self, submission, rng):
        """grad_b adds up grad_out over images, rows and columns"""
        x, w, b = draw(rng)
        grad_out = rng.normal(size=conv(x, w, b).shape)
        _grad_x, _grad_w, grad_b = backward(submission, grad_out, x, w, b)
        expected = grad_out.sum(axis=(0, 1, 2))
        few = "grad_b keeps an axis too many: every pixel of every image adds to its channel"
        shapes = [
            (w.shape, "the order is grad_x, grad_w, grad_b"),
            (x.shape, "the order is grad_x, grad_w, grad_b"),
            ((1, 1, 1, *b.shape), few),
            *((np.sum(grad_out, axis=axes).shape, few) for axes in (0, 1, 2, (0, 1), (0, 2), (1, 2))),
            ((), "grad_b adds up the channels too: each has a bias of its own"),
            (grad_out.shape[:3], "grad_b adds up the channels: it must add up everything else"),
        ]
        mistakes = [
            (grad_out.mean(axis=(0, 1, 2)), "this is the mean over images and pixels: the bias is added to each"),
            (grad_out.sum(axis=(1, 2)).mean(axis=0), "this is the mean over the images: add them up"),
            (grad_out.mean(axis=(1, 2)).sum(axis=0), "this is the mean over the pixels: add them up"),
            (grad_out[0].sum(axis=(0, 1)), "this is the first image alone"),
        ]
        close(grad_b, expected, "grad_b", mistakes, shapes=shapes)

    @pytest.mark.needs("TestConvolutionBackward::test_bias")
    def test_weights(self, submission, rng):
        """grad_w agrees with central differences"""
        x, w, b = draw(rng, shape=(3, 5, 6, 2))
        grad_out = rng.normal(size=conv(x, w, b).shape)
        _grad_x, grad_w, _grad_b = backward(submission, grad_out, x, w, b)
        right = collect(x, w, grad_out)
        kh, kw, cin, channels = w.shape
        mistakes = [
            (right[::-1, ::-1], "grad_w is turned by 180 degrees: w[i, j] meets x[p + i, q + j] at output (p, q)"),
            (right / len(x), "divided by N: a mean over the batch is in grad_out already"),
            (right / grad_out[0, ..., 0].size, "this is the mean over the output pixels: w is used at each, so add up"),
            (right / grad_out[..., 0].size, "this is the mean over images and pixels: w is used at each, so add up"),
            (collect(x[:1], w, grad_out[:1]), "this is the first image alone: add up over the batch"),
            (collect(x[-1:], w, grad_out[-1:]), "this is the last image alone: add up over the batch"),
            (
                np.moveaxis(right, 2, 0).reshape(w.shape),
                "the axes of grad_w are mixed up: reshape to the order in which the rows were made, then transpose",
            ),
        ]
        shapes = [
            ((cin, kh, kw, channels), "the axes of grad_w stand in another order than those of w, (kh, kw, Cin, Cout)"),
            ((channels, kh, kw, cin), "the axes of grad_w stand in another order than those of w, (kh, kw, Cin, Cout)"),
            ((kh, kw, channels, cin), "the last two axes of grad_w are swapped: w is (kh, kw, Cin, Cout)"),
            ((kh * kw * cin, channels), "grad_w still has the shape of a matrix: give it the shape of w"),
        ]
        check_gradient(lambda value: np.sum(conv(x, value, b) * grad_out), w, grad_w, "grad_w", mistakes, shapes)

    @pytest.mark.needs("TestConvolutionBackward::test_bias")
    @pytest.mark.parametrize("name", ["", "plain"], ids=["central differences", "keras"])
    def test_input(self, submission, rng, name):
        """grad_x agrees with central differences"""
        x, w, b, _out, stored = draw_or_stored(rng, name, shape=(3, 5, 6, 2))
        grad_out = stored["grad_out"] if stored else rng.normal(size=conv(x, w, b).shape)
        grad_x, grad_w, grad_b = backward(submission, grad_out, x, w, b)
        mistakes = input_slips(x, w, grad_out)
        if stored:
            for key, grad in zip(GRADS, (grad_x, grad_w, grad_b), strict=True):
                close(grad, stored[key], key, mistakes)
        else:
            check_gradient(lambda value: np.sum(conv(value, w, b) * grad_out), x, grad_x, "grad_x", mistakes)

    @pytest.mark.needs(
        "TestConvolutionBackward::test_weights",
        "TestConvolutionBackward::test_input",
        "TestConvolutionForward::test_stride",
    )
    @pytest.mark.parametrize(
        ("stride", "kernel"),
        [(2, (3, 2)), (3, (2, 1)), (2, "leftovers")],
        ids=["stride 2", "stride 3, with gaps", "keras"],
    )
    def test_stride(self, submission, rng, stride, kernel):
        """With a stride, the gradient goes to the pixels that each window covers, and 0 to the others"""
        x, w, b, _out, stored = draw_or_stored(rng, kernel, shape=(3, 8, 9, 2), kernel=(*kernel, 4))
        kernel = w.shape[:2]
        grad_out = stored["grad_out"] if stored else rng.normal(size=conv(x, w, b, stride).shape)
        grad_x, grad_w, grad_b = backward(submission, grad_out, x, w, b, stride=stride)
        _n, rows, columns, _c = grad_out.shape
        ignored = np.zeros_like(x)
        covered = spread(x[:, : rows + kernel[0] - 1, : columns + kernel[1] - 1], w, grad_out)
        ignored[:, : covered.shape[1], : covered.shape[2]] = covered
        used = ((rows - 1) * stride + kernel[0], (columns - 1) * stride + kernel[1])
        shapes = [
            ((len(x), *used, x.shape[3]), LEFTOVERS),
            ((len(x), used[0], *x.shape[2:]), LEFTOVERS),
            (
                covered.shape,
                "the stride is ignored in grad_x: output (p, q) belongs to pixels from (p * stride, q * stride)",
            ),
        ]
        mistakes = [
            (ignored, "the stride is ignored in grad_x: output (p, q) belongs to pixels from (p * stride, q * stride)"),
            (stride * spread(x, w, grad_out, stride), "multiplied by the stride: it moves the windows, and no more"),
            *input_slips(x, w, grad_out, stride),
        ]
        expected = stored["grad_x"] if stored else spread(x, w, grad_out, stride)
        close(grad_x, expected, "grad_x", mistakes, shapes=shapes)
        mistakes = [
            (
                collect(x[:, : rows + kernel[0] - 1, : columns + kernel[1] - 1], w, grad_out),
                "the stride is ignored in grad_w: output (p, q) has seen the pixels from (p * stride, q * stride)",
            ),
        ]
        close(grad_w, stored["grad_w"] if stored else collect(x, w, grad_out, stride), "grad_w", mistakes)
        close(grad_b, grad_out.sum(axis=(0, 1, 2)), "grad_b")

    @pytest.mark.needs("TestConvolutionBackward::test_stride", "TestConvolutionForward::test_same")
    @pytest.mark.parametrize(
        ("kernel", "stride"),
        [((3, 5), 1), ((4, 2), 1), ((5, 3), 2), *((name, 0) for name in STORED_SAME)],
        ids=["odd kernel", "even kernel", "stride 2", *(f"keras, {name}" for name in STORED_SAME)],
    )
    def test_same(self, submission, rng, kernel, stride):
        """With padding 'same', what the zeros received is cut off again, on the right sides"""
        x, w, b, _out, stored = draw_or_stored(rng, kernel, shape=(3, 6, 8, 2), kernel=(*kernel, 4))
        stride = int(stored["stride"]) if stored else stride
        pads = same(x, w, stride)
        grad_out = stored["grad_out"] if stored else rng.normal(size=conv(x, w, b, stride, pads).shape)
        grad_x, grad_w, grad_b = backward(submission, grad_out, x, w, b, stride=stride, padding="same")
        full = spread(x, w, grad_out, stride, pads)
        _n, high, wide, _c = x.shape
        (_top, bottom), (_left, right) = pads
        mistakes = [
            (
                full[:, :high, :wide],
                "the padding is cut off at the end only: the first rows and columns are zeros, too",
            ),
            (full[:, -high:, -wide:], "all of the padding is cut off at the beginning: some of it is at the end"),
            (
                full[:, bottom : bottom + high, right : right + wide],
                "the cut begins after as many rows as there are zeros at the end: begin after those at the top",
            ),
            *input_slips(x, w, grad_out, stride, pads),
        ]
        shapes = [(full.shape, "grad_x has the padded shape: cut off the rows and columns that were added")]
        close(grad_x, stored["grad_x"] if stored else crop(x, full, pads), "grad_x", mistakes, shapes=shapes)
        mistakes = [
            (
                collect(pad(x, ((0, sum(pads[0])), (0, sum(pads[1])))), w, grad_out, stride),
                "grad_w is made of x without its padding: use the windows of the forward pass",
            ),
        ]
        close(grad_w, stored["grad_w"] if stored else collect(x, w, grad_out, stride, pads), "grad_w", mistakes)
        close(grad_b, grad_out.sum(axis=(0, 1, 2)), "grad_b")

    @pytest.mark.needs("TestConvolutionBackward::test_weights", "TestConvolutionBackward::test_input")
    def test_one_of_each(self, submission, rng):
        """Gradients have the shapes of x, w and b also where axes have length 1"""
        x, w, b = draw(rng, shape=(1, 3, 2, 1), kernel=(3, 2, 1))
        grad_out = rng.normal(size=(1, 1, 1, 1))
        expected = (spread(x, w, grad_out), collect(x, w, grad_out), grad_out.sum(axis=(0, 1, 2)))
        for name, got, value in zip(GRADS, backward(submission, grad_out, x, w, b), expected, strict=True):
            close(got, value, name, note="axes of length 1 are lost: each gradient has the shape of its array")

    @pytest.mark.needs("TestConvolutionForward::test_arguments", "TestConvolutionBackward::test_bias")
    @pytest.mark.parametrize("padding", ["valid", "same"])
    def test_arguments(self, submission, rng, padding):
        """The backward pass leaves grad_out, x, w and b alone"""
        x, w, b = draw(rng)
        grad_out = rng.normal(size=conv(x, w, b, 1, same(x, w, 1) if padding == "same" else NONE).shape)
        _out, cache = checks.unpack(submission.support.conv2d_forward(x, w, b, 1, padding), "out", "cache")
        checks.unchanged(submission.support.conv2d_backward, grad_out, cache)
        _grads, after = submission.support.both_passes("conv2d", grad_out, (x, w, b, 1, padding))
        for name, before, now in zip("xwb", (x, w, b), after[:3], strict=True):
            note = "the backward pass writes into an array that the caller gave to the forward pass"
            checks.equal(now, before, name=f"{name} after the backward pass", note=note)

    @pytest.mark.needs("TestConvolutionBackward::test_weights", "TestConvolutionBackward::test_input")
    def test_cache(self, submission, rng):
        """A cache belongs to its forward call and can be used twice; no later call changes a result"""
        x, w, b = draw(rng)
        grad_out = rng.normal(size=conv(x, w, b).shape)
        _out, cache = checks.unpack(submission.support.conv2d_forward(x, w, b), "out", "cache")
        forward(submission, *draw(rng))
        expected = (spread(x, w, grad_out), collect(x, w, grad_out), grad_out.sum(axis=(0, 1, 2)))
        for note in (
            "another forward pass in between changes the gradients: keep everything in the cache, nothing in globals",
            "the second backward pass with one cache gives other gradients: do not change what is in the cache",
        ):
            grads = checks.unpack(submission.support.conv2d_backward(grad_out, cache), *GRADS)
            for name, got, value in zip(GRADS, grads, expected, strict=True):
                close(got, value, name, note=note)
        more = rng.normal(size=grad_out.shape), draw(rng)
        out, grads = submission.support.after_more_calls("conv2d", grad_out, (x, w, b), *more)
        close(out, conv(x, w, b), "out after more calls", note=OVERWRITTEN)
        for name, got, value in zip(GRADS, checks.unpack(grads, *GRADS), expected, strict=True):
            close(got, value, f"{name} after more calls", note=OVERWRITTEN)


class TestPooling:
    @WINDOWS
    def test_output(self, submission, rng, size, stride):
        """Each output is the largest value of its window, also where all are negative"""
        x = draw_pool(rng)
        out, expected = pool_forward(submission, x, size, stride), pool(x, size, stride)
        n, rows, columns, channels = expected.shape
        over = [-(-(length - size) // stride) + 1 for length in x.shape[1:3]]
        shapes = [
            (pool(x, size, size).shape, "the windows lie side by side: from one to the next it is `stride` pixels"),
            (pool(x, stride, stride).shape, "the windows have the size of the stride"),
            (pool(x, size, 1).shape, "the stride is not used"),
            ((n, *over, channels), "the last window hangs over the edge: only whole windows count"),
            (
                (n, -(-x.shape[1] // stride), -(-x.shape[2] // stride), channels),
                "the image is padded: it should not be",
            ),
            ((n, rows, columns), "the maximum is taken over the channels too"),
            ((n, rows, columns, 1), "the maximum is taken over the channels too"),
            ((n, channels, rows, columns), "the channels come second: here they come last"),
        ]
        mistakes = [
            (pool(x, size, stride, np.mean), "this is the mean of each window, not its maximum"),
            (pool(x, size, stride, np.min), "this is the smallest value of each window"),
            (np.zeros_like(expected), "0 is no value of any window: begin with the first value, or with -inf"),
            (np.maximum(expected, 0.0), "0 is no value of any window: begin with the first value, or with -inf"),
            (
                np.broadcast_to(expected.max(axis=3, keepdims=True), expected.shape),
                "the maximum is taken over the channels too",
            ),
            (lambda: pool(x, min(size, stride), stride)[:, :rows, :columns], "the windows have the size of the stride"),
            (lambda: pool(x, size, size)[:, :rows, :columns], "the windows lie `size` pixels apart, not `stride`"),
        ]
        close(out, expected, "out", mistakes, shapes=shapes)
        for scale in (1e12, 1e300):
            note = "there are images below any number to begin with: begin with the first value, or with -inf"
            close(pool_forward(submission, scale * x, size, stride), scale * expected, "out", note=note)

    @pytest.mark.needs("TestPooling::test_output")
    def test_defaults(self, submission, rng):
        """Size and stride are 2 where they are not given, each for itself"""
        x = draw_pool(rng)
        for given in ({}, {"size": 3}, {"stride": 3}, {"stride": 1}):
            size, stride = given.get("size", 2), given.get("stride", 2)
            shapes = [
                (pool(x, size, size).shape, "the stride defaults to the size: it defaults to 2, whatever the size"),
                (pool(x, size, 1).shape, "the stride defaults to 1: it defaults to 2"),
            ]
            out = pool_forward(submission, x, **given)
            close(out, pool(x, size, stride), "out", note="size and stride default to 2", shapes=shapes)

    @pytest.mark.needs("TestPooling::test_output")
    @pytest.mark.parametrize(
        ("size", "stride"),
        [(2, 2), (3, 2), (2, 3), *((name, 0) for name in POOLINGS)],
        ids=["side by side", "overlapping", "gaps", *(f"keras, {name}" for name in POOLINGS)],
    )
    def test_gradient(self, submission, rng, size, stride):
        """The gradient goes to the largest value of each window, and adds up where windows overlap"""
        x, stored = draw_pool(rng), {}
        if isinstance(size, str):
            stored = golden("pool", size)
            x, size, stride = stored["x"], int(stored["size"]), int(stored["stride"])
        expected_out = stored["out"] if stored else pool(x, size, stride)
        grad_out = stored["grad_out"] if stored else rng.normal(size=expected_out.shape)
        out, cache = checks.unpack(submission.support.maxpool2d_forward(x, size, stride), "out", "cache")
        close(out, expected_out, "out")
        grad_x = submission.support.maxpool2d_backward(grad_out, cache)
        _n, rows, columns, _c = grad_out.shape
        spread_out = everywhere(x, grad_out, size, stride)
        used = ((rows - 1) * stride + size, (columns - 1) * stride + size)
        shapes = [
            ((len(x), *used, x.shape[3]), LEFTOVERS),
            ((len(x), rows * stride, columns * stride, x.shape[3]), LEFTOVERS),
            ((len(x), rows * size, columns * size, x.shape[3]), LEFTOVERS),
        ]
        mistakes = [
            (spread_out, "every pixel of the window receives the gradient: only the largest one moved the output"),
            (spread_out / size**2, "the gradient is shared by the window: only the largest value moved the output"),
            (
                pool_gradient(x, grad_out, size, stride, add=False),
                "a pixel can be the largest of several windows: their gradients add up, the last must not overwrite",
            ),
            (pool_gradient(-x, grad_out, size, stride), "the gradient goes to the smallest value of each window"),
            (pool_gradient(x, grad_out * expected_out, size, stride), "the gradient is multiplied by the maximum"),
            (pool_gradient(x, np.ones_like(grad_out), size, stride), "grad_out is not used: only a mask comes back"),
            (pool_gradient(x, grad_out / len(x), size, stride), "divided by N: a mean over the batch is in grad_out"),
        ]
        expected = stored["grad_x"] if stored else pool_gradient(x, grad_out, size, stride)
        close(grad_x, expected, "grad_x", mistakes, shapes=shapes)

    @pytest.mark.needs("TestPooling::test_gradient")
    @WINDOWS
    def test_ties(self, submission, rng, size, stride):
        """Of equal maxima the first in row-major order receives all of the gradient"""
        x = rng.integers(0, 2, size=(3, 7, 9, 4)).astype(float)
        grad_out = rng.normal(size=pool(x, size, stride).shape)
        mistakes = [
            (pool_gradient(x, grad_out, size, stride, ties), sentence)
            for ties, sentence in (
                (
                    "all",
                    "each of several equal maxima receives the gradient: its sum over the window is doubled, or more",
                ),
                ("split", "equal maxima share the gradient: here the first one receives all of it"),
                ("last", "the last of equal maxima receives the gradient: here it is the first"),
                ("columns", "the first in column-major order receives the gradient: go through a window row by row"),
            )
        ]
        expected = pool_gradient(x, grad_out, size, stride)
        close(pool_backward(submission, grad_out, x, size, stride), expected, "grad_x", mistakes)
        # from each pixel to the next the smallest step that float64 knows: the last one of a window is its largest
        steps = np.arange(x[0, ..., 0].size).reshape(1, *x.shape[1:3], 1)
        x = np.broadcast_to(1.0 + np.finfo(float).eps * steps, x.shape).copy()
        note = "values that are only nearly equal count as equal: one is larger, by however little, and receives all"
        mistakes = [(pool_gradient(np.ones_like(x), grad_out, size, stride), note)]
        expected = pool_gradient(x, grad_out, size, stride)
        close(pool_backward(submission, grad_out, x, size, stride), expected, "grad_x", mistakes, note)

    @pytest.mark.needs("TestPooling::test_gradient")
    def test_one_of_each(self, submission, rng):
        """One image, one channel and one window keep all four axes"""
        x, grad_out = draw_pool(rng, (1, 3, 3, 1)), rng.normal(size=(1, 1, 1, 1))
        out, _cache = checks.unpack(submission.support.maxpool2d_forward(x, 3, 2), "out", "cache")
        note = "axes of length 1 are lost: keep all four"
        close(out, pool(x, 3, 2), "out", note=note)
        close(pool_backward(submission, grad_out, x, 3, 2), pool_gradient(x, grad_out, 3, 2), "grad_x", note=note)

    @pytest.mark.needs("TestPooling::test_output")
    @pytest.mark.parametrize("shape", [(2, 3, 5, 2), (2, 5, 3, 2)], ids=["too high", "too wide"])
    def test_refused(self, submission, rng, shape):
        """A window larger than the image raises ValueError"""
        note = "no window fits into the image: an empty output, or one of negative size, would hide the mistake"
        x = draw_pool(rng, shape)
        checks.raises(submission.support.maxpool2d_forward, x, 4, 1, error="ValueError", note=note)
        for stride in (2, 3):
            checks.raises(submission.support.maxpool2d_forward, x, 4, stride, error="ValueError", note=ROUNDED)

    @pytest.mark.needs("TestPooling::test_output")
    @WINDOWS
    def test_arguments(self, submission, rng, size, stride):
        """Both passes leave their arguments alone"""
        x = draw_pool(rng)
        grad_out = rng.normal(size=pool(x, size, stride).shape)
        result = checks.unchanged(submission.support.maxpool2d_forward, x, size, stride)
        _out, cache = checks.unpack(result, "out", "cache")
        checks.unchanged(submission.support.maxpool2d_backward, grad_out, cache)
        _grad_x, after = submission.support.both_passes("maxpool2d", grad_out, (x, size, stride))
        note = "the backward pass writes into an array that the caller gave to the forward pass"
        checks.equal(after[0], x, name="x after the backward pass", note=note)

    @pytest.mark.needs("TestPooling::test_gradient")
    def test_cache(self, submission, rng):
        """A cache belongs to its forward call and can be used twice; no later call changes a result"""
        x = draw_pool(rng)
        grad_out = rng.normal(size=pool(x, 3, 2).shape)
        _out, cache = checks.unpack(submission.support.maxpool2d_forward(x, 3, 2), "out", "cache")
        checks.unpack(submission.support.maxpool2d_forward(draw_pool(rng), 3, 2), "out", "cache")
        for note in (
            "another forward pass in between changes the gradient: keep everything in the cache, nothing in globals",
            "the second backward pass with one cache gives another gradient: do not change what is in the cache",
        ):
            grad_x = submission.support.maxpool2d_backward(grad_out, cache)
            close(grad_x, pool_gradient(x, grad_out, 3, 2), "grad_x", note=note)
        more = rng.normal(size=grad_out.shape), (draw_pool(rng), 3, 2)
        out, grad_x = submission.support.after_more_calls("maxpool2d", grad_out, (x, 3, 2), *more)
        close(out, pool(x, 3, 2), "out after more calls", note=OVERWRITTEN)
        close(grad_x, pool_gradient(x, grad_out, 3, 2), "grad_x after more calls", note=OVERWRITTEN)


NOTE = "is there a loop over pixels? Loop over the places of the window instead, and take all pixels at once"


def image(rng):
    """An image of some size with one channel: here a loop over pixels costs most."""
    return rng.normal(size=(1, 64, 64, 1))


class TestSpeed:
    # Measured beside the reference: plain einsum 6, other vectorised ways up to 4, for pooling up to 3; loops over
    # pixels 25 and more, for pooling 13 and more.
    @pytest.mark.needs("TestConvolutionForward::test_same")
    def test_growth(self, submission, reference, rng, record):
        """The time of a convolution grows with the number of pixels, not with its square"""

        def arguments(pixels):
            side = round(pixels**0.5)
            return "conv2d", rng.normal(size=(1, side, side, 1)), rng.normal(size=(3, 3, 1, 2)), np.ones(2), 1, "same"

        exponent = checks.not_steeper(
            submission.support.forward_often,
            arguments,
            [20 * 20, 36 * 36, 60 * 60],
            1.5,
            name="conv2d_forward",
            note="is there a matrix from all pixels to all pixels? nearly all of it is zeros: an output needs its own "
            "window and nothing else",
            baseline=reference.support.forward_often,
        )
        record("time grows as pixels to the power of", exponent)

    @pytest.mark.needs("TestSpeed::test_growth")
    def test_convolution(self, submission, reference, rng):
        """The forward pass of a convolution takes at most 12 times as long as the reference solution"""
        checks.not_slower(
            submission.support.forward_often,
            reference.support.forward_often,
            lambda: ("conv2d", image(rng), rng.normal(size=(3, 3, 1, 2)), rng.normal(size=2), 1, "same"),
            12.0,
            name="conv2d_forward",
            note=NOTE,
        )

    @pytest.mark.needs("TestSpeed::test_convolution", "TestConvolutionBackward::test_same")
    def test_convolution_gradients(self, submission, reference, rng):
        """Both passes of a convolution take at most 12 times as long as the reference solution"""

        def arguments():
            w, grad_out = rng.normal(size=(3, 3, 1, 2)), rng.normal(size=(1, 64, 64, 2))
            return "conv2d", grad_out, image(rng), w, rng.normal(size=2), 1, "same"

        checks.not_slower(
            submission.support.both_often,
            reference.support.both_often,
            arguments,
            12.0,
            name="conv2d_backward",
            note=NOTE,
        )

    @pytest.mark.needs("TestPooling::test_gradient")
    def test_pooling(self, submission, reference, rng):
        """The forward pass of max pooling takes at most 8 times as long as the reference solution"""
        checks.not_slower(
            submission.support.forward_often,
            reference.support.forward_often,
            lambda: ("maxpool2d", image(rng), 2, 1),
            8.0,
            name="maxpool2d_forward",
            note=NOTE,
        )

    @pytest.mark.needs("TestSpeed::test_pooling")
    def test_pooling_gradient(self, submission, reference, rng):
        """Both passes of max pooling take at most 8 times as long as the reference solution"""
        checks.not_slower(
            submission.support.both_often,
            reference.support.both_often,
            lambda: ("maxpool2d", rng.normal(size=(1, 63, 63, 1)), image(rng), 2, 1),
            8.0,
            name="maxpool2d_backward",
            note=NOTE,
        )
