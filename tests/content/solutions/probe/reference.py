"""Twice as much."""


def double(x):
    return 2 * x
