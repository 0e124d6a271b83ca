"""A tally."""


class Tally:
    def __init__(self, start):
        self._total = start

    def add(self, n):
        self._total += n

    def total(self):
        return self._total


def make_tally(start):
    return Tally(start)
