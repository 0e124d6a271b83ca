# What: loops while it is loaded.
# Verdict: timeout
# Says: the import of the solution did not finish
while True:
    pass
