"""Makes golden.npz: what Keras computes for attention with one and with several heads, in float64.

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

B, T, D, HEADS = 2, 5, 12, 3


def golden_attention(rng):
    """`keras.ops.dot_product_attention`, with a mask that leaves each query a key."""
    q, k, v = (rng.normal(size=(B, length, HEADS, 4)) for length in (T, 7, 7))  # Keras: (B, T, heads, d)
    mask = rng.random((B, HEADS, T, 7)) < 0.6
    mask[..., 0] |= ~mask.any(axis=-1)
    out = {"q": q, "k": k, "v": v, "plain": keras.ops.dot_product_attention(q, k, v)}
    out["masked"] = keras.ops.dot_product_attention(q, k, v, mask=mask)
    return {name: keras.ops.convert_to_numpy(value).swapaxes(1, 2) for name, value in out.items()} | {"mask": mask}


def golden_layer(rng):
    """A MultiHeadAttention layer without biases: no mask, causal, and padded sequences."""
    layer = keras.layers.MultiHeadAttention(HEADS, D // HEADS, use_bias=False, dtype="float64")
    x = rng.normal(size=(B, T, D))
    layer.build(x.shape, x.shape)
    weights = {name: rng.normal(size=(D, D)) / 2.0 for name in ("Wq", "Wk", "Wv", "Wo")}
    shapes = {value.path.split("/")[-2]: tuple(value.shape) for value in layer.weights}
    order = [path.split("/")[-2] for path in (value.path for value in layer.weights)]
    names = {"query": "Wq", "key": "Wk", "value": "Wv", "attention_output": "Wo"}
    layer.set_weights([weights[names[name]].reshape(shapes[name]) for name in order])
    padding = np.arange(T) < np.array([T, 3])[:, None]  # (B, T): the second sequence has three tokens
    return {
        "x": x,
        **weights,
        "padding": padding,
        "plain": layer(x, x),
        "causal": layer(x, x, use_causal_mask=True),
        "padded": layer(x, x, attention_mask=np.broadcast_to(padding[:, None], (B, T, T))),
    }


def main():
    rng = np.random.default_rng(1706_03762)
    groups = {"ops": golden_attention(rng), "layer": golden_layer(rng)}
    arrays = {
        f"{group}/{name}": keras.ops.convert_to_numpy(value) for group, values in groups.items() for name, value in values.items()
    }  # fmt: skip
    wrong = [name for name, value in arrays.items() if value.dtype not in (np.float64, bool)]
    if wrong:
        raise SystemExit(f"error: not float64: {wrong}")
    # The versions are plain strings in the file: "U" arrays need no pickle.
    versions = {"keras_version": np.array(keras.__version__), "tensorflow_version": np.array(tf.__version__)}
    np.savez_compressed(Path(__file__).with_name("golden.npz"), **arrays, **versions)


if __name__ == "__main__":
    main()
