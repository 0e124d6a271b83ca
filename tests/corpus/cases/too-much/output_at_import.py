# What: prints without end while it is loaded.
# Verdict: output limit
while True:
    print("spam " * 1000)
