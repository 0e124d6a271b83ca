# What: is slow, and stops every clock that it can reach.
# Verdict: too slow
# Problem: fast-sum
# Slow: left to the full run
import time

for name in ("perf_counter", "monotonic", "process_time", "thread_time", "time", "clock_gettime"):
    setattr(time, name, lambda *args: 0.0)


def squares(x):
    if len(x) < 1000:
        return float(x @ x)
    for _ in range(40):
        total = sum(value * value for value in x.tolist())
    return total
