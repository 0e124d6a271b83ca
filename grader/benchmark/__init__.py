"""Figures of the judge itself that carry over to another machine.

`python -m grader.benchmark` times what isolation costs; `python -m grader.benchmark.decisions` counts how often a timed
check is right.
"""
