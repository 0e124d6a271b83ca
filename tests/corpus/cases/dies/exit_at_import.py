# What: ends its process with status 0 while it is loaded.
# Verdict: crash
# Says: exit status 0
import os

os._exit(0)
