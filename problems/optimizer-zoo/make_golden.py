"""Makes golden.npz: ten steps of the optimizers of Keras, in float64.

The hidden suite reads the arrays and never imports TensorFlow. Run it again only to follow a new Keras:

    python make_golden.py

Keras adds epsilon to the root of the v that is NOT corrected. The gradients are between 0.5 and 2 in size, where an
epsilon of 1e-8 changes less than 1e-6 of a step, wherever it stands. The learning rate is a power of two, because Keras
keeps it in float32. The powers of beta pass through float32 too, which changes a step by less than 1e-5 of it.
"""

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf

STEPS = 10
LR = 2.0**-4
WEIGHT_DECAY = 0.25


def path(optimizer, w, grads):
    """The weights after each step, (STEPS, *w.shape)."""
    variable = keras.Variable(w, dtype="float64")
    optimizer.build([variable])
    weights = []
    for grad in grads:
        optimizer.apply([tf.constant(grad)], [variable])
        weights.append(keras.ops.convert_to_numpy(variable.value))
    return np.stack(weights)


def main():
    rng = np.random.default_rng(1412_6980)
    w = rng.normal(size=(3, 4))
    grads = rng.uniform(0.5, 2.0, (STEPS, 3, 4)) * rng.choice([-1.0, 1.0], (STEPS, 3, 4))
    optimizers = {
        "momentum": keras.optimizers.SGD(LR, momentum=0.9),
        "adam": keras.optimizers.Adam(LR, beta_1=0.9, beta_2=0.999, epsilon=1e-8),
        "adamw": keras.optimizers.AdamW(LR, weight_decay=WEIGHT_DECAY, beta_1=0.9, beta_2=0.999, epsilon=1e-8),
    }
    arrays = {name: path(optimizer, w, grads) for name, optimizer in optimizers.items()}
    wrong = [name for name, value in arrays.items() if value.dtype != np.float64]
    if wrong:
        raise SystemExit(f"error: not float64: {wrong}")
    # The versions are plain strings in the file: "U" arrays need no pickle.
    versions = {"keras_version": np.array(keras.__version__), "tensorflow_version": np.array(tf.__version__)}
    constants = {"lr": np.array(LR), "weight_decay": np.array(WEIGHT_DECAY)}
    np.savez_compressed(Path(__file__).with_name("golden.npz"), w=w, grads=grads, **arrays, **constants, **versions)


if __name__ == "__main__":
    main()
