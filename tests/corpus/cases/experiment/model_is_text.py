# What: gives a text for a model.
# Verdict: bad return type or runtime error
# Problem: classify
def fit(x, y):
    return "a model"
