"""What isolation costs, as ratios that carry over to another machine: `python -m grader.benchmark`."""
