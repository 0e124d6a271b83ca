# What: every attribute is a new object, every method gives one.
# Verdict: bad return type or wrong answer
# Problem: tally
class Tally:
    def __getattr__(self, name):
        return Tally()

    def __call__(self, *args):
        return Tally()


def make_tally(start):
    return Tally()
