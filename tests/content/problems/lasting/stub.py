"""Train once, look often."""


def train(steps):
    """Give a model that has trained for so many steps; its `losses` has one value for each."""
    raise NotImplementedError


def runs():
    """Give the number of calls of `train`."""
    raise NotImplementedError
