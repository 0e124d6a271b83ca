# What: works with temporary files and folders.
# Verdict: passed
import tempfile

import numpy as np


def right(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax(x):
    with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile() as file:
        np.save(f"{folder}/x.npy", x)
        file.write(b"x")
        x = np.load(f"{folder}/x.npy")
    return right(x)
