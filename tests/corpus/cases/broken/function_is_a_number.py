# What: has a number where the function should be.
# Verdict: missing function
softmax = 3
