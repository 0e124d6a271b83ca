# What: makes handles with negative numbers.
# Verdict: runtime error or wrong answer or bad return type or crash
# Problem: tally
from grader import wire

wire_to_tree = wire.to_tree
wire.to_tree = lambda value, keep, outbox=None, depth=0: [7, -1, "int"] if depth == 0 else wire_to_tree(value, keep, outbox, depth)


def make_tally(start):
    return object()
