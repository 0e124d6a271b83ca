"""A tally."""


def make_tally(start):
    """An object with `add(n)` and `total()`, the sum of start, an int, and of all that was added."""
    raise NotImplementedError
