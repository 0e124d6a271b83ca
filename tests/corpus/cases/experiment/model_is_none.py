# What: gives no model.
# Verdict: bad return type
# Problem: classify
def fit(x, y):
    return None
