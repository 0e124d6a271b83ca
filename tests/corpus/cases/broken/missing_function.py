# What: has another function.
# Verdict: missing function
# Says: `softmax` is missing
def other(x):
    return x
