"""Ranks."""


def ranks(x):
    """For each value of x, float64 (n,), how many are smaller: int64 (n,)."""
    raise NotImplementedError
