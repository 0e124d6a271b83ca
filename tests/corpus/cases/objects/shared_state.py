# What: keeps its state in the module: two tallies disturb each other.
# Verdict: wrong answer
# Problem: tally
TOTAL = 0


class Tally:
    def add(self, n):
        global TOTAL
        TOTAL += n

    def total(self):
        return TOTAL


def make_tally(start):
    global TOTAL
    TOTAL = start
    return Tally()
