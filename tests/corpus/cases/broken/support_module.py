# What: imports a module beside it that was not sent.
# Verdict: import error
from helper import softmax
