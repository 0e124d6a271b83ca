# What: has a syntax error.
# Verdict: compile error
# Says: expected ':'
def softmax(x)
    return x
