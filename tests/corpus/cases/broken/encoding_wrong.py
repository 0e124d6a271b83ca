# What: is no UTF-8.
# Verdict: compile error
x = 'ÿþ'
