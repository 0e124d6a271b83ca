"""A Keras network that is to learn XOR: find out why it does not, and repair it.

Run this file to see the symptom: `python solution.py`. It takes about half a minute.
"""

import keras
import numpy as np

POINTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=np.float32)
LABELS = np.array([[0.0], [1.0], [1.0], [0.0]], dtype=np.float32)


def build_model(seed: int) -> keras.Model:
    """Build a new network; the seed determines its first weights.

    Args:
        seed: 0 or more.

    Returns:
        Network from points (N, 2) to logits (N, 1) with at most 64 parameters.
    """
    inputs = keras.Input(shape=(2,))
    hidden = keras.layers.Dense(3, activation="relu")(inputs)
    outputs = keras.layers.Dense(1, activation="sigmoid")(hidden)
    return keras.Model(inputs=inputs, outputs=outputs)


def train(model: keras.Model, seed: int) -> None:
    """Train the network, in place, until it computes XOR.

    Args:
        model: From `build_model`.
        seed: For whatever the training draws.
    """
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    model.fit(POINTS, LABELS, epochs=1000, batch_size=4, verbose=0)


def report(model: keras.Model) -> dict[str, float | np.ndarray]:
    """What the network does on the four points.

    Args:
        model: A network from points (N, 2) to logits (N, 1), trained or not.

    Returns:
        {"loss": mean cross-entropy, "accuracy": share of right classes, "probabilities": (4,)}.
    """
    history = model.history.history
    return {
        "loss": round(min(history["loss"]), 2),
        "accuracy": round(max(history["accuracy"]), 2),
        "probabilities": model.predict(POINTS, verbose=0).round(1),
    }


if __name__ == "__main__":
    network = build_model(seed=0)
    train(network, seed=0)
    for name, value in report(network).items():
        print(name, np.ravel(value))
