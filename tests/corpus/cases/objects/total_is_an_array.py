# What: gives the right total as an array.
# Verdict: passed or bad return type
# Problem: tally
import numpy as np


class Tally:
    def __init__(self, start):
        self.sum = np.array(start)

    def add(self, n):
        self.sum = self.sum + n

    def total(self):
        return self.sum


def make_tally(start):
    return Tally(start)
