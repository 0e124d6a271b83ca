"""Check the numbers of an article: worked examples, rounded claims, reports of evaluations."""

from typing import Any

import numpy as np


def recompute() -> dict[str, float | np.ndarray]:
    """The numbers of the worked example in the statement, done right and not rounded.

    Returns:
        The keys "sigmoid(-3)", "sigmoid(2)", "tanh(-3)", "tanh(2)", "z2", "a2", "delta2", "w1_new" (numbers),
        "layer_z" and "relu_layer" (arrays of shape (2,)).
    """
    raise NotImplementedError


def claim_is_right(value: float, claimed: str) -> bool:
    """Whether a printed number is the value, rounded to the nearest at the last digit shown.

    Args:
        value: The right value.
        claimed: A decimal string such as "0.88", "-0.995" or "3"; zeros at the end are digits.

    Returns:
        True if it is.
    """
    raise NotImplementedError


def audit_transcript(t: dict[str, Any]) -> list[str]:
    """The rules of the statement that a report of an evaluation breaks.

    Args:
        t: May hold n_eval, accuracy, loss, labels, probabilities, labels_random, n_inputs, n_hidden.

    Returns:
        Codes in alphabetical order, out of ACC_NOT_MULTIPLE, ACC_VS_PREDICTIONS, CHANCE_VIOLATED, LOSS_BELOW_BOUND
        and LOSS_VS_PREDICTIONS.
    """
    raise NotImplementedError
