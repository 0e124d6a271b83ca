"""Twice as much."""


def double(x):
    """Double every value of x, an array of any shape; the result is a new array."""
    raise NotImplementedError
