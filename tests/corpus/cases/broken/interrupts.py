# What: raises KeyboardInterrupt.
# Verdict: runtime error
# Says: KeyboardInterrupt
def softmax(x):
    raise KeyboardInterrupt
