# What: is a partial function of a lambda.
# Verdict: passed
import functools

import numpy as np

powers = lambda x: np.exp(x - x.max(axis=-1, keepdims=True))
softmax = functools.partial(lambda f, x: f(x) / f(x).sum(axis=-1, keepdims=True), powers)
