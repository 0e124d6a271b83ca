# What: keeps its state in a closure.
# Verdict: passed
# Problem: tally
from types import SimpleNamespace


def make_tally(start):
    total = start

    def add(n):
        nonlocal total
        total += n

    return SimpleNamespace(add=add, total=lambda: total)
