# What: takes all memory while it is loaded.
# Verdict: memory limit
# Slow: left to the full run
items = [1]
while True:
    items += items
