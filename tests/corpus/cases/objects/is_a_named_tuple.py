# What: is a tuple with methods, which travels as a value: the judge has no methods to call.
# Verdict: bad return type or runtime error or wrong answer
# Problem: tally
from collections import namedtuple


class Tally(namedtuple("Tally", "sums")):
    def add(self, n):
        self.sums.append(n)

    def total(self):
        return sum(self.sums)


def make_tally(start):
    return Tally([start])
