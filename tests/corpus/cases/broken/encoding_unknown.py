# -*- coding: nonsense -*-
# What: declares an encoding that nobody knows.
# Verdict: compile error
x = 1
