"""Runs in the worker: calls a network of the submission as one calls any network, and says what it runs on."""

import keras
import numpy as np

from grader.sandbox.keras_setup import accelerators


def logits(model, x):
    """The outputs of a network in inference mode, as an array."""
    return keras.ops.convert_to_numpy(model(np.asarray(x), training=False))


def takes_probabilities(model):
    """Whether the loss that a network was compiled with takes its outputs for probabilities."""
    probabilities = np.array([[0.5, 0.25, 0.15, 0.1]], np.float32)
    for labels in (np.arange(2)[:, None], np.eye(2, 4, dtype=np.float32)):  # as the loss may want them
        try:
            losses = [model.compute_loss(y=labels[[k]], y_pred=keras.ops.array(probabilities)) for k in range(2)]
            loss, other = (float(keras.ops.convert_to_numpy(loss)) for loss in losses)
        except Exception:  # no loss, one that wants other labels, or the submission's own
            continue
        # What the weights cost cancels. Taken for logits, they would differ by 0.25.
        if abs(other - loss - np.log(2.0)) < 0.01:
            return True
    return False


def circumstances():
    """(backend, accelerators that it sees)."""
    return keras.backend.backend(), accelerators()


def precision(model):
    """The policy of a network, e.g. `float32` or `mixed_bfloat16`."""
    return str(model.dtype_policy.name)
