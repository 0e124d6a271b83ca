"""Makes golden.npz: what Keras computes for batch and layer normalization, in float64.

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

STEPS = 3


def golden_batch_norm(rng, shape):
    """Three training steps and one inference step of a default BatchNormalization layer.

    Args:
        rng: The generator that draws inputs and parameters.
        shape: Shape of one batch, (N, D) or (N, H, W, C).

    Returns:
        A dict of float64 arrays. Those of the training steps have a leading axis of length STEPS.
    """
    features = shape[-1]
    # Spreads from well below to well above sqrt(1e-3), so that epsilon matters for some features.
    spread = np.geomspace(0.02, 4.0, features)
    x = rng.normal(size=(STEPS, *shape)) * spread + rng.normal(size=features)
    grad_out = rng.normal(size=(STEPS, *shape))
    gamma = rng.uniform(0.5, 2.0, features) * np.where(np.arange(features) % 2, -1.0, 1.0)
    beta = rng.normal(size=features)
    start_mean = rng.normal(size=features)
    start_var = rng.uniform(0.5, 2.0, features)

    layer = keras.layers.BatchNormalization(dtype="float64")  # momentum 0.99, epsilon 1e-3, axis -1
    layer.build((None, *shape[1:]))
    layer.set_weights([gamma, beta, start_mean, start_var])

    steps = {name: [] for name in ("out", "mean", "var", "grad_x", "grad_gamma", "grad_beta")}
    for x_step, grad_step in zip(x, grad_out, strict=True):
        x_tensor = tf.constant(x_step)
        with tf.GradientTape() as tape:
            tape.watch(x_tensor)
            out = layer(x_tensor, training=True)
            loss = tf.reduce_sum(out * grad_step)
        grads = tape.gradient(loss, [x_tensor, layer.gamma.value, layer.beta.value])
        values = (out, layer.moving_mean, layer.moving_variance, *grads)
        for name, value in zip(steps, values, strict=True):
            steps[name].append(keras.ops.convert_to_numpy(value))

    x_new = rng.normal(size=shape) * spread + 1.0
    out_new = keras.ops.convert_to_numpy(layer(x_new, training=False))
    return {
        "x": x,
        "gamma": gamma,
        "beta": beta,
        "start_mean": start_mean,
        "start_var": start_var,
        "grad_out": grad_out,
        **{name: np.stack(values) for name, values in steps.items()},
        "x_new": x_new,
        "out_new": out_new,
    }


def golden_layer_norm(rng, shape):
    """One pass of LayerNormalization(epsilon=1e-5) over the last axis; rows of small and of large spread."""
    features = shape[-1]
    spread = np.geomspace(1e-3, 5.0, int(np.prod(shape[:-1]))).reshape(*shape[:-1], 1)
    x = rng.normal(size=shape) * spread + rng.normal(size=(*shape[:-1], 1))
    gamma = rng.uniform(0.5, 2.0, features) * np.where(np.arange(features) % 2, -1.0, 1.0)
    beta = rng.normal(size=features)
    layer = keras.layers.LayerNormalization(axis=-1, epsilon=1e-5, dtype="float64")
    layer.build((None, *shape[1:]))
    layer.set_weights([gamma, beta])
    return {"x": x, "gamma": gamma, "beta": beta, "out": keras.ops.convert_to_numpy(layer(x))}


def main():
    rng = np.random.default_rng(1502_03167)
    groups = {
        "dense": golden_batch_norm(rng, (6, 4)),
        "images": golden_batch_norm(rng, (3, 4, 5, 2)),
        "layer": golden_layer_norm(rng, (3, 4, 6)),
    }
    arrays = {f"{group}_{name}": value for group, values in groups.items() for name, value in values.items()}
    wrong = [name for name, value in arrays.items() if value.dtype != np.float64]
    if wrong:
        raise SystemExit(f"error: not float64: {wrong}")
    # The versions are plain strings in the file: "U" arrays need no pickle.
    versions = {"keras_version": np.array(keras.__version__), "tensorflow_version": np.array(tf.__version__)}
    np.savez_compressed(Path(__file__).with_name("golden.npz"), **arrays, **versions)


if __name__ == "__main__":
    main()
