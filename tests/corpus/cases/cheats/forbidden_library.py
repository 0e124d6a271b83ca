# What: takes a library that the statement forbids.
# Verdict: import error
# Says: may not be imported
from scipy.special import softmax
