"""CNN classifier under a parameter and time budget: write the five functions."""

import keras
import numpy as np


def preprocess(x_uint8: np.ndarray) -> np.ndarray:
    """Turn raw images into the input of the network.

    Args:
        x_uint8: Grey images, (N, H, W) or (N, H, W, 1), uint8 in 0..255.

    Returns:
        (N, H, W, 1), float32, all values in [-10, 10]. Each image depends on itself only.
    """
    raise NotImplementedError


def augment(batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a random variant of each image that still shows the same digit.

    Args:
        batch: What `preprocess` returns, (N, H, W, 1), float32.
        rng: The only source of randomness.

    Returns:
        (N, H, W, 1), float32, no value outside the range of `batch`; row i is a variant of row i.
    """
    raise NotImplementedError


def build_model(input_shape: tuple[int, int, int], n_classes: int) -> keras.Model:
    """Build a new convolutional network.

    Args:
        input_shape: (H, W, 1), H and W at least 8.
        n_classes: Number of classes K.

    Returns:
        Network from (N, H, W, 1) to logits (N, K) with at most 300,000 parameters.
    """
    raise NotImplementedError


def train(model: keras.Model, x: np.ndarray, y: np.ndarray, seconds: float) -> dict[str, list[float]]:
    """Train the network and return before the time is over.

    Args:
        model: From `build_model`.
        x: Raw images, (N, H, W), uint8, in any order.
        y: Labels, (N,), int64 in [0, K).
        seconds: Wall-clock time that the whole call may take.

    Returns:
        {"loss": [mean training loss of each epoch begun]}.
    """
    raise NotImplementedError


def predict(model: keras.Model, x_uint8: np.ndarray) -> np.ndarray:
    """Name the class of each image.

    Args:
        model: A network from `build_model`, trained or not.
        x_uint8: Raw images, (N, H, W), uint8.

    Returns:
        (N,), integers in [0, K).
    """
    raise NotImplementedError
