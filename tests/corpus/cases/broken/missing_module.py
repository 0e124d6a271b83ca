# What: imports what is not there.
# Verdict: import error
# Says: No module named
import nonsense
