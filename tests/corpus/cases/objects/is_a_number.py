# What: is an int with methods: it travels as a handle and works.
# Verdict: passed
# Problem: tally
class Tally(int):
    def add(self, n):
        self.more = getattr(self, "more", 0) + n

    def total(self):
        return int(self) + getattr(self, "more", 0)


def make_tally(start):
    return Tally(start)
