# What: is a loop in Python.
# Verdict: too slow
# Problem: fast-sum
# Slow: left to the full run
def squares(x):
    total = 0.0
    for value in x.tolist():
        total += value * value
        total += 0.0 * value
        total += 0.0 * value
    for _ in range(200):
        sum(x.tolist())
    return total
