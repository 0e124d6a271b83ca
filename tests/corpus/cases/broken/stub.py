# What: is the stub.
# Verdict: runtime error
# Says: is still the stub
def softmax(x):
    raise NotImplementedError
