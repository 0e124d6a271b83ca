"""Learn which side."""


def fit(x, y):
    """A model with `predict(x)` from points x, float64 (N, 4), and labels y, int64 (N,)."""
    raise NotImplementedError
