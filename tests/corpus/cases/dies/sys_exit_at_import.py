# What: raises SystemExit(0) while it is loaded.
# Verdict: runtime error
# Says: SystemExit: 0
import sys

sys.exit(0)
