# What: gives the right total as a text.
# Verdict: bad return type or wrong answer
# Problem: tally
class Tally:
    def __init__(self, start):
        self.sum = start

    def add(self, n):
        self.sum += n

    def total(self):
        return str(self.sum)


def make_tally(start):
    return Tally(start)
