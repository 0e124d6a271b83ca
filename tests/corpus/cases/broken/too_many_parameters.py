# What: wants another argument.
# Verdict: runtime error
# Says: missing 1 required positional argument
def softmax(x, y):
    return x
