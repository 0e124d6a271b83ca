"""Sum of squares, fast."""


def squares(x):
    """Sum of the squares of x, float64 (n,)."""
    raise NotImplementedError
