# What: has the memory for its calls since its import.
# Verdict: memory limit
# Says: takes too much memory
# Problem: ranks
import numpy as np

ROOM = np.ones(10_000_000)


def ranks(x):
    ROOM[: len(x)] = np.sort(x)
    return np.searchsorted(ROOM[: len(x)], x)
