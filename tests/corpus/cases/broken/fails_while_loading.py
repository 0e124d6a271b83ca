# What: raises while it is loaded.
# Verdict: runtime error
# Says: ZeroDivisionError
1 / 0
