# What: dies in a method of the tally that lasts for the suite; later tests need it.
# Verdict: crash
# Problem: tally
import os


class Tally:
    def __init__(self, start):
        self.sum = start

    def add(self, n):
        if self.sum == 100:
            os._exit(0)
        self.sum += n

    def total(self):
        return self.sum


def make_tally(start):
    return Tally(start)
