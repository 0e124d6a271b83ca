"""`python -m grader.cli` is `practice`."""

from grader.cli import main

main()
