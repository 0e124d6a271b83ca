# What: returns an object whose class has a name with escape codes.
# Verdict: bad return type
def softmax(x):
    return type("\x1b[2J\x1b]0;x\x07\u202e[red]", (), {})()
