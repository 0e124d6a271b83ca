# What: gives True for a total.
# Verdict: bad return type or wrong answer
# Problem: tally
class Tally:
    def add(self, n):
        pass

    def total(self):
        return True


def make_tally(start):
    return Tally()
