"""Makes golden.npz: what Keras computes for convolutions and max pooling, and their gradients, in float64.

The hidden suite reads the arrays and never imports TensorFlow. Run it again only to follow a new Keras:

    python make_golden.py
"""

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf

# name: shape of x, (kh, kw, Cout), stride, padding. Odd and even sizes and kernels; in the last the stride is larger
# than the kernel, so that no padding is needed and some pixels are never read.
CONVOLUTIONS = {
    "plain": ((2, 7, 6, 3), (3, 3, 4), 1, "valid"),
    "even_kernel": ((2, 5, 6, 2), (2, 2, 3), 1, "same"),
    "stride_on_even": ((2, 8, 6, 2), (3, 3, 3), 2, "same"),
    "stride_on_odd": ((2, 7, 9, 2), (3, 3, 3), 2, "same"),
    "leftovers": ((1, 8, 7, 3), (3, 2, 2), 2, "valid"),
    "oblong": ((3, 6, 7, 1), (3, 2, 2), 1, "same"),
    "stride_of_three": ((2, 9, 8, 2), (5, 4, 3), 3, "same"),
    "gaps": ((2, 7, 5, 4), (1, 1, 3), 2, "same"),
}
# name: shape of x, size, stride
POOLINGS = {
    "side_by_side": ((2, 7, 6, 3), 2, 2),
    "overlapping": ((2, 7, 8, 2), 3, 2),
    "gaps": ((1, 9, 7, 2), 2, 3),
}


def golden_convolution(rng, shape, kernel, stride, padding):
    """One forward and one backward pass of a Conv2D layer with these weights."""
    kh, kw, channels = kernel
    layer = keras.layers.Conv2D(channels, (kh, kw), strides=stride, padding=padding, dtype="float64")
    layer.build(shape)
    x, w, b = rng.normal(size=shape), rng.normal(size=(kh, kw, shape[-1], channels)), rng.normal(size=channels)
    layer.set_weights([w, b])
    out, grad_out, grads = run(rng, layer, x, [layer.kernel.value, layer.bias.value])
    return {"x": x, "w": w, "b": b, "out": out, "grad_out": grad_out} | dict(
        zip(("grad_x", "grad_w", "grad_b"), grads, strict=True), stride=np.array(stride), padding=np.array(padding)
    )


def golden_pooling(rng, shape, size, stride):
    """One forward and one backward pass of a MaxPooling2D layer; no two inputs are equal."""
    layer = keras.layers.MaxPooling2D(size, stride, padding="valid", dtype="float64")
    x = rng.normal(size=shape) - 2.0
    out, grad_out, (grad_x,) = run(rng, layer, x, [])
    return {"x": x, "out": out, "grad_out": grad_out, "grad_x": grad_x} | {
        "size": np.array(size), "stride": np.array(stride)
    }  # fmt: skip


def run(rng, layer, x, weights):
    """The output, an upstream gradient, and the gradients of the input and of the weights."""
    tensor = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        out = layer(tensor)
        grad_out = rng.normal(size=out.shape)
        loss = tf.reduce_sum(out * grad_out)
    grads = tape.gradient(loss, [tensor, *weights])
    return keras.ops.convert_to_numpy(out), grad_out, [keras.ops.convert_to_numpy(grad) for grad in grads]


def main():
    rng = np.random.default_rng(1603_07285)
    groups = {f"conv_{name}": golden_convolution(rng, *rest) for name, rest in CONVOLUTIONS.items()}
    groups |= {f"pool_{name}": golden_pooling(rng, *rest) for name, rest in POOLINGS.items()}
    arrays = {f"{group}/{name}": value for group, values in groups.items() for name, value in values.items()}
    wrong = [name for name, value in arrays.items() if value.ndim and value.dtype != np.float64]
    if wrong:
        raise SystemExit(f"error: not float64: {wrong}")
    # The versions are plain strings in the file: "U" arrays need no pickle.
    versions = {"keras_version": np.array(keras.__version__), "tensorflow_version": np.array(tf.__version__)}
    np.savez_compressed(Path(__file__).with_name("golden.npz"), **arrays, **versions)


if __name__ == "__main__":
    main()
