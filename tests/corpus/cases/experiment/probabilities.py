# What: gives probabilities for labels.
# Verdict: wrong answer
# Problem: classify
class Model:
    def __init__(self, n):
        self.n = n

    def predict(self, x):
        return x[:, 0] * 0.0 + 0.5


def fit(x, y):
    return Model(len(x))
