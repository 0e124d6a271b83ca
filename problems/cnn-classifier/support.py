"""Runs in the worker: calls a network of the submission as one calls any network, and says what it runs on."""

import keras
import numpy as np

from grader.sandbox.keras_setup import accelerators


def logits(model, x):
    """The outputs of a network in inference mode, as an array."""
    return keras.ops.convert_to_numpy(model(np.asarray(x), training=False))


def circumstances():
    """(backend, accelerators that it sees)."""
    return keras.backend.backend(), accelerators()


def precision(model):
    """The policy of a network, e.g. `float32` or `mixed_bfloat16`."""
    return str(model.dtype_policy.name)
