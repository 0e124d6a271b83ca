"""Sum of squares, fast."""


def squares(x):
    return float(x @ x)
