"""Fetches a data set with Keras' own loader, in a process of its own, because the judge never imports Keras.

python -I -m grader.sandbox.keras_data MODULE FILE     writes the four arrays to FILE (.npz); progress on stderr
"""

import importlib
import sys

import numpy as np


def main() -> None:
    """Load, and write what was loaded."""
    module, file = sys.argv[1:]
    sys.stdout = sys.stderr  # Keras draws its progress bar there; FILE is the only result
    loader = importlib.import_module(f"keras.datasets.{module}")
    (x_train, y_train), (x_test, y_test) = loader.load_data()
    labels = {"y_train": np.ravel(y_train), "y_test": np.ravel(y_test)}
    np.savez(file, allow_pickle=False, x_train=x_train, x_test=x_test, **labels)


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
